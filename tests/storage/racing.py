"""Several threads that do the same thing at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy.orm import Session

from storage.database import Database

THREADS = 8
Result = TypeVar("Result")


def race(database: Database, act: Callable[[Session, int], Result], *, threads: int = THREADS) -> list[Result]:
    """Return what `act(session, number)` returned in each thread, each in a transaction of its own begun together."""
    start = Barrier(threads)

    def run(number: int) -> Result:
        start.wait(timeout=20)
        with database.writing() as session:
            return act(session, number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
