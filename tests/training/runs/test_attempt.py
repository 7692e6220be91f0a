import errno
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from storage import adapters, audit, ballots, outbox, pairs, runs
from storage.ballots import Ballot
from storage.database import Database
from storage.runs import Run, RunStatus
from tests.fakes import FakeVoiceServer
from tests.training.runs.team import NOW, TEAM, Candidates, add_pair, claimed_run, clock
from training.attempt import main
from training.checkpoints import read_manifest
from training.completion import explain
from training.config import TrainingConfig
from training.dataset import make_dataset, usable_pairs, write_dataset
from training.exit_codes import FAILED, LOST
from training.folders import RunFolders
from training.outcome import RunLostError
from training.pipeline import Attempt, complete
from training.promotion import Promotion
from training.runs import NotEnoughPairs


@pytest.fixture
def quick(config: TrainingConfig) -> TrainingConfig:
    return replace(config, lora=replace(config.lora, epochs=1))


def attempt(database: Database, config: TrainingConfig, run: Run | None = None) -> Attempt:
    return Attempt(database, config, run or claimed_run(database), "worker-1", clock)


def run_child(config: TrainingConfig, run: Run, worker: str = "worker-1") -> int:
    """Return the exit code of what a worker starts, in this process."""
    path = config.data_folder / "config.json"
    config.write(path)
    return main(["--run", str(run.id), "--config", str(path), "--worker", worker])


def stored(database: Database, run_id: int) -> Run:
    with database.reading() as session:
        return runs.get_run(session, run_id)


def test_an_attempt_makes_a_candidate_that_people_are_asked_about(team: Database, config: TrainingConfig) -> None:
    add_pair(team, 50, question="Where is the treasure?", private=True)
    ballot = complete(attempt(team, config))
    run, folders = stored(team, 1), RunFolders(config.data_folder, 1)
    assert run.status == RunStatus.AWAITING_APPROVAL
    with team.reading() as session:
        adapter = adapters.get_adapter(session, ballot.adapter_id)
        notices = outbox.due(session, now=NOW)
        assert ballots.open_ballots(session, team_id=TEAM) == [ballot]
        assert runs.run_pairs(session, run.id).keys() == set(range(1, 41))
        assert [entry.action for entry in audit.entries(session, team_id=TEAM)] == ["voice.proposed"]
    assert (adapter.name, Path(adapter.path)) == ("voice-1", folders.adapter)
    assert adapter.sha256 == ballot.adapter_sha256 == read_manifest(folders.adapter).adapter_hash
    assert ballot.report_sha256 == sha256(folders.report.read_bytes()).hexdigest()
    assert [(n.key, n.kind, n.payload) for n in notices] == [
        ("run:1:report", "report", {"run_id": 1, "ballot_id": ballot.id, "adapter": "voice-1"})
    ]
    check_result(run.result, ballot)
    assert run.result == json.loads(folders.report.read_text(encoding="utf-8"))
    assert run.progress["phase"] == "done"
    assert run.progress["step"] == run.progress["steps"] > 0
    assert {"loss", "val_loss", "tokens_per_s", "seconds_left"} <= run.progress.keys()


def check_result(result: dict[str, Any], ballot: Ballot) -> None:
    assert result["train_pairs"] + result["val_pairs"] + result["test_pairs"] == 40
    assert result["left_out"] == {"private": 1, "indexing": 0, "too_long": 0}
    assert result["val_loss_end"] < result["val_loss_start"]
    assert result["report"]["loss"]["candidate"] < result["report"]["loss"]["base"]
    assert result["dataset_sha256"] == ballot.dataset_sha256
    assert result["seconds"] > 0
    assert result["tokens_per_s"] > 0
    samples = result["report"]["samples"]
    assert len(samples) == 3
    assert all(sample["answers"].keys() == {"base", "candidate"} for sample in samples)
    assert not any("Passages:" in sample["question"] for sample in samples)


def test_a_second_voice_is_compared_with_the_one_in_use(candidates: Candidates, quick: TrainingConfig) -> None:
    team = candidates.database
    Promotion(team, FakeVoiceServer(), clock).approve(candidates.propose().id, by="U-reviewer")
    assert complete(attempt(team, quick)).live_version == 1
    result = stored(team, 2).result
    assert result["live"] == "voice-1"
    assert result["report"]["loss"].keys() == {"base", "live", "candidate"}
    # The voice in use was never trained in this test: it says what the base says.
    assert result["report"]["loss"]["live"] == pytest.approx(result["report"]["loss"]["base"])
    assert result["report"]["loss"]["live"] > result["report"]["loss"]["candidate"]


def test_a_voice_in_use_that_is_damaged_is_left_out_of_the_comparison(
    candidates: Candidates, quick: TrainingConfig
) -> None:
    team, ballot = candidates.database, candidates.propose()
    Promotion(team, FakeVoiceServer(), clock).approve(ballot.id, by="U-reviewer")
    (candidates.folders(ballot).adapter / "adapter_model.safetensors").unlink()
    complete(attempt(team, quick))
    result = stored(team, 2).result
    assert result["report"]["loss"].keys() == {"base", "candidate"}
    assert "voice-1 could not be compared" in result["live_note"]


def write_snapshot(work: Attempt) -> bytes:
    """Leave what an earlier attempt wrote, and return its training part."""
    with work.database.reading() as session:
        write_dataset(work.folders.run, make_dataset(usable_pairs(session, team_id=TEAM), work.config))
    return (work.folders.run / "train.jsonl").read_bytes()


