"""The threads that work is done on.

Models are slow, and Slack may ask reviews to wait: neither holds up the other, nor what a button is told.
"""

from concurrent.futures import ThreadPoolExecutor

LISTENER_THREADS = 10
ANSWERING_THREADS = 10
REVIEWING_THREADS = 4
INGESTING_THREADS = 2


class Threads:
    """A pool for each kind of work; its threads begin with the first of it."""

    def __init__(self) -> None:
        self.listening = _pool("listener", LISTENER_THREADS)
        self.answering = _pool("answering", ANSWERING_THREADS)
        self.reviewing = _pool("reviewing", REVIEWING_THREADS)
        self.ingesting = _pool("ingesting", INGESTING_THREADS)
        self.telling = _pool("telling", 1)

    def shut_down(self) -> None:
        """Let what has begun end, and begin nothing more."""
        pools = (self.listening, self.answering, self.reviewing, self.ingesting, self.telling)
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.shutdown()


def _pool(name: str, threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix=name)
