"""Options that many commands take, and the way from a command to the code that does it."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder for everything Timbre writes (TIMBRE_DATA; by default .timbre/)."),
]
DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def call(name: str, **arguments: Any) -> None:
    """Do what a command does. Its code is imported now, so that help stays quick."""
    import_module("bot.commands").COMMANDS[name](**arguments)
