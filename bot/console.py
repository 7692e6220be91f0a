"""What a person at a terminal sees: progress, results, JSON."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Protocol

from training.checkpoints import nearest_folder

STANDARD_OUTPUT = Path("-")


class OutputError(ValueError):
    """A result can't be written where it was asked for; the message says what to do."""


class Tell(Protocol):
    """Says how far long work has come."""

    def __call__(self, done: int, total: int, note: str) -> None: ...


def say(text: str) -> None:
    """Print a line of a result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Print a line that is not part of the result: progress, hints, errors."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_json(document: dict[str, Any], file: Path | None = None) -> None:
    """Print a JSON document, then write it to `file` if one is named; "-" stands for standard output alone.

    Raises `OutputError` when it can't be written.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False)
    say(text)
    if file is None or file == STANDARD_OUTPUT:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as err:
        raise _unwritable(file, err) from err


def refuse_unwritable(file: Path | None) -> None:
    """Raise `OutputError` when `print_json` could not write `file`: asked before long work. It leaves nothing there."""
    if file is None or file == STANDARD_OUTPUT:
        return
    try:
        if file.exists():
            file.open("a").close()
        else:
            with TemporaryFile(dir=nearest_folder(file)):
                pass
    except OSError as err:
        raise _unwritable(file, err) from err


def _unwritable(file: Path, err: OSError) -> OutputError:
    return OutputError(f"{file} can't be written ({err.strerror}); choose another file with --json")


@contextmanager
def progress(title: str, *, every: float = 0.1) -> Iterator[Tell]:
    """Show a progress bar on a terminal, and a plain line for every tenth of the work elsewhere; on standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines(title, every)
        return
    from rich.console import Console  # rich takes a tenth of a second to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(title, total=None, note="")

        def tell(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield tell


def _plain_lines(title: str, every: float) -> Tell:
    shown = 0.0

    def tell(done: int, total: int, note: str) -> None:
        nonlocal shown
        share = done / total if total else 1.0
        if share >= shown:
            sys.stderr.write(f"{title}: {share:.0%} {note}".rstrip() + "\n")
            shown = min(1.0, (share // every + 1) * every) if share < 1 else 2.0

    return tell
