"""What runs by the clock: each job is one call."""

import logging
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

logger = logging.getLogger(__name__)


def start_schedule(jobs: dict[str, tuple[float, Callable[[], object]]]) -> BackgroundScheduler:
    """Run each named job every so many seconds, one at a time and never twice at once.

    A job that fails is logged and runs again at its next time: the outbox and the index pick up where they were.
    """
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for name, (seconds, job) in jobs.items():
        scheduler.add_job(_guarded(name, job), "interval", seconds=seconds, id=name)
    scheduler.start()
    return scheduler


def _guarded(name: str, job: Callable[[], object]) -> Callable[[], None]:
    failing = False

    def run() -> None:
        nonlocal failing
        try:
            job()
            failing = False
        except Exception as err:  # noqa: BLE001 (a job's outermost edge: the schedule goes on)
            # Once a spell: a model server that is down for an hour is one line in the log, not thousands.
            if not failing:
                logger.warning("job %s failed and will be tried again: %s: %s", name, type(err).__name__, err)
            failing = True

    return run
