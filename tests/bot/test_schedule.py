"""Jobs run by the clock; one that fails runs again and says so once a spell."""

import logging
import threading

import pytest

from bot.schedule import start_schedule
from tests.playground_server import wait_until


def test_a_job_that_fails_runs_again_and_says_so_once_until_it_recovers(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    runs: list[bool] = []
    fails = threading.Event()
    fails.set()

    def job() -> None:
        runs.append(fails.is_set())
        if fails.is_set():
            raise ConnectionError("the model server is away")

    schedule = start_schedule({"index": (0.02, job)})
    wait_until(lambda: len(runs) >= 3, "the job has run three times")
    fails.clear()
    wait_until(lambda: not runs[-1], "the job has recovered")
    fails.set()
    wait_until(lambda: runs[-1], "the job fails again")
    schedule.shutdown()

    said = [record.getMessage() for record in caplog.records if record.name == "bot.schedule"]
    assert said == ["job index failed and will be tried again: ConnectionError: the model server is away"] * 2


def test_a_job_never_runs_twice_at_once() -> None:
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    busy, overlaps, runs = threading.Lock(), [], []

    def job() -> None:
        if not busy.acquire(blocking=False):
            overlaps.append(1)
            return
        threading.Event().wait(0.05)
        runs.append(1)
        busy.release()

    schedule = start_schedule({"index": (0.01, job)})
    wait_until(lambda: len(runs) >= 3, "the job has run three times")
    schedule.shutdown()

    assert overlaps == []
