"""Training runs: one at a time in a team, worked on by one worker."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from storage import pairs, runs
from storage.database import Database
from storage.pairs import Candidate
from storage.runs import UNFINISHED, WORKING, Run, RunStatus
from tests.storage.racing import race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=1)


def add(database: Database, *, team_id: str = "T1") -> Run:
    with database.writing() as session:
        return runs.add_run(session, team_id=team_id, requested_by="U1", channel_id="C1", now=NOW)


def claim(
    database: Database, worker: str = "w1", *, now: datetime = NOW, stale_before: datetime = LONG_AGO
) -> Run | None:
    with database.writing() as session:
        return runs.claim_run(session, worker=worker, stale_before=stale_before, now=now)


def move(
    database: Database,
    run_id: int,
    to: RunStatus,
    only_from: tuple[RunStatus, ...] = UNFINISHED,
    worker: str | None = None,
) -> bool:
    with database.writing() as session:
        return runs.move_run(session, run_id, to=to, only_from=only_from, now=LATER, worker=worker)


def test_a_run_comes_back_as_it_was_stored(database: Database) -> None:
    run = add(database)
    assert (run.status, run.attempts, run.worker, run.created_at) == (RunStatus.QUEUED, 0, None, NOW)
    with database.reading() as session:
        assert runs.get_run(session, run.id) == run
        assert runs.unfinished_run(session, team_id="T1") == run
        assert runs.unfinished_run(session, team_id="T2") is None
        with pytest.raises(KeyError, match="there is no run 999999"):
            runs.get_run(session, 999_999)


def test_eight_requests_at_once_are_one_run(database: Database) -> None:
    def request(session: Session, _: int) -> int:
        return runs.add_run(session, team_id="T1", requested_by="U1", channel_id="C1", now=NOW).id

    assert len(set(race(database, request))) == 1


@pytest.mark.parametrize("status", RunStatus)
def test_a_team_gets_another_run_only_when_its_last_is_finished(database: Database, status: RunStatus) -> None:
    first = add(database)
    move(database, first.id, status)
    assert (add(database).id == first.id) is (status in UNFINISHED)
    assert add(database, team_id="T2").id != first.id


def test_runs_are_listed_newest_first(database: Database) -> None:
    first = add(database)
    move(database, first.id, RunStatus.CANCELLED)
    second = add(database)
    add(database, team_id="T2")
    with database.reading() as session:
        assert [run.id for run in runs.list_runs(session, team_id="T1")] == [second.id, first.id]
        assert [run.id for run in runs.list_runs(session, team_id="T1", limit=1)] == [second.id]


def test_the_oldest_queued_run_is_claimed_first(database: Database) -> None:
    first, second = add(database, team_id="T1"), add(database, team_id="T2")
    claimed = claim(database)
    assert claimed is not None
    assert (claimed.id, claimed.status, claimed.worker) == (first.id, RunStatus.RUNNING, "w1")
    assert (claimed.attempts, claimed.heartbeat_at, claimed.started_at) == (1, NOW, NOW)
    other = claim(database, "w2")
    assert other is not None
    assert other.id == second.id
    assert claim(database, "w3") is None


def test_one_of_eight_workers_gets_a_run(database: Database) -> None:
    run = add(database)

    def act(session: Session, number: int) -> Run | None:
        return runs.claim_run(session, worker=f"w{number}", stale_before=LONG_AGO, now=NOW)

    winners = [claimed for claimed in race(database, act) if claimed]
    assert [(winner.id, winner.attempts) for winner in winners] == [(run.id, 1)]


def test_eight_workers_get_eight_teams_runs(database: Database) -> None:
    ids = {add(database, team_id=f"T{n}").id for n in range(8)}

    def act(session: Session, number: int) -> Run | None:
        return runs.claim_run(session, worker=f"w{number}", stale_before=LONG_AGO, now=NOW)

    assert {claimed.id for claimed in race(database, act) if claimed} == ids


@pytest.mark.parametrize("status", WORKING)
def test_a_run_whose_worker_fell_silent_is_claimed_by_another(database: Database, status: RunStatus) -> None:
    run = add(database)
    claim(database, "w1")
    move(database, run.id, status)
    assert claim(database, "w2", stale_before=NOW) is None
    again = claim(database, "w2", now=LATER, stale_before=NOW + timedelta(seconds=1))
    assert again is not None
    assert (again.id, again.status, again.worker, again.attempts) == (run.id, RunStatus.RUNNING, "w2", 2)
    assert (again.started_at, again.heartbeat_at) == (NOW, LATER)


def test_a_heartbeat_keeps_a_run_until_it_is_anothers_or_over(database: Database) -> None:
    run = add(database)
    claim(database, "w1")
    with database.writing() as session:
        assert runs.heartbeat(session, run.id, worker="w1", now=LATER)
        assert not runs.heartbeat(session, run.id, worker="w2", now=LATER)
    assert claim(database, "w2", stale_before=LATER) is None
    move(database, run.id, RunStatus.CANCELLED)
    with database.writing() as session:
        assert not runs.heartbeat(session, run.id, worker="w1", now=LATER)


def test_a_run_moves_only_from_where_it_is_expected(database: Database) -> None:
    run = add(database)
    assert not move(database, run.id, RunStatus.LIVE, (RunStatus.AWAITING_APPROVAL,))
    assert not move(database, 999_999, RunStatus.FAILED)
    with database.reading() as session:
        assert runs.get_run(session, run.id) == run
    assert move(database, run.id, RunStatus.EVALUATING, (RunStatus.QUEUED,))


def test_a_worker_that_slept_can_not_move_a_run_that_is_anothers_by_now(database: Database) -> None:
    run = add(database)
    claim(database, "w1")
    claim(database, "w2", now=LATER, stale_before=LATER)
    assert not move(database, run.id, RunStatus.EVALUATING, WORKING, worker="w1")
    assert move(database, run.id, RunStatus.EVALUATING, WORKING, worker="w2")


def test_a_run_that_its_worker_gives_back_has_lost_no_attempt(database: Database) -> None:
    run = add(database)
    claim(database)
    with database.writing() as session:
        assert not runs.release_run(session, run.id, worker="w2", now=LATER)
        assert runs.release_run(session, run.id, worker="w1", now=LATER)
    again = claim(database, "w2")
    assert again is not None
    assert (again.id, again.attempts) == (run.id, 1)


def test_one_of_eight_who_finish_a_run_at_once_does(database: Database) -> None:
    run = add(database)

    def act(session: Session, _: int) -> bool:
        return runs.move_run(session, run.id, to=RunStatus.CANCELLED, only_from=UNFINISHED, now=NOW)

    assert sum(race(database, act)) == 1


def test_a_finished_run_keeps_its_result_error_and_first_end(database: Database) -> None:
    run = add(database)
    with database.writing() as session:
        waiting = RunStatus.AWAITING_APPROVAL
        runs.move_run(session, run.id, to=waiting, only_from=UNFINISHED, now=NOW, result={"val_loss": 1.5})
        runs.move_run(session, run.id, to=RunStatus.FAILED, only_from=(waiting,), now=LATER, error="the disk is full")
    with database.reading() as session:
        ended = runs.get_run(session, run.id)
    assert (ended.status, ended.result, ended.error) == (RunStatus.FAILED, {"val_loss": 1.5}, "the disk is full")
    assert ended.finished_at == NOW


def test_progress_is_replaced(database: Database) -> None:
    run = add(database)
    for step in (1, 2):
        with database.writing() as session:
            runs.report_progress(session, run.id, {"step": step})
    with database.reading() as session:
        assert runs.get_run(session, run.id).progress == {"step": 2}


def test_the_pairs_of_a_run_are_those_of_its_last_attempt(database: Database) -> None:
    run = add(database)
    with database.writing() as session:
        ids = [
            pairs.add_candidate(
                session,
                Candidate("T1", "C1", False, "1", "1", ts, "Q", "A", "U1", "U2", "https://example.com"),
                now=NOW,
            ).id
            for ts in ("2", "3", "4")
        ]
        runs.set_run_pairs(session, run.id, {ids[0]: "train", ids[1]: "val"})
        runs.set_run_pairs(session, run.id, {ids[1]: "train", ids[2]: "test"})
    with database.reading() as session:
        assert runs.run_pairs(session, run.id) == {ids[1]: "train", ids[2]: "test"}
