"""The commands `timbre answers …`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import DAYS, Data, call

answers_app = typer.Typer(help="Look at what Timbre answered.", no_args_is_help=True)


@answers_app.callback()
def _group() -> None:
    """Keep the command's name, though it is the only one."""


@answers_app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="File for the answers.")],
    since: Annotated[datetime | None, typer.Option("--since", formats=DAYS, help="From this day on (UTC).")] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=DAYS, help="Up to the day before this one (UTC).")
    ] = None,
    include_private: Annotated[
        bool, typer.Option("--include-private", help="Take those given in private, too.")
    ] = False,
    data: Data = None,
) -> None:
    """Write answers as JSON lines: question, answer, passages, model, time, tokens, thumbs."""
    call("answers_export", data=data, out=out, since=since, until=until, include_private=include_private)
