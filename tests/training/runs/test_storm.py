"""Two hundred decisions, raced and killed: whatever happened, one complete and approved voice is in use."""

import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from storage import adapters, audit, outbox, runs
from storage.adapters import AdapterStatus
from storage.database import Database
from storage.runs import RunStatus
from tests.training.runs.team import NOW, TEAM
from training.checkpoints import read_manifest
from training.config import TrainingConfig
from training.history import APPROVED, ROLLED_BACK

ACTS = 200


def raced_until_killed(config: TrainingConfig, trained: Path, *, seed: int, acts: int) -> list[str]:
    """Return what a process full of deciding threads did until it was killed in the middle of something."""
    path = config.data_folder / "config.json"
    config.write(path)
    command = [sys.executable, "-m", "tests.training.runs.storm", config.data_folder, trained, path, str(seed)]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        done = []
        for line in child.stdout:
            done.append(line.strip())
            if len(done) == acts:
                # Somewhere within the next acts, wherever that is.
                threading.Timer(random.Random(seed).uniform(0, 0.08), child.kill).start()  # noqa: S311 - a test's
        child.wait()
        assert child.returncode == -9, child.stderr and child.stderr.read()
    return done


def give_up_unfinished(database: Database) -> None:
    """End the run whose proposer was killed, as its worker's successor would."""
    with database.writing() as session:
        if run := runs.unfinished_run(session, team_id=TEAM):
            runs.move_run(session, run.id, to=RunStatus.FAILED, only_from=runs.UNFINISHED, now=NOW)


def assert_one_voice_is_in_use(database: Database) -> None:
    with database.reading() as session:
        assert audit.first_broken(session, team_id=TEAM) is None
        live = adapters.live_voice(session, team_id=TEAM)
        entries = audit.entries(session, team_id=TEAM)
        standing = adapters.list_adapters(session, team_id=TEAM)
        announced = {n.key for n in outbox.due(session, now=NOW, limit=10_000) if n.kind == "deployed"}
    approved = [entry.details["adapter"] for entry in entries if entry.action == APPROVED]
    moves = [entry for entry in entries if entry.action in (APPROVED, ROLLED_BACK)]
    assert [voice.name for voice in standing if voice.status is AdapterStatus.LIVE] == (
        [live.adapter.name] if live.adapter else []
    )
    if live.adapter:
        assert live.adapter.name in approved
        assert read_manifest(Path(live.adapter.path)).adapter_hash == live.adapter.sha256
    # Each move of the pointer was audited and announced once, and each ballot decided once.
    assert [entry.details["version"] for entry in moves] == list(range(1, live.version + 1))
    assert (moves[-1].details["adapter"] if moves else "base") == (live.adapter.name if live.adapter else "base")
    assert announced == {f"voice:{TEAM}:{version}" for version in range(1, live.version + 1)}
    decided = Counter(
        entry.details["ballot_id"] for entry in entries if entry.action in (APPROVED, "voice.rejected", "ballot.void")
    )
    assert set(decided.values()) <= {1}


@pytest.mark.slow
def test_after_two_hundred_raced_and_killed_decisions_one_approved_voice_is_in_use(
    team: Database, config: TrainingConfig, trained: Path
) -> None:
    done: list[str] = []
    for seed in range(10):
        done += raced_until_killed(config, trained, seed=seed, acts=ACTS // 10)
        assert_one_voice_is_in_use(team)
        give_up_unfinished(team)
    assert len(done) >= ACTS
    kinds = Counter(done)
    assert min(kinds["approve done"], kinds["reject done"], kinds["rollback done"]) > 5, kinds
    assert kinds["approve BallotClosed"] + kinds["approve BallotVoid"] > 0, kinds
