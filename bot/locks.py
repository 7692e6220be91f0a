"""A lock for each of any number of keys."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Locks:
    """Keeps a lock for as long as somebody holds it or waits for it, so no two keys ever wait for each other."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._kept: dict[tuple[str, ...], tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, *key: str) -> Iterator[None]:
        """Hold the lock of a key."""
        lock = self._change(key, by=1)
        try:
            with lock:
                yield
        finally:
            self._change(key, by=-1)

    def _change(self, key: tuple[str, ...], *, by: int) -> threading.Lock:
        """Count who holds a key's lock or waits for it; returns the lock."""
        with self._mutex:
            lock, users = self._kept.pop(key, (threading.Lock(), 0))
            if users + by:
                self._kept[key] = lock, users + by
            return lock
