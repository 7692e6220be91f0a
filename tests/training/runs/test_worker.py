import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import adapters, outbox, runs
from storage.clock import utc_now
from storage.database import Database
from storage.runs import Run, RunStatus
from tests.training.runs.team import TEAM
from training.checkpoints import read_manifest
from training.config import TrainingConfig
from training.folders import RunFolders
from training.launchers.local import LocalAttempt
from training.runs import cancel_run
from training.worker import MAX_ATTEMPTS, work

PATIENCE_S = 60.0
LATER = datetime(2100, 1, 1, tzinfo=UTC)
WORKER = (
    "import sys, threading; from pathlib import Path; from training.config import TrainingConfig;"
    "from training.worker import stop_on_signals, work;"
    "stop = stop_on_signals(); print('up', flush=True);"
    "work(TrainingConfig.from_json(Path(sys.argv[1]).read_text()), stop=stop, poll_seconds=0.05)"
)


@dataclass
class Script:
    """A launcher of children that do something simpler than training."""

    code: str
    started: list[LocalAttempt] = field(default_factory=list)

    def launch(self, run_id: int, *, config: Path, worker: str, log: Path) -> LocalAttempt:
        assert config.exists()
        self.started.append(LocalAttempt([sys.executable, "-S", "-c", self.code], log))
        return self.started[-1]


def wait_for(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    # A child whose parent was killed stays a zombie until the system's first process has seen to it.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.fixture
def queued(team: Database) -> Run:
    with team.writing() as session:
        return runs.add_run(session, team_id=TEAM, requested_by="U-admin", channel_id="C1", now=utc_now())


def stored(database: Database, run: Run) -> Run:
    with database.reading() as session:
        return runs.get_run(session, run.id)


@contextmanager
def working(config: TrainingConfig, launcher: Script) -> Iterator[threading.Event]:
    """Have a worker work in a thread; it is told to stop at the end."""
    stop = threading.Event()
    thread = threading.Thread(
        target=work, args=(config,), kwargs={"stop": stop, "launcher": launcher, "poll_seconds": 0.05}
    )
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


def test_killed_child_and_killed_worker_still_make_exactly_one_adapter(
    team: Database, config: TrainingConfig, queued: Run, tmp_path: Path
) -> None:
    slow = replace(config, lora=replace(config.lora, epochs=4))
    slow.write(tmp_path / "worker.json")
    command = [sys.executable, "-c", WORKER, str(tmp_path / "worker.json")]
    folders = RunFolders(config.data_folder, queued.id)

    def children() -> list[int]:
        log = folders.log.read_text() if folders.log.exists() else ""
        return [int(pid) for pid in re.findall(r"process (\d+)", log)]

    with subprocess.Popen(command) as first:
        try:
            wait_for(lambda: stored(team, queued).progress.get("step"))
            os.kill(children()[0], signal.SIGKILL)
            wait_for(lambda: len(children()) == 2)
        finally:
            first.kill()
    wait_for(lambda: not is_running(children()[1]))
    with subprocess.Popen(command) as second:
        wait_for(lambda: stored(team, queued).status not in runs.UNFINISHED)
        second.terminate()
        assert second.wait(PATIENCE_S) == 0
    run = stored(team, queued)
    # The attempts that were killed are forgiven once the last one has got further.
    assert (run.status, run.attempts, run.error) == (RunStatus.AWAITING_APPROVAL, 1, None)
    assert run.result["val_loss_end"] < run.result["val_loss_start"]
    with team.reading() as session:
        [adapter] = adapters.list_adapters(session, team_id=TEAM)
        [notice] = outbox.due(session, now=utc_now())
    assert notice.kind == "report"
    assert [path.name for path in (tmp_path / "adapters").iterdir() if not path.name.startswith(".")] == ["voice-1"]
    assert read_manifest(Path(adapter.path)).adapter_hash == adapter.sha256
    assert "doubloons" not in folders.log.read_text()


def test_a_worker_that_is_told_to_stop_queues_its_run_again_at_once(
    team: Database, config: TrainingConfig, queued: Run
) -> None:
    script = Script("import time; time.sleep(60)")
    with working(config, script):
        wait_for(lambda: script.started)
    assert stored(team, queued).status == RunStatus.QUEUED
    assert not is_running(script.started[0].pid)


def test_a_cancelled_run_has_its_child_ended(team: Database, config: TrainingConfig, queued: Run) -> None:
    script = Script("import sys; sys.stdin.read()")
    with working(config, script):
        wait_for(lambda: script.started)
        with team.writing() as session:
            cancel_run(session, queued.id, by="U-admin", now=utc_now())
        wait_for(lambda: not is_running(script.started[0].pid))
    assert stored(team, queued).status == RunStatus.CANCELLED
    assert len(script.started) == 1


def test_a_child_that_dies_every_time_fails_the_run_and_says_so(
    team: Database, config: TrainingConfig, queued: Run
) -> None:
    script = Script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with working(config, script):
        wait_for(lambda: stored(team, queued).status == RunStatus.FAILED)
    run = stored(team, queued)
    assert len(script.started) == run.attempts == MAX_ATTEMPTS
    assert run.error is not None
    assert "ended 3 times before it was done, the last time with signal 9" in run.error
    with team.reading() as session:
        assert [notice.key for notice in outbox.due(session, now=utc_now())] == ["run:1:failed"]


def test_a_run_is_alive_for_as_long_as_its_child_works(team: Database, config: TrainingConfig, queued: Run) -> None:
    script = Script("import time; time.sleep(60)")
    with working(config, script):
        wait_for(lambda: script.started)
        claimed = stored(team, queued).heartbeat_at
        time.sleep(config.stale_seconds + 0.3)
        with working(config, other := Script("raise SystemExit('taken from a living worker')")):
            time.sleep(0.3)
        assert not other.started
        beaten = stored(team, queued).heartbeat_at
        assert claimed is not None
        assert beaten is not None
        assert beaten > claimed


def test_a_child_ends_when_its_run_is_taken_up_by_another_worker(
    team: Database, config: TrainingConfig, queued: Run
) -> None:
    script = Script("import sys; sys.stdin.read()")
    with working(config, script):
        wait_for(lambda: script.started)
        with team.writing() as session:
            # Heard of last in a time to come, so that nobody takes it from the other.
            taken = runs.claim_run(session, worker="other", stale_before=LATER, now=LATER)
        assert taken is not None
        wait_for(lambda: not is_running(script.started[0].pid))
    run = stored(team, queued)
    assert (run.status, run.worker) == (RunStatus.RUNNING, "other")


def test_a_data_folder_that_cannot_be_written_fails_the_run(
    team: Database, config: TrainingConfig, queued: Run, tmp_path: Path
) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    occupied = replace(config, data_folder=tmp_path / "occupied")
    work(occupied, stop=threading.Event(), once=True, launcher=Script(""))
    run = stored(team, queued)
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert f"see to {tmp_path / 'occupied'}, then retrain" in run.error


def test_without_a_run_there_is_nothing_to_do(team: Database, config: TrainingConfig) -> None:
    work(config, stop=threading.Event(), once=True, launcher=Script(""))


def test_a_worker_process_that_is_terminated_ends_without_an_error(config: TrainingConfig, tmp_path: Path) -> None:
    config.write(tmp_path / "worker.json")
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path / "worker.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, b"")
