"""The commands `timbre sources …`."""

from typing import Annotated

import typer

from bot.cli_options import Data, JsonFlag, call

sources_app = typer.Typer(help="List and remove the documents that are answered from.", no_args_is_help=True)


@sources_app.command("list")
def list_(json: JsonFlag = False, data: Data = None) -> None:
    """List the documents and how many passages each has."""
    call("sources_list", data=data, as_json=json)


@sources_app.command()
def remove(
    named: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="As the list names it; a folder stands for all in it.")
    ],
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """Forget documents and their passages."""
    call("sources_remove", data=data, named=named, as_json=json)
