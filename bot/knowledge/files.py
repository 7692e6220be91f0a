"""Which files are meant by a path."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.knowledge.kinds import SUFFIX_LIST, kind_of_name

ENDINGS_NAMED = 5


@dataclass
class PassedOver:
    """What was left alone in folders. `endings`: of how many files of other kinds, by how their names end."""

    endings: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    links: int = 0

    def count(self, other: "PassedOver") -> None:
        """Add what was left alone elsewhere."""
        self.endings.update(other.endings)
        self.hidden += other.hidden
        self.links += other.links

    def lines(self) -> list[str]:
        """Return a line for each reason."""
        kinds = ", ".join(f"{count} {ending or 'without an ending'}" for ending, count in self._named())
        lines = [(self.endings.total(), f"of other kinds than {SUFFIX_LIST}: {kinds}")]
        lines += [(self.hidden, "that are hidden"), (self.links, "that are links to other folders")]
        return [f"passed over {count} {why}" for count, why in lines if count]

    def _named(self) -> list[tuple[str, int]]:
        named = sorted(self.endings.items(), key=lambda item: (-item[1], item[0]))
        rest = sum(count for _, count in named[ENDINGS_NAMED:])
        return [*named[:ENDINGS_NAMED], *([("others", rest)] if rest else [])]


@dataclass(frozen=True)
class Found:
    """The files to read, in order of their names, a line for each path that was refused, and what was left alone."""

    files: tuple[Path, ...]
    refused: tuple[str, ...]
    passed_over: PassedOver = field(default_factory=PassedOver)


def find(root: Path) -> Found:
    """Return the documents in a folder, or the one that `root` is.

    Hidden files and folders are passed over, and so are links to folders: they may lead round in circles.
    """
    if root.is_dir():
        return _in_folder(root)
    if not os.path.lexists(root):
        return Found((), (f"{root}: there is no such file or folder",))
    if not root.is_file():
        return Found((), (f"{root}: is no file that can be read",))
    if kind_of_name(root.name) is None:
        return Found((), (f"{root}: only files ending in {SUFFIX_LIST} can be ingested",))
    return Found((root,), ())


def _in_folder(root: Path) -> Found:
    files: list[Path] = []
    refused: list[str] = []

    def refuse(err: OSError) -> None:
        refused.append(f"{err.filename}: can't be read: {err.strerror}")

    passed_over = PassedOver()
    for folder, folders, names in os.walk(root, onerror=refuse):
        passed_over.links += sum(Path(folder, name).is_symlink() for name in folders if not _is_hidden(name))
        passed_over.hidden += sum(map(_is_hidden, [*folders, *names]))
        folders[:] = [name for name in folders if not _is_hidden(name)]
        seen = [Path(folder, name) for name in names if not _is_hidden(name)]
        passed_over.endings.update(_endings(path for path in seen if kind_of_name(path.name) is None))
        for path in (path for path in seen if kind_of_name(path.name)):
            if path.is_file():
                files.append(path)
            elif path.is_symlink():
                refused.append(f"{path}: is a link that leads nowhere")
    if not files and not refused:
        refused.append(f"{root}: holds no file ending in {SUFFIX_LIST}")
    return Found(tuple(sorted(files)), tuple(sorted(refused)), passed_over)


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _endings(paths: Iterable[Path]) -> Iterable[str]:
    return (path.suffix.lower() for path in paths)
