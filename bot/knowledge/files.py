"""Which files are meant by a path."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.kinds import SUFFIX_LIST, kind_of_name


@dataclass(frozen=True)
class Found:
    """The files to read, in order of their names, and a line for each path that was refused."""

    files: tuple[Path, ...]
    refused: tuple[str, ...]


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

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in names if not name.startswith(".") and kind_of_name(name)):
            if path.is_file():
                files.append(path)
            elif path.is_symlink():
                refused.append(f"{path}: is a link that leads nowhere")
    if not files and not refused:
        refused.append(f"{root}: holds no file ending in {SUFFIX_LIST}")
    return Found(tuple(sorted(files)), tuple(sorted(refused)))
