"""JSON lines in files that appear whole or not at all, and that nobody but their owner may read."""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

OWNER_ONLY = 0o600


class ExportError(ValueError):
    """A file can't be written; the message says what to do."""


def write_lines(files: Sequence[Path], rows: Iterable[Sequence[dict[str, Any]]]) -> int:
    """Write a row's documents to one file each, the first of which is the one that was named; returns how many rows.

    Raises `ExportError`.
    """
    out = files[0]
    if out.is_dir():
        raise ExportError(f"{out} is a folder; name a file with --out")
    partial = [file.with_name(f".{file.name}.{uuid4().hex}.partial") for file in files]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            count = _write_all(partial, rows)
            for path, file in zip(partial, files, strict=True):
                path.replace(file)
        finally:
            for path in partial:
                path.unlink(missing_ok=True)
    except OSError as err:
        raise ExportError(f"{out} can't be written ({err.strerror}); choose another file with --out") from err
    return count


def _write_all(paths: Sequence[Path], rows: Iterable[Sequence[dict[str, Any]]]) -> int:
    count = 0
    with ExitStack() as stack:
        files = [stack.enter_context(_open_private(path)) for path in paths]
        for row in rows:
            count += 1
            for file, document in zip(files, row, strict=True):
                file.write(json.dumps(document, ensure_ascii=False) + "\n")
        for file in files:
            file.flush()
            os.fsync(file.fileno())
    return count


def _open_private(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8")
