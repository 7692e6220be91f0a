"""Adapters, the pointer to the one in use, and the ballots about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import adapters, ballots, runs
from storage.adapters import Adapter, AdapterStatus, LiveVoice
from storage.ballots import Ballot, BallotStatus, NewBallot
from storage.database import Database
from storage.runs import UNFINISHED, RunStatus
from tests.storage.racing import race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def add_adapter(session: Session, name: str, *, run_id: int, team_id: str = "T1") -> Adapter:
    return adapters.add_adapter(
        session, team_id=team_id, name=name, run_id=run_id, path=f"/data/{name}", sha256="ab" * 32, now=NOW
    )


def trained(database: Database, name: str = "voice-1", *, team_id: str = "T1") -> Adapter:
    """Return the candidate of a run that has ended."""
    with database.writing() as session:
        run = runs.add_run(session, team_id=team_id, requested_by="U1", channel_id="C1", now=NOW)
        runs.move_run(session, run.id, to=RunStatus.AWAITING_APPROVAL, only_from=UNFINISHED, now=NOW)
        return add_adapter(session, name, run_id=run.id, team_id=team_id)


def new_ballot(adapter: Adapter) -> NewBallot:
    return NewBallot("T1", adapter.id, adapter.sha256, "cd" * 32, "ef" * 32, live_version=0, expires_at=LATER)


def opened(database: Database, adapter: Adapter) -> Ballot:
    with database.writing() as session:
        return ballots.open_ballot(session, new_ballot(adapter), now=NOW)


def test_a_candidate_comes_back_as_it_was_stored(database: Database) -> None:
    adapter = trained(database)
    assert (adapter.name, adapter.status, adapter.created_at) == ("voice-1", AdapterStatus.CANDIDATE, NOW)
    with database.reading() as session:
        assert adapters.get_adapter(session, adapter.id) == adapter
        assert adapters.adapter_by_name(session, team_id="T1", name="voice-1") == adapter
        assert adapters.adapter_by_name(session, team_id="T2", name="voice-1") is None
        with pytest.raises(KeyError, match="there is no adapter 999999"):
            adapters.get_adapter(session, 999_999)


def test_one_run_makes_one_adapter_however_often_it_reports_it(database: Database) -> None:
    first = trained(database)
    found = race(database, lambda session, n: add_adapter(session, f"voice-{n + 2}", run_id=first.run_id))
    assert set(found) == {first}


def test_eight_attempts_of_one_run_that_end_at_once_make_one_adapter(database: Database) -> None:
    with database.writing() as session:
        run = runs.add_run(session, team_id="T1", requested_by="U1", channel_id="C1", now=NOW)
    assert len(set(race(database, lambda session, _: add_adapter(session, "voice-1", run_id=run.id)))) == 1


def test_a_name_is_never_given_to_other_weights(database: Database) -> None:
    trained(database, "voice-1")
    trained(database, "voice-1", team_id="T2")
    with pytest.raises(IntegrityError):
        trained(database, "voice-1")


def test_adapters_are_listed_newest_first(database: Database) -> None:
    first, second = trained(database, "voice-1"), trained(database, "voice-2")
    trained(database, team_id="T2")
    with database.writing() as session:
        adapters.set_adapter_status(session, first.id, AdapterStatus.RETIRED)
    with database.reading() as session:
        assert adapters.list_adapters(session, team_id="T1") == [second, replace(first, status=AdapterStatus.RETIRED)]


def test_the_base_model_answers_until_a_voice_is_approved(database: Database) -> None:
    with database.reading() as session:
        assert adapters.live_voice(session, team_id="T1") == LiveVoice("T1", None, 0)


def test_the_live_pointer_moves_forth_and_back(database: Database) -> None:
    adapter = trained(database)
    for version, adapter_id in enumerate((adapter.id, None, adapter.id)):
        with database.writing() as session:
            assert adapters.move_live_voice(
                session, team_id="T1", adapter_id=adapter_id, expected_version=version, now=NOW
            )
            live = adapters.live_voice(session, team_id="T1")
        assert live == LiveVoice("T1", adapter if adapter_id else None, version + 1)
    with database.reading() as session:
        assert adapters.live_voice(session, team_id="T1") == LiveVoice("T1", adapter, 3)
        assert adapters.live_voice(session, team_id="T2") == LiveVoice("T2", None, 0)


def test_a_pointer_that_moved_meanwhile_stays_where_it_is(database: Database) -> None:
    adapter = trained(database)
    with database.writing() as session:
        adapters.move_live_voice(session, team_id="T1", adapter_id=adapter.id, expected_version=0, now=NOW)
    for stale in (0, 2):
        with database.writing() as session:
            assert not adapters.move_live_voice(session, team_id="T1", adapter_id=None, expected_version=stale, now=NOW)
    with database.reading() as session:
        assert adapters.live_voice(session, team_id="T1") == LiveVoice("T1", adapter, 1)


@pytest.mark.parametrize("moves_before", [0, 1])
def test_of_eight_who_move_the_pointer_at_once_exactly_one_does(database: Database, moves_before: int) -> None:
    voices = [trained(database, f"voice-{n}") for n in range(8)]
    for version in range(moves_before):
        with database.writing() as session:
            adapters.move_live_voice(session, team_id="T1", adapter_id=None, expected_version=version, now=NOW)

    def act(session: Session, number: int) -> bool:
        return adapters.move_live_voice(
            session, team_id="T1", adapter_id=voices[number].id, expected_version=moves_before, now=NOW
        )

    moved = race(database, act)
    assert sum(moved) == 1
    with database.reading() as session:
        assert adapters.live_voice(session, team_id="T1") == LiveVoice(
            "T1", voices[moved.index(True)], moves_before + 1
        )


def test_a_ballot_comes_back_as_it_was_opened(database: Database) -> None:
    adapter = trained(database)
    ballot = opened(database, adapter)
    assert (ballot.status, ballot.decided_by) == (BallotStatus.OPEN, None)
    assert {name: getattr(ballot, name) for name in vars(new_ballot(adapter))} == vars(new_ballot(adapter))
    with database.reading() as session:
        assert ballots.get_ballot(session, ballot.id) == ballot
        with pytest.raises(KeyError, match="there is no ballot 999999"):
            ballots.get_ballot(session, 999_999)


def test_a_voice_is_put_to_the_vote_once(database: Database) -> None:
    adapter = trained(database)
    found = race(database, lambda session, _: ballots.open_ballot(session, new_ballot(adapter), now=NOW))
    assert len(set(found)) == 1


def test_of_eight_who_decide_a_ballot_at_once_exactly_one_does(database: Database) -> None:
    ballot = opened(database, trained(database))

    def act(session: Session, number: int) -> bool:
        status = BallotStatus.APPROVED if number % 2 else BallotStatus.REJECTED
        return ballots.decide_ballot(session, ballot.id, status, decided_by=f"U{number}", now=NOW)

    decided = race(database, act)
    assert sum(decided) == 1
    with database.reading() as session:
        assert ballots.get_ballot(session, ballot.id).decided_by == f"U{decided.index(True)}"


def test_only_open_ballots_wait_for_a_decision(database: Database) -> None:
    first, second = opened(database, trained(database, "voice-1")), opened(database, trained(database, "voice-2"))
    with database.writing() as session:
        assert ballots.open_ballots(session, team_id="T1") == [first, second]
        assert ballots.decide_ballot(session, first.id, BallotStatus.VOID, decided_by=None, now=NOW)
        assert ballots.open_ballots(session, team_id="T1") == [second]
        assert ballots.open_ballots(session, team_id="T2") == []
        assert ballots.get_ballot(session, first.id).status is BallotStatus.VOID
