"""A run whose disk is full fails and says so, leaves nothing half written, and the next one works."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage import adapters, outbox, runs
from storage.clock import utc_now
from storage.database import Database
from storage.runs import Run, RunStatus
from tests.training.runs.children import Prepared
from tests.training.runs.team import TEAM
from training.checkpoints import read_manifest
from training.config import TrainingConfig
from training.folders import RunFolders
from training.launchers.local import LocalLauncher
from training.worker import Launcher, work

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MEGABYTE = 2**20
DISK = 64 * MEGABYTE
NO_FILE_LARGER = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with a disk of its own, on which everything else of a test is put. Takes leave to mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield tmp_path
    # Lazily: a process that has just ended may still hold a file of it.
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


@pytest.fixture
def large(config: TrainingConfig) -> TrainingConfig:
    """Return settings whose adapter takes 2 MB, and a checkpoint of it 10."""
    return replace(config, lora=replace(config.lora, epochs=1, rank=256, learning_rate=1e-4), heartbeat_seconds=0.5)


def carried_out(database: Database, config: TrainingConfig, launcher: Launcher) -> Run:
    """Queue a run, have a worker work on it, and return what became of it."""
    with database.writing() as session:
        run = runs.add_run(session, team_id=TEAM, requested_by="U-admin", channel_id="C1", now=utc_now())
    work(config, stop=threading.Event(), once=True, launcher=launcher)
    with database.reading() as session:
        return runs.get_run(session, run.id)


def check_failed(database: Database, config: TrainingConfig, run: Run, *, at: str) -> None:
    """Check that the run says why it failed, while it did what the module `at` does, and left nothing that loads."""
    folders, reason = RunFolders(config.data_folder, run.id), "The disk is full: make room in"
    assert (run.status, run.attempts) == (RunStatus.FAILED, 1)
    assert run.error == f"{reason} {config.data_folder}, then retrain."
    assert at in folders.log.read_text()
    with database.reading() as session:
        assert adapters.list_adapters(session, team_id=TEAM) == []
        notice = outbox.find(session, f"run:{run.id}:failed")
    assert notice is not None
    assert notice.payload["error"] == run.error
    assert not folders.adapter.exists()
    assert not list(config.data_folder.rglob("*.partial"))
    assert not folders.checkpoint.exists()


def check_worked(database: Database, run: Run) -> None:
    assert (run.status, run.error) == (RunStatus.AWAITING_APPROVAL, None)
    with database.reading() as session:
        [adapter] = adapters.list_adapters(session, team_id=TEAM)
    assert read_manifest(Path(adapter.path)).adapter_hash == adapter.sha256


def test_a_run_that_may_not_write_so_much_says_so_and_the_next_one_works(team: Database, large: TrainingConfig) -> None:
    limited = carried_out(team, large, Prepared(NO_FILE_LARGER.format(size=4 * MEGABYTE)))
    check_failed(team, large, limited, at="training/resuming.py")
    check_worked(team, carried_out(team, large, LocalLauncher()))


@pytest.mark.parametrize(
    ("room", "at"), [(5 * MEGABYTE, "training/resuming.py"), (12 * MEGABYTE, "training/checkpoints.py")]
)
def test_a_run_on_a_full_disk_says_so_and_works_when_there_is_room(
    disk: Path, team: Database, large: TrainingConfig, room: int, at: str
) -> None:
    filler = disk / "somebody-elses"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - room))
    check_failed(team, large, carried_out(team, large, LocalLauncher()), at=at)
    filler.unlink()
    check_worked(team, carried_out(team, large, LocalLauncher()))
