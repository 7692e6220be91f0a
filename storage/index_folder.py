"""The folder of the vector index: which process owns it, and whose vectors are in it."""

from pathlib import Path

from filelock import FileLock, Timeout

EMPTIED = "emptied"


class IndexInUseError(RuntimeError):
    """Another process owns the index."""


class IndexFolder:
    """Belongs to this process until it is released: Chroma's embedded client is not safe for two."""

    def __init__(self, folder: Path) -> None:
        """Take the folder. Raises `IndexInUseError`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder
        self._begun = folder / "begun.txt"
        # Not bound to a thread: whoever closes the index may be another one than who opened it.
        self._lock = FileLock(folder / "owner.lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as err:
            raise IndexInUseError(
                f"the index in {folder} is open in another process; stop the other bot first"
            ) from err

    @property
    def marked(self) -> str:
        """Whose vectors SQL's marks are about, empty when there are none yet."""
        return marked_embedder(self.path)

    def mark(self, embedder: str) -> None:
        """Have SQL's marks be about this embedder's vectors from now on."""
        (self.path / "embedder.txt").write_text(embedder, encoding="utf-8")

    @property
    def is_whole(self) -> bool:
        """Whether nobody is at making the index from nothing."""
        return not self._begun.exists()

    @property
    def is_cut_short(self) -> bool:
        """Whether it began to be made from nothing, and what it held before was not let go of to the end."""
        try:
            return self._begun.read_text(encoding="utf-8") != EMPTIED
        except FileNotFoundError:
            return False

    def begin(self) -> None:
        """Remember, over a crash, too, that the index is made from nothing."""
        self._begun.write_text("", encoding="utf-8")

    def begun(self) -> None:
        """Remember that what it held before is gone."""
        self._begun.write_text(EMPTIED, encoding="utf-8")

    def finish(self) -> None:
        """Remember that the index is whole."""
        self._begun.unlink(missing_ok=True)

    def release(self) -> None:
        """Give the folder up for another process."""
        self._lock.release()


def marked_embedder(folder: Path) -> str:
    """Return whose vectors SQL's marks are about, empty when there are none yet: to be read beside a running bot."""
    try:
        return (folder / "embedder.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
