"""The commands `timbre runs …`."""

import typer

from bot.cli_options import Data, JsonFlag, call

runs_app = typer.Typer(help="Look at training runs, and stop one.", no_args_is_help=True)


@runs_app.command("list")
def list_(json: JsonFlag = False, data: Data = None) -> None:
    """List the last runs, newest first, and how each stands."""
    call("runs_list", data=data, as_json=json)


@runs_app.command()
def watch(data: Data = None) -> None:
    """Follow the newest run until it is over: exit code 0 when it made a voice, 1 when it did not."""
    call("runs_watch", data=data)


@runs_app.command()
def cancel(data: Data = None) -> None:
    """Stop the run that waits or is worked on."""
    call("runs_cancel", data=data)
