"""Claims runs one at a time and sees each through, in a child process that can be killed without harm."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from storage import runs
from storage.clock import utc_now
from storage.database import Database
from storage.runs import Run, RunStatus
from training.config import TrainingConfig
from training.exit_codes import DONE, FAILED, LOST
from training.folders import RunFolders, remove_checkpoint
from training.launchers.local import LocalAttempt, LocalLauncher
from training.outcome import fail

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
WATCH_SECONDS = 0.1
GRACE_SECONDS = 1.0
"""How long a child whose run is over may take to end by itself."""


class Launcher(Protocol):
    """Starts an attempt at a run somewhere."""

    def launch(self, run_id: int, *, config: Path, worker: str, log: Path) -> LocalAttempt: ...


def work(
    config: TrainingConfig,
    *,
    stop: threading.Event,
    once: bool = False,
    launcher: Launcher | None = None,
    now: Callable[[], datetime] = utc_now,
    poll_seconds: float = 1.0,
) -> None:
    """Work on runs until `stop` is set; with `once`, on the run that waits now, if there is one.

    When `stop` is set during a run, the run is queued again at once, for the next worker. A run whose child or worker
    dies is taken up again, three times at most.
    """
    database = Database(config.database_url)
    worker = Worker(database, config, launcher or LocalLauncher(config.processes), stop, now)
    try:
        while not stop.is_set():
            try:
                found = worker.work_on_next()
            except DBAPIError as err:
                if once:
                    raise
                logger.warning("the database can't be reached (%s); trying again", type(err.orig).__name__)
                found = False
            if once:
                return
            if not found:
                stop.wait(poll_seconds)
    finally:
        database.close()


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; to be called in the main thread of a worker process."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


class Worker:
    """One worker, under a name that no other has."""

    def __init__(
        self,
        database: Database,
        config: TrainingConfig,
        launcher: Launcher,
        stop: threading.Event,
        now: Callable[[], datetime],
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._database, self._config, self._launcher = database, config, launcher
        self._stop, self._now = stop, now

    def work_on_next(self) -> bool:
        """Work on the run that has waited longest; returns whether there was one."""
        run = self._claim()
        if run is None:
            return False
        if run.attempts > MAX_ATTEMPTS:
            self._give_up(run, "it was interrupted each time")
            return True
        logger.info("run %s: attempt %s by %s", run.id, run.attempts, self.name)
        try:
            self._see_through(run)
        except OSError as err:
            folder = self._config.data_folder
            self._fail(run, f"The run can't be started ({err.strerror}): see to {folder}, then retrain.")
        return True

    def _see_through(self, run: Run) -> None:
        folders = RunFolders(self._config.data_folder, run.id)
        config = folders.run / f"config-{run.attempts}.json"
        try:
            self._config.write(config)
            with self._launcher.launch(run.id, config=config, worker=self.name, log=folders.log) as attempt:
                self._watch(run, attempt)
        finally:
            config.unlink(missing_ok=True)
            self._clean_up(run, folders)

    def _clean_up(self, run: Run, folders: RunFolders) -> None:
        """A checkpoint is there for the next attempt: where none is to follow, nobody needs it."""
        with self._database.reading() as session:
            if runs.get_run(session, run.id).status not in runs.UNFINISHED:
                remove_checkpoint(folders.checkpoint)

    def _claim(self) -> Run | None:
        now = self._now()
        stale_before = now - timedelta(seconds=self._config.stale_seconds)
        with self._database.writing() as session:
            return runs.claim_run(session, worker=self.name, stale_before=stale_before, now=now)

    def _watch(self, run: Run, attempt: LocalAttempt) -> None:
        """Say that the run is alive until the child ends, or end the child when the run is not to go on."""
        due = time.monotonic()
        while (code := attempt.wait(WATCH_SECONDS)) is None:
            if self._stop.is_set():
                attempt.end()
                self._release(run)
                return
            if time.monotonic() >= due:
                if not self._heartbeat(run):
                    # Done a moment ago, cancelled, or taken up by another worker.
                    if attempt.wait(GRACE_SECONDS) is None:
                        attempt.end()
                    return
                due = time.monotonic() + self._config.heartbeat_seconds
        if code not in (DONE, FAILED, LOST):
            self._died(run, code)

    def _heartbeat(self, run: Run) -> bool:
        """Return whether the run is still this worker's; not knowing counts as yes, until somebody else takes it."""
        try:
            with self._database.writing() as session:
                return runs.heartbeat(session, run.id, worker=self.name, now=self._now())
        except DBAPIError as err:
            logger.warning("the database can't be reached (%s); run %s goes on", type(err.orig).__name__, run.id)
            return True

    def _died(self, run: Run, code: int) -> None:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        logger.warning("run %s: the training process ended with %s", run.id, how)
        if run.attempts >= MAX_ATTEMPTS:
            self._give_up(run, f"the last time with {how}")
        else:
            self._requeue(run)

    def _release(self, run: Run) -> None:
        """Give the run back: to be asked to stop is no failure of the run's."""
        with self._database.writing() as session:
            runs.release_run(session, run.id, worker=self.name, now=self._now())

    def _requeue(self, run: Run) -> None:
        with self._database.writing() as session:
            runs.move_run(
                session, run.id, to=RunStatus.QUEUED, only_from=runs.WORKING, now=self._now(), worker=self.name
            )

    def _give_up(self, run: Run, how: str) -> None:
        log = RunFolders(self._config.data_folder, run.id).log
        self._fail(
            run,
            f"The training process ended {MAX_ATTEMPTS} times before it was done, {how}. If memory ran out, set a "
            f"smaller batch size; {log} may say more.",
        )

    def _fail(self, run: Run, error: str) -> None:
        with self._database.writing() as session:
            fail(session, run, error, worker=self.name, now=self._now())
