"""The commands `timbre audit …`."""

from typing import Annotated

import typer

from bot.cli_options import Data, JsonFlag, call

audit_app = typer.Typer(help="Read who did what, and check that nobody changed it since.", no_args_is_help=True)

Head = Annotated[
    str | None,
    typer.Option("--head", help="A hash that `verify` or `list` printed before: it must still be in the chain."),
]


@audit_app.command("list")
def list_(json: JsonFlag = False, data: Data = None) -> None:
    """List who did what, oldest first, each entry with its hash."""
    call("audit_list", data=data, as_json=json)


@audit_app.command()
def verify(head: Head = None, json: JsonFlag = False, data: Data = None) -> None:
    """Check every entry's hash: exit code 0 when all follow from each other, 1 when one was changed or dropped."""
    call("audit_verify", data=data, head=head, as_json=json)
