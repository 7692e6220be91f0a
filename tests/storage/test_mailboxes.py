"""The inbox and the outbox: each event handled once, each notice posted once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage import inbox, outbox
from storage.database import Database
from storage.inbox import MAX_ATTEMPTS, Event
from tests.storage.racing import race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PAYLOAD: dict[str, Any] = {"event": {"type": "app_mention", "text": "where is \x00 the key? 👋"}}


def receive(database: Database, event_id: str = "Ev1", *, now: datetime = NOW) -> bool:
    with database.writing() as session:
        return inbox.receive(session, event_id, PAYLOAD, now=now)


def unhandled(database: Database) -> list[Event]:
    with database.reading() as session:
        return inbox.unhandled(session)


def enqueue(session: Session, key: str = "report:1") -> bool:
    return outbox.enqueue(session, team_id="T1", key=key, kind="report", payload={"run_id": 1}, now=NOW)


def due(database: Database, now: datetime) -> list[str]:
    with database.reading() as session:
        return [notice.key for notice in outbox.due(session, now=now)]


def test_an_event_waits_until_it_is_handled(database: Database) -> None:
    assert receive(database, "Ev2", now=LATER)
    assert receive(database, "Ev1", now=NOW)
    assert unhandled(database) == [Event("Ev1", PAYLOAD, 0), Event("Ev2", PAYLOAD, 0)]
    with database.writing() as session:
        inbox.start(session, "Ev1")
        inbox.finish(session, "Ev1", now=LATER)
    assert [event.event_id for event in unhandled(database)] == ["Ev2"]


def test_a_redelivered_event_is_not_taken_again(database: Database) -> None:
    assert receive(database)
    assert not receive(database)
    with database.writing() as session:
        inbox.finish(session, "Ev1", now=NOW)
    assert not receive(database)
    assert unhandled(database) == []


def test_an_event_delivered_to_eight_at_once_is_taken_once(database: Database) -> None:
    assert sum(race(database, lambda session, _: inbox.receive(session, "Ev1", PAYLOAD, now=NOW))) == 1


def test_a_redelivery_leaves_what_else_its_transaction_did(database: Database) -> None:
    receive(database)
    with database.writing() as session:
        assert inbox.receive(session, "Ev2", PAYLOAD, now=NOW)
        assert not inbox.receive(session, "Ev1", PAYLOAD, now=NOW)
    assert {event.event_id for event in unhandled(database)} == {"Ev1", "Ev2"}


def test_a_handled_event_says_nothing_any_more(database: Database) -> None:
    receive(database)
    with database.writing() as session:
        inbox.finish(session, "Ev1", now=NOW)
    with database.reading() as session:
        assert session.execute(text("SELECT payload FROM inbox")).all() == [(None,)]


def test_an_event_that_fails_each_time_is_given_up(database: Database) -> None:
    receive(database)
    for attempt in range(MAX_ATTEMPTS):
        assert [event.attempts for event in unhandled(database)] == [attempt]
        with database.writing() as session:
            inbox.start(session, "Ev1")
    assert unhandled(database) == []


def test_every_attempt_counts_when_several_begin_at_once(database: Database) -> None:
    receive(database)
    race(database, lambda session, _: inbox.start(session, "Ev1"), threads=2)
    assert [event.attempts for event in unhandled(database)] == [2]


def test_old_events_are_forgotten_when_they_are_over(database: Database) -> None:
    for event_id in ("handled", "given up", "waiting"):
        receive(database, event_id)
    receive(database, "handled lately", now=LATER)
    with database.writing() as session:
        inbox.finish(session, "handled", now=NOW)
        inbox.finish(session, "handled lately", now=LATER)
        for _ in range(MAX_ATTEMPTS):
            inbox.start(session, "given up")
        assert inbox.forget(session, received_before=NOW) == 0
        assert inbox.forget(session, received_before=LATER) == 2
    with database.reading() as session:
        kept = session.scalars(text("SELECT event_id FROM inbox"))
        assert set(kept) == {"waiting", "handled lately"}


def test_an_unknown_event_is_a_key_error(database: Database) -> None:
    with database.writing() as session:
        with pytest.raises(KeyError, match="there is no event Ev404"):
            inbox.start(session, "Ev404")
        with pytest.raises(KeyError, match="there is no event Ev404"):
            inbox.finish(session, "Ev404", now=NOW)


def test_a_notice_is_left_once(database: Database) -> None:
    with database.writing() as session:
        assert enqueue(session)
        assert not enqueue(session)
    with database.writing() as session:
        assert not enqueue(session)
        assert enqueue(session, "report:2")
    assert due(database, NOW) == ["report:1", "report:2"]


def test_a_notice_left_by_eight_at_once_is_left_once(database: Database) -> None:
    assert sum(race(database, lambda session, _: enqueue(session))) == 1


def test_a_notice_of_a_transaction_that_failed_is_never_posted(database: Database) -> None:
    def leave_and_fail() -> None:
        with database.writing() as session:
            enqueue(session)
            raise ConnectionError("the run could not be stored")

    with pytest.raises(ConnectionError):
        leave_and_fail()
    assert due(database, LATER) == []


def test_a_posted_notice_is_not_due_and_knows_where_it_is(database: Database) -> None:
    with database.writing() as session:
        enqueue(session)
        (notice,) = outbox.due(session, now=NOW)
        outbox.posted(session, notice.id, channel_id="C1", message_ts="1.2", now=NOW)
    assert due(database, LATER) == []
    with database.writing() as session:
        found = outbox.find(session, "report:1")
        assert not enqueue(session)
        assert outbox.find(session, "report:404") is None
    assert found is not None
    assert (found.id, found.kind, found.payload) == (notice.id, "report", {"run_id": 1})
    assert (found.channel_id, found.message_ts) == ("C1", "1.2")


def test_a_notice_that_fails_waits_twice_as_long_each_time_up_to_five_minutes(database: Database) -> None:
    with database.writing() as session:
        enqueue(session)
        (notice,) = outbox.due(session, now=NOW)
    now, waits = NOW, []
    for _ in range(10):
        with database.writing() as session:
            outbox.postpone(session, notice.id, now=now)
        wait = next(s for s in (2, 4, 8, 16, 32, 64, 128, 256, 300) if due(database, now + timedelta(seconds=s)))
        assert due(database, now + timedelta(seconds=wait - 1)) == []
        waits.append(wait)
        now += timedelta(seconds=wait)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_notice_that_failed_for_days_is_still_tried(database: Database) -> None:
    with database.writing() as session:
        enqueue(session)
        (notice,) = outbox.due(session, now=NOW)
        session.execute(text("UPDATE outbox SET attempts = 5000"))
        outbox.postpone(session, notice.id, now=NOW)
    assert due(database, NOW + timedelta(seconds=300)) == ["report:1"]


def test_no_more_notices_are_due_at_once_than_asked_for(database: Database) -> None:
    with database.writing() as session:
        for number in range(3):
            enqueue(session, f"report:{number}")
        assert [notice.key for notice in outbox.due(session, now=NOW, limit=2)] == ["report:0", "report:1"]
