"""A few locks for many keys."""

import threading

LOCKS = 64


class Locks:
    """Holds one lock for each key, and sometimes the same one for two: waiting is all that costs."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))

    def of(self, *key: str) -> threading.Lock:
        """Return the lock of a key."""
        return self._locks[hash(key) % LOCKS]