def test_another_attempt_starts_from_the_snapshot_and_not_the_adapter_of_the_first(
    team: Database, quick: TrainingConfig, trained: Path
) -> None:
    work = attempt(team, quick)
    snapshot = write_snapshot(work)
    shutil.copytree(trained, work.folders.adapter)
    add_pair(team, 50, question="Where is the treasure?")
    ballot = complete(work)
    assert (work.folders.run / "train.jsonl").read_bytes() == snapshot
    assert read_manifest(work.folders.adapter).adapter_hash == ballot.adapter_sha256
    assert ballot.adapter_sha256 != read_manifest(trained).adapter_hash


def test_another_attempt_with_other_settings_takes_a_new_snapshot(
    team: Database, config: TrainingConfig, quick: TrainingConfig
) -> None:
    work = attempt(team, config)
    write_snapshot(work)
    add_pair(team, 50, question="Where is the treasure?")
    ballot = complete(replace(work, config=quick))
    with team.reading() as session:
        assert len(runs.run_pairs(session, 1)) == 41
    assert stored(team, 1).result["dataset_sha256"] == ballot.dataset_sha256


def test_an_attempt_that_has_lost_its_run_proposes_nothing(team: Database, quick: TrainingConfig) -> None:
    with pytest.raises(RunLostError):
        complete(replace(attempt(team, quick), worker="somebody-else"))
    with team.reading() as session:
        assert adapters.list_adapters(session, team_id=TEAM) == []


@pytest.mark.parametrize("asleep", ["saving", "done"])
def test_an_attempt_that_wakes_after_another_one_finished_leaves_its_voice_alone(
    team: Database, quick: TrainingConfig, asleep: str
) -> None:
    sleeper = attempt(team, quick)
    hashes: list[str] = []

    def sleep_and_lose_the_run() -> datetime:
        """The clock is read before the run is held: the other worker has all the time there."""
        if stored(team, 1).progress.get("phase") == asleep and not hashes:
            hashes.append("")
            with team.writing() as session:
                later = NOW + timedelta(hours=1)
                taken = runs.claim_run(session, worker="other", stale_before=later, now=later)
            assert taken is not None
            other = replace(sleeper, worker="other", run=taken, config=replace(quick, sample_tokens=4))
            ballot = complete(other)
            hashes[:] = [ballot.adapter_sha256, ballot.report_sha256]
        return NOW

    with pytest.raises(RunLostError):
        complete(replace(sleeper, now=sleep_and_lose_the_run))
    assert hashes[0] == read_manifest(sleeper.folders.adapter).adapter_hash
    assert hashes[1] == sha256(sleeper.folders.report.read_bytes()).hexdigest()
    assert stored(team, 1).status == RunStatus.AWAITING_APPROVAL


def test_a_child_whose_run_was_cancelled_says_nothing_of_it(team: Database, quick: TrainingConfig) -> None:
    run = claimed_run(team)
    with team.writing() as session:
        runs.move_run(session, run.id, to=RunStatus.CANCELLED, only_from=runs.WORKING, now=NOW)
    assert run_child(replace(quick, min_pairs=41), run) == FAILED
    assert run_child(quick, run) == LOST
    assert stored(team, run.id).status == RunStatus.CANCELLED
    with team.reading() as session:
        assert outbox.due(session, now=datetime.now(UTC)) == []


def test_too_few_pairs_by_the_time_of_the_snapshot_fail_the_run(team: Database, config: TrainingConfig) -> None:
    with pytest.raises(NotEnoughPairs):
        complete(attempt(team, replace(config, min_pairs=41)))


def test_a_forced_run_is_seen_through_with_fewer_pairs(team: Database, quick: TrainingConfig) -> None:
    with team.writing() as session:
        runs.add_run(session, team_id=TEAM, requested_by="U-admin", channel_id="C1", forced=True, now=NOW)
    run = claimed_run(team)
    complete(attempt(team, replace(quick, min_pairs=41), run))
    assert stored(team, run.id).status == RunStatus.AWAITING_APPROVAL


def test_a_missing_base_model_fails_the_run_and_says_what_to_set(team: Database, config: TrainingConfig) -> None:
    run = claimed_run(team)
    assert run_child(replace(config, base_model="/nowhere/model"), run) == FAILED
    run = stored(team, run.id)
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert "/nowhere/model" in run.error
    assert "TIMBRE_BASE_MODEL" in run.error
    with team.reading() as session:
        notices = [(n.key, n.kind, n.payload) for n in outbox.due(session, now=datetime.now(UTC))]
    assert notices == [("run:1:failed", "run_failed", {"run_id": 1, "error": run.error})]


def test_an_unexpected_error_is_told_without_its_words(
    team: Database, config: TrainingConfig, caplog: pytest.LogCaptureFixture
) -> None:
    run = claimed_run(team)
    with team.writing() as session:
        # A context nobody writes: its passages have no text.
        pairs.set_context(session, 1, [{"title": "the treasure is under the palm"}])
    assert run_child(config, run) == FAILED
    error = stored(team, run.id).error
    assert error is not None
    assert "unexpected error (KeyError)" in error
    assert str(RunFolders(config.data_folder, run.id).log) in error
    assert "training/dataset.py" in caplog.text
    assert "palm" not in caplog.text + error


def test_a_full_disk_and_a_full_memory_are_explained(team: Database, config: TrainingConfig) -> None:
    work = attempt(team, config)
    assert explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), work).startswith("The disk is full: make room in")
    assert "set a smaller base model" in explain(MemoryError(), work)
    assert "set a smaller base model" in explain(RuntimeError("DefaultCPUAllocator: can't allocate memory"), work)
