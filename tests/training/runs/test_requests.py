import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage import audit, runs
from storage.database import Database
from storage.runs import Run, RunStatus
from tests.training.runs.team import NOW, TEAM, add_pair
from training.config import TrainingConfig
from training.hyperparameters import LoraSettings
from training.runs import NotEnoughPairs, RunFinished, RunInProgress, RunRefusedError, cancel_run, request_run


def request(database: Database, *, min_pairs: int = 40, forced: bool = False) -> Run:
    asked: Any = {"team_id": TEAM, "requested_by": "U-admin", "channel_id": "C1", "min_pairs": min_pairs}
    with database.writing() as session:
        return request_run(session, **asked, forced=forced, now=NOW)


def test_a_run_that_is_asked_for_is_queued_and_audited(team: Database) -> None:
    run = request(team)
    assert run.status == RunStatus.QUEUED
    with team.reading() as session:
        entries = audit.entries(session, team_id=TEAM)
    assert [(entry.actor, entry.action) for entry in entries] == [("U-admin", "run.requested")]


def test_too_few_pairs_are_refused_with_how_many_are_missing(team: Database) -> None:
    with pytest.raises(NotEnoughPairs, match=r"needs 50 approved answers and there are 40.*Approve 10 more") as refused:
        request(team, min_pairs=50)
    assert (refused.value.have, refused.value.need) == (40, 50)
    with team.reading() as session:
        assert runs.list_runs(session, team_id=TEAM) == []
        assert audit.entries(session, team_id=TEAM) == []


def test_a_forced_run_takes_as_few_pairs_as_can_be_divided(team: Database) -> None:
    with pytest.raises(NotEnoughPairs, match="retrain anyway"):
        request(team, min_pairs=41)
    assert request(team, min_pairs=41, forced=True).is_forced


def test_not_even_a_forced_run_learns_from_next_to_nothing(database: Database) -> None:
    add_pair(database, 1)
    with pytest.raises(NotEnoughPairs, match="needs 10 approved answers and there are 1"):
        request(database, forced=True)


def test_pairs_being_looked_up_are_asked_to_be_waited_for(team: Database) -> None:
    add_pair(team, 50, indexed=False)
    with pytest.raises(NotEnoughPairs, match="1 more are being looked up: try again in a minute"):
        request(team, min_pairs=41)


def test_private_pairs_do_not_count_and_it_is_said(team: Database) -> None:
    add_pair(team, 50, private=True)
    with pytest.raises(NotEnoughPairs, match="1 from private channels are left out"):
        request(team, min_pairs=41)


def test_answers_too_long_to_learn_do_not_count_and_it_is_said(team: Database) -> None:
    add_pair(team, 50, answer="A" * 25_000)
    with pytest.raises(NotEnoughPairs, match="1 with answers too long to learn are left out: edit them to be shorter"):
        request(team, min_pairs=41)


def test_a_second_request_is_refused_while_a_run_is_unfinished(team: Database) -> None:
    first = request(team)
    with pytest.raises(RunInProgress, match=f"Run {first.id} is queued already") as refused:
        request(team)
    assert refused.value.run == first


def test_of_many_requests_at_once_one_is_queued(team: Database) -> None:
    outcomes: list[Run | RunRefusedError] = []

    def ask() -> None:
        try:
            outcomes.append(request(team))
        except RunRefusedError as err:
            outcomes.append(err)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Run) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, RunInProgress) for outcome in outcomes) == 7


def test_a_cancelled_run_makes_room_for_the_next(team: Database) -> None:
    first = request(team)
    with team.writing() as session:
        assert cancel_run(session, first.id, by="U-admin", now=NOW).status == RunStatus.CANCELLED
    assert request(team).id != first.id
    with team.reading() as session:
        actions = [entry.action for entry in audit.entries(session, team_id=TEAM)]
    assert actions == ["run.requested", "run.cancelled", "run.requested"]


def test_a_finished_run_cannot_be_cancelled(team: Database) -> None:
    run = request(team)
    with team.writing() as session:
        cancel_run(session, run.id, by="U-admin", now=NOW)
    with team.writing() as session, pytest.raises(RunFinished, match="is cancelled already"):
        cancel_run(session, run.id, by="U-admin", now=NOW)


def test_a_run_that_does_not_exist_cannot_be_cancelled(team: Database) -> None:
    with team.writing() as session, pytest.raises(KeyError):
        cancel_run(session, 99, by="U-admin", now=NOW)


def test_a_configuration_survives_the_way_to_a_child_and_only_its_owner_can_read_it(
    config: TrainingConfig, tmp_path: Path
) -> None:
    special = replace(config, lora=LoraSettings(rank=3, alpha=1.5), house_style="Ahoj! ⚓")
    special.write(tmp_path / "deep" / "config.json")
    assert TrainingConfig.from_json((tmp_path / "deep" / "config.json").read_text(encoding="utf-8")) == special
    assert (tmp_path / "deep" / "config.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"lora": {"rnk": 3}, "data_folder": "."}'])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a training configuration|Expecting value"):
        TrainingConfig.from_json(text)


def test_a_heartbeat_slower_than_what_counts_as_silence_is_refused(config: TrainingConfig) -> None:
    with pytest.raises(ValueError, match="at least twice heartbeat_seconds"):
        replace(config, heartbeat_seconds=10, stale_seconds=15)


def test_what_the_bot_imports_of_training_loads_no_torch() -> None:
    code = (
        "import sys, training.runs, training.promotion, training.dataset, training.worker\n"
        "found = {'torch', 'transformers', 'peft', 'sentence_transformers'} & set(sys.modules)\n"
        "sys.exit(f'{found} was imported' if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
