"""Tells the database, and so everybody who looks, how far a run is."""

import logging
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from storage import runs
from storage.database import Database

logger = logging.getLogger(__name__)


class ProgressLog:
    """Writes a run's progress at each change of phase, and between them at most every `every` seconds.

    `phase` is one of snapshot, loading, training, saving, evaluating, done.
    """

    def __init__(
        self, database: Database, run_id: int, *, every: float = 0.5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._run_id = database, run_id
        self._every, self._clock = every, clock
        self._written_at = float("-inf")
        self._known: dict[str, Any] = {}

    def phase(self, name: str, **known: Any) -> None:
        """Write that a phase begins, with what is known by then. What training reported last stays."""
        self._known |= {"phase": name, **known}
        self._write()

    def step(self, **known: Any) -> None:
        """Note what is known now; it is written when the last time is long enough ago."""
        self._known |= known
        if self._clock() - self._written_at >= self._every:
            self._write()

    def _write(self) -> None:
        self._written_at = self._clock()
        try:
            with self._database.writing() as session:
                runs.report_progress(session, self._run_id, self._known)
        except DBAPIError as err:
            # Training goes on: how far it is will be told the next time.
            logger.warning("progress could not be written (%s)", type(err.orig).__name__)
