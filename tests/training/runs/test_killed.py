"""Whatever is killed, and whenever, a run ends with one voice, as good as that of a run nobody disturbed."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage import adapters, runs
from storage.clock import utc_now
from storage.database import Database
from storage.runs import Run, RunStatus
from tests.training.runs.children import Prepared
from tests.training.runs.team import TEAM
from tests.training.runs.test_worker import WORKER, is_running, stored, wait_for
from training.checkpoints import read_manifest
from training.config import TrainingConfig
from training.folders import RunFolders
from training.worker import MAX_ATTEMPTS, work

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

RUNS, KILLS_A_RUN = 10, 2
PATIENCE_S = 180.0
LATEST = 0.9
"""The share of an undisturbed run's time within which everything is killed."""


class Workers:
    """A worker process, and another one whenever that is dead."""

    def __init__(self, config: TrainingConfig, database: Database) -> None:
        self._config, self._database = config, database
        self._file = config.data_folder / "worker.json"
        config.write(self._file)
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", WORKER, str(self._file)])

    def children_of(self, run: Run) -> list[int]:
        """Return the processes of all attempts at a run so far, the last of them last."""
        log = RunFolders(self._config.data_folder, run.id).log
        return [int(pid) for pid in re.findall(r"process (\d+)", log.read_text() if log.exists() else "")]

    def kill(self, run: Run, what: str, *, attempt: int, after_seconds: float) -> bool:
        """Kill the child of a run, its worker or both, so long after its n-th attempt began; False when it was over."""
        wait_for(lambda: len(self.children_of(run)) >= attempt or not self.is_unfinished(run), PATIENCE_S)
        time.sleep(after_seconds)
        if not self.is_unfinished(run):
            return False
        child = self.children_of(run)[-1]
        if what != "child":
            self._process.kill()
            self._process.wait()
        if what != "worker" and is_running(child):
            os.kill(child, signal.SIGKILL)
        wait_for(lambda: not is_running(child))
        if what != "child":
            self._process = self._start()
        return True

    def is_unfinished(self, run: Run) -> bool:
        return stored(self._database, run).status in runs.UNFINISHED

    def wait_for_end(self, run: Run) -> None:
        wait_for(lambda: not self.is_unfinished(run), PATIENCE_S)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def workers(team: Database, config: TrainingConfig) -> Iterator[Workers]:
    lasting = replace(config.lora, epochs=12, patience=12, learning_rate=3e-3)
    started = Workers(replace(config, lora=lasting, checkpoint_seconds=0.1), team)
    yield started
    started.end()


def queue(team: Database) -> Run:
    with team.writing() as session:
        return runs.add_run(session, team_id=TEAM, requested_by="U-admin", channel_id="C1", now=utc_now())


def test_20_kills_at_random_moments_cost_no_run_and_no_quality(
    team: Database, workers: Workers, config: TrainingConfig
) -> None:
    undisturbed = queue(team)
    wait_for(lambda: workers.children_of(undisturbed))
    begun = time.monotonic()
    workers.wait_for_end(undisturbed)
    lasts = time.monotonic() - begun
    wanted = stored(team, undisturbed).result["val_loss_end"]
    source = random.Random(2026)  # noqa: S311 - moments, not secrets
    kills = 0
    for _ in range(RUNS):
        run = queue(team)
        for attempt in range(1, KILLS_A_RUN + 1):
            what = source.choice(["child", "worker", "both"])
            kills += workers.kill(run, what, attempt=attempt, after_seconds=source.uniform(0, LATEST * lasts))
        workers.wait_for_end(run)
        ended = stored(team, run)
        assert (ended.status, ended.error) == (RunStatus.AWAITING_APPROVAL, None)
        assert ended.result["val_loss_end"] == pytest.approx(wanted, rel=0.01)
        check_folders(team, config.data_folder, run)
    assert kills >= RUNS


def check_folders(team: Database, data: Path, run: Run) -> None:
    """Check that a run left one complete adapter and nothing that was half written."""
    folders = RunFolders(data, run.id)
    with team.reading() as session:
        [adapter] = [one for one in adapters.list_adapters(session, team_id=TEAM) if one.run_id == run.id]
    assert read_manifest(folders.adapter).adapter_hash == adapter.sha256
    complete = [path for path in (data / "adapters").iterdir() if (path / "manifest.json").exists()]
    assert sorted(path.name for path in complete) == sorted(f"voice-{number + 1}" for number in range(run.id))
    assert not folders.checkpoint.exists()


def test_a_run_of_two_processes_survives_a_kill_and_comes_to_what_one_comes_to(
    team: Database, config: TrainingConfig
) -> None:
    config = replace(config, lora=replace(config.lora, epochs=4), checkpoint_seconds=0.1)
    alone = queue(team)
    work(config, stop=threading.Event(), once=True)
    run, folders = queue(team), RunFolders(config.data_folder, 2)
    worker = threading.Thread(
        target=work, args=(replace(config, processes=2),), kwargs={"stop": threading.Event(), "once": True}
    )
    worker.start()
    wait_for(folders.checkpoint.exists, PATIENCE_S)
    children = re.findall(r"process (\d+)", folders.log.read_text())
    os.kill(int(children[1]), signal.SIGKILL)
    worker.join()
    assert not any(is_running(int(child)) for child in children)
    assert stored(team, run).status == RunStatus.QUEUED
    work(replace(config, processes=2), stop=threading.Event(), once=True)
    assert "going on from step" in folders.log.read_text()
    one, two = stored(team, alone), stored(team, run)
    assert (two.status, two.error) == (RunStatus.AWAITING_APPROVAL, None)
    assert two.result["val_loss_end"] == pytest.approx(one.result["val_loss_end"], rel=1e-3)
    check_folders(team, config.data_folder, run)


OUT_OF_MEMORY = """
import os, signal, torch
from torch.nn.modules.module import register_module_forward_pre_hook

def end(module, inputs):
    if isinstance(module, torch.nn.Embedding) and torch.is_grad_enabled() and len(inputs[0]) > {pairs}:
        os.kill(os.getpid(), signal.SIGKILL)

register_module_forward_pre_hook(end)
"""
"""What the system does to a process whose memory learning from more than so many pairs at once is too much for."""


def test_a_run_that_the_system_kills_for_its_memory_is_learnt_in_halves_until_it_fits(
    team: Database, config: TrainingConfig
) -> None:
    run = queue(team)
    config = replace(config, lora=replace(config.lora, batch_size=8))
    launcher = Prepared(OUT_OF_MEMORY.format(pairs=2))
    for status in (RunStatus.QUEUED, RunStatus.QUEUED, RunStatus.AWAITING_APPROVAL):
        work(config, stop=threading.Event(), once=True, launcher=launcher)
        assert stored(team, run).status == status
    roomy = queue(team)
    work(config, stop=threading.Event(), once=True)
    small, large = stored(team, run), stored(team, roomy)
    assert (small.progress["micro_batch_size"], large.progress["micro_batch_size"]) == (2, 8)
    assert small.result["val_loss_end"] == pytest.approx(large.result["val_loss_end"], rel=1e-3)


def test_a_run_that_fits_in_no_way_is_given_up_with_what_to_do(team: Database, config: TrainingConfig) -> None:
    run, launcher = queue(team), Prepared(OUT_OF_MEMORY.format(pairs=0))
    for _ in range(MAX_ATTEMPTS):
        work(config, stop=threading.Event(), once=True, launcher=launcher)
    ended = stored(team, run)
    assert ended.status == RunStatus.FAILED
    assert ended.error is not None
    assert "with signal 9. If memory ran out, set a smaller batch size" in ended.error
