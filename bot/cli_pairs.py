"""The commands `timbre pairs …`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import DAYS, Data, JsonFlag, call

pairs_app = typer.Typer(help="List, show, export and import pairs.", no_args_is_help=True)

Status = Annotated[
    str | None, typer.Option("--status", help="candidate, approved, rejected, withdrawn, replaced or erased.")
]
Channel = Annotated[str | None, typer.Option("--channel", help="Slack id of a channel; file: from a file.")]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=DAYS, help="Decided, or waiting, from this day on (UTC).")
]
Until = Annotated[datetime | None, typer.Option("--until", formats=DAYS, help="Up to the day before this one (UTC).")]
Reviewer = Annotated[str | None, typer.Option("--reviewer", help="Slack id of somebody whose word on it stands.")]


@pairs_app.command("list")
def list_(
    status: Status = None,
    channel: Channel = None,
    since: Since = None,
    until: Until = None,
    reviewer: Reviewer = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 50,
    before: Annotated[int | None, typer.Option("--before", help="Go on with those older than this pair.")] = None,
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """List pairs, the newest first."""
    wanted = {"status": status, "channel": channel, "since": since, "until": until, "reviewer": reviewer}
    call("pairs_list", data=data, limit=limit, before=before, as_json=json, **wanted)


@pairs_app.command()
def show(
    pair_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the pair.")],
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """Show a pair: who asked, answered and decided, when and where, and what learnt from it."""
    call("pairs_show", data=data, pair_id=pair_id, as_json=json)


@pairs_app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="File for the chats; provenance goes beside it.")],
    status: Status = "approved",
    channel: Channel = None,
    since: Since = None,
    until: Until = None,
    reviewer: Reviewer = None,
    include_private: Annotated[
        bool, typer.Option("--include-private", help="Take those of private channels, too.")
    ] = False,
    data: Data = None,
) -> None:
    """Write pairs as JSON lines of chat messages, for other trainers."""
    wanted = {"status": status, "channel": channel, "since": since, "until": until, "reviewer": reviewer}
    call("pairs_export", data=data, out=out, include_private=include_private, **wanted)


@pairs_app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, as `train --pairs` takes them.")],
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """Propose the pairs of a file to the reviewers; those known already are left as they are."""
    call("pairs_import", data=data, file=file, as_json=json)
