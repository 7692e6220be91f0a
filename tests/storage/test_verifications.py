"""Approved answers are due to be looked at again a while after somebody last found them right."""

from datetime import datetime
from typing import Any

from storage.database import Database
from storage.pairs import Pair, PairStatus
from storage.reviews import Verdict, Via, record_review
from storage.verifications import Verified, verified_before, verified_of, verify
from tests.storage.approved import DAY, NOW, pair


def due(database: Database, *, limit: int = 10, after: tuple[datetime, int] | None = None) -> list[int]:
    with database.reading() as session:
        found = verified_before(session, team_id="T1", before=NOW, limit=limit, after=after)
        standing = [verified_of(session, one.pair) for one in found]
        assert [one.since for one in found] == [one.at for one in standing if one]
        return [one.pair.id for one in found]


def look_at(database: Database, one: Pair, days_ago: int) -> None:
    with database.writing() as session:
        verify(session, one, by="U3", now=NOW - days_ago * DAY)


def test_those_are_due_that_nobody_has_looked_at_since_the_longest_first(database: Database) -> None:
    fresh = pair(database, 1)
    old = pair(database, 2, at=NOW - 5 * DAY)
    oldest = pair(database, 3, at=NOW - 9 * DAY)
    looked_at = pair(database, 4, at=NOW - 20 * DAY)
    look_at(database, looked_at, 7)
    renewed = pair(database, 5, at=NOW - 20 * DAY)
    look_at(database, renewed, 0)
    pair(database, 6, at=NOW - 20 * DAY, channel_is_private=True)
    pair(database, 7, at=NOW - 20 * DAY, status=PairStatus.REJECTED)
    pair(database, 8, at=NOW - 20 * DAY, team_id="T2")

    assert due(database) == [oldest.id, looked_at.id, old.id]
    assert due(database, limit=1) == [oldest.id]
    assert due(database, after=(NOW - 9 * DAY, oldest.id)) == [looked_at.id, old.id]
    assert fresh.id not in due(database)


def test_of_those_that_were_approved_at_once_each_is_on_one_page(database: Database) -> None:
    ids = [pair(database, number, at=NOW - 5 * DAY).id for number in range(1, 6)]

    assert due(database, limit=2) == ids[:2]
    assert due(database, limit=2, after=(NOW - 5 * DAY, ids[1])) == ids[2:4]
    assert due(database, limit=2, after=(NOW - 5 * DAY, ids[3])) == ids[4:]


def test_an_approval_after_the_last_look_counts(database: Database) -> None:
    again = pair(database, 1, at=NOW)
    look_at(database, again, 9)

    assert due(database) == []


def test_who_stands_behind_an_answer_is_whoever_looked_last(database: Database) -> None:
    one = pair(database, 1, at=NOW - 9 * DAY)
    with database.writing() as session:
        assert verified_of(session, one) == Verified(one, "", NOW - 9 * DAY)
        said: dict[str, Any] = {
            "verdict": Verdict.APPROVE,
            "via": Via.CLICK,
            "content_hash": one.content_hash,
            "now": NOW,
        }
        record_review(session, one.id, reviewer_id="U4", **said)
        assert verified_of(session, one) == Verified(one, "U4", NOW - 9 * DAY)
    look_at(database, one, 2)
    look_at(database, one, 1)
    with database.reading() as session:
        assert verified_of(session, one) == Verified(one, "U3", NOW - DAY)
