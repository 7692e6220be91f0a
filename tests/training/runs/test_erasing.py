"""What somebody takes back is in no dataset, no report and no run that goes on."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from storage import pairs, runs
from storage.database import Database
from storage.lineage import voices_that_learnt
from storage.pairs import PairStatus
from tests.fakes import FakeVoiceServer
from tests.training.runs.team import NOW, TEAM, add_pair, clock
from tests.training.runs.test_attempt import attempt, stored
from training.config import TrainingConfig
from training.dataset import make_dataset, usable_pairs, write_dataset
from training.erasing import forget_in_runs
from training.folders import RunFolders
from training.models import load_base
from training.pipeline import AnswersErased, complete
from training.promotion import BallotVoid, Promotion
from training.resuming import Checkpoints


def erase(database: Database, pair_id: int) -> None:
    with database.writing() as session:
        pairs.set_status(session, pair_id, PairStatus.ERASED, now=NOW)


def quote(database: Database, pair_id: int, *, by: int) -> None:
    """Have one pair's answer be a passage for another."""
    with database.writing() as session:
        quoted = pairs.get_pair(session, pair_id)
        passage = {"title": quoted.question, "text": quoted.answer, "pair_id": quoted.id}
        pairs.set_context(session, by, [passage])


def everything_in(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".safetensors"]
    return "\n".join(
        path.read_text(encoding="utf-8", errors="replace") for path in files if "timbre.db" not in path.name
    )


@pytest.fixture
def quick(config: TrainingConfig) -> TrainingConfig:
    return replace(config, lora=replace(config.lora, epochs=1))


def test_an_erased_pair_leaves_datasets_and_reports_with_all_that_quotes_it(
    team: Database, quick: TrainingConfig
) -> None:
    with team.reading() as session:
        tested = next(i for i, part in make_dataset(usable_pairs(session, team_id=TEAM), quick).pair_splits.items()
                      if part == "test")  # fmt: skip
    other = tested % 40 + 1
    quote(team, tested, by=other)
    ballot = complete(attempt(team, quick))
    with team.reading() as session:
        words = pairs.get_pair(session, tested).answer
    assert words in everything_in(quick.data_folder)
    assert words in str(stored(team, 1).result)
    erase(team, tested)
    assert forget_in_runs(team, quick.data_folder, tested) == [1]
    assert words not in everything_in(quick.data_folder)
    assert words not in str(stored(team, 1).result)
    assert f'"id": "{other}"' not in everything_in(RunFolders(quick.data_folder, 1).run)
    with pytest.raises(BallotVoid, match="learnt from, or was tested on, was erased"):
        Promotion(team, FakeVoiceServer(), clock).approve(ballot.id, by="U-reviewer")


def test_a_pair_that_was_only_quoted_counts_as_learnt_from(team: Database, quick: TrainingConfig) -> None:
    private = add_pair(team, 60, question="Where is the gold?", answer="Arr! In the hold, matey.", private=True)
    quote(team, private.id, by=1)
    complete(attempt(team, quick))
    with team.reading() as session:
        assert runs.run_pairs(session, 1)[private.id] in ("quoted", "test")
        assert voices_that_learnt(session, [private.id]) in (["voice-1"], [])
    erase(team, private.id)
    forget_in_runs(team, quick.data_folder, private.id)
    assert "In the hold" not in everything_in(quick.data_folder)


def test_erasing_twice_and_what_no_run_learnt_from_changes_nothing(team: Database, quick: TrainingConfig) -> None:
    complete(attempt(team, quick))
    erase(team, 1)
    forget_in_runs(team, quick.data_folder, 1)
    before = everything_in(quick.data_folder)
    unknown = add_pair(team, 70, question="Who else?")
    assert forget_in_runs(team, quick.data_folder, 1) == [1]
    assert forget_in_runs(team, quick.data_folder, unknown.id) == []
    assert everything_in(quick.data_folder) == before


@pytest.mark.parametrize("damage", ["summary is missing", "line is cut"])
def test_what_cannot_be_read_is_removed_whole(team: Database, quick: TrainingConfig, damage: str) -> None:
    complete(attempt(team, quick))
    folder = RunFolders(quick.data_folder, 1).run
    if damage == "summary is missing":
        (folder / "dataset.json").unlink()
    else:
        (folder / "train.jsonl").write_bytes((folder / "train.jsonl").read_bytes()[:-20])
    (folder / ".train.jsonl.0123.partial").write_text("Ahoy! The skiff be 100 doubloons.")
    erase(team, 1)
    forget_in_runs(team, quick.data_folder, 1)
    assert "doubloons" not in everything_in(folder)


def test_a_run_that_goes_on_after_an_erasure_starts_from_a_new_snapshot(team: Database, quick: TrainingConfig) -> None:
    work = attempt(team, quick)
    with team.writing() as session:
        dataset = make_dataset(usable_pairs(session, team_id=TEAM), quick)
        runs.set_run_pairs(session, 1, dataset.pair_splits)
    write_dataset(work.folders.run, dataset)
    base = load_base(quick.base_model)
    made_for = f"{dataset.sha256} {base.revision} {base.model.dtype}"
    Checkpoints(work.folders.checkpoint, made_for=made_for, seconds=0).save({"progress": "would crash what loads it"})
    erase(team, 1)
    complete(work)
    with team.reading() as session:
        assert runs.run_pairs(session, 1).keys() == set(range(2, 41))
    assert "The skiff be 100 doubloons" not in everything_in(work.folders.run)


@pytest.mark.parametrize("phase", ["saving", "done"])
def test_a_voice_is_discarded_when_what_it_learns_is_erased_meanwhile(
    team: Database, quick: TrainingConfig, phase: str
) -> None:
    work = attempt(team, quick)

    def erase_at_the_moment() -> datetime:
        if stored(team, 1).progress.get("phase") == phase:
            erase(team, 1)
        return NOW

    with pytest.raises(AnswersErased, match="erased while a voice was learnt from them"):
        complete(replace(work, now=erase_at_the_moment))
    assert not work.folders.adapter.exists()
