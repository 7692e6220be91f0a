"""The audit chain: what is changed, dropped or put in between is found."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from storage import audit
from storage.database import Database
from tests.storage.racing import THREADS, race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def append(
    database: Database, action: str = "pair.approved", *, team_id: str = "T1", now: datetime = NOW
) -> audit.Entry:
    with database.writing() as session:
        return audit.append(session, team_id=team_id, actor="U1", action=action, details={"pair_id": 7}, now=now)


def broken(database: Database, team_id: str = "T1") -> int | None:
    with database.reading() as session:
        return audit.first_broken(session, team_id=team_id)


def test_entries_come_back_oldest_first_in_an_unbroken_chain(database: Database) -> None:
    first, second = append(database, "pair.approved"), append(database, "voice.approved")
    append(database, team_id="T2")
    with database.reading() as session:
        assert audit.entries(session, team_id="T1") == [first, second]
    assert (first.actor, first.action, first.details, first.at) == ("U1", "pair.approved", {"pair_id": 7}, NOW)
    assert broken(database) is None
    assert broken(database, "T2") is None
    assert broken(database, "T3") is None


GUARDS = ("audit_unchanged", "audit_undeleted")


def tamper(database: Database, statement: str) -> None:
    """Change the audit as whoever owns the database can: without what refuses it."""
    with database.writing() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for name in GUARDS if database.is_sqlite else ():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text(statement))


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'U2'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_what_was_audited(database: Database, change: str) -> None:
    append(database)
    with pytest.raises(DatabaseError, match="only ever added to"), database.writing() as session:
        session.execute(text(change))
    assert broken(database) is None


@pytest.mark.parametrize(
    "change",
    [
        "action = 'pair.rejected'",
        "actor = 'U2'",
        "details = '{\"pair_id\": 8}'",
        f"previous_hash = '{'0' * 64}'",
        f"hash = '{'f' * 64}'",
        "at = '2026-03-02 09:31:00.000000'",
        "team_id = 'T2'",
    ],
)
def test_a_changed_entry_is_found(database: Database, change: str) -> None:
    append(database)
    changed, after = append(database), append(database)
    tamper(database, f"UPDATE audit SET {change} WHERE id = {changed.id}")  # noqa: S608 - all of it is ours
    # One moved to another team is dropped from this one: the entry after it no longer follows.
    assert broken(database) == (after.id if change.startswith("team_id") else changed.id)


def test_a_dropped_entry_is_found(database: Database) -> None:
    first, second = append(database), append(database)
    tamper(database, f"DELETE FROM audit WHERE id = {first.id}")  # noqa: S608 - a number of ours
    assert broken(database) == second.id


def test_eight_who_append_at_once_leave_one_chain(database: Database) -> None:
    race(
        database,
        lambda session, n: audit.append(session, team_id="T1", actor=f"U{n}", action="vote", details={}, now=NOW),
    )
    with database.reading() as session:
        assert len(audit.entries(session, team_id="T1")) == THREADS
    assert broken(database) is None


def test_an_entry_from_another_time_zone_does_not_look_changed(database: Database) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert append(database, now=there).at == NOW
    assert broken(database) is None


@pytest.mark.parametrize(
    "details", [{"ids": (1, 2)}, {2: "b", 10: "a"}, {"note": "naïve \x00 👋"}, {"half": "\ud83d"}, {"loss": 0.1}]
)
def test_details_that_json_writes_differently_do_not_look_changed(
    database: Database, details: dict[str, object]
) -> None:
    with database.writing() as session:
        entry = audit.append(session, team_id="T1", actor="U1", action="noted", details=details, now=NOW)
    with database.reading() as session:
        assert audit.entries(session, team_id="T1") == [entry]
    assert broken(database) is None
