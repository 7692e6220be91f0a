"""What a file's passages depend on: while that is the same, the file need not be converted again."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from bot.knowledge.limits import MAX_BYTES

WAY = 1
"""How documents are converted and cut: raised when that changes, so that files which did not are converted again."""
LIBRARIES = ("html-to-markdown", "mammoth", "markdown-it-py", "pypdfium2", "semantic-text-splitter")


def version_of(path: Path) -> str:
    """Return what changes when a file's passages may; empty where that can't be told, which its reader will say."""
    try:
        with path.open("rb") as file:
            # One that is too large is refused, and not read to its end each time.
            content = hashlib.file_digest(file, "sha256") if path.stat().st_size <= MAX_BYTES else None
    except OSError:
        return ""
    return f"{WAY} {_libraries()} {content.hexdigest()}" if content else ""


@cache
def _libraries() -> str:
    """Return what changes with a converting library."""
    return hashlib.sha256(" ".join(version(name) for name in LIBRARIES).encode()).hexdigest()[:8]
