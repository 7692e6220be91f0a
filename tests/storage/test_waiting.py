"""Pairs wait for a review, a comparison, another look: the most urgent first."""

from typing import Any

from storage import waiting
from storage.database import Database
from storage.pairs import Origin, Pair, PairStatus, Priority, set_priority
from tests.storage.approved import DAY, NOW, pair


def candidate(database: Database, number: int, priority: Priority = Priority.NOMINATED, **said: Any) -> Pair:
    said = {"question": f"Who hums {number}?", **said}
    one = pair(database, number, status=PairStatus.CANDIDATE, **said)
    with database.writing() as session:
        set_priority(session, one.id, priority)
    return one


def test_the_queue_is_turned_forward_and_back_and_shows_what_its_reader_may_read(database: Database) -> None:
    first = candidate(database, 1)
    candidate(database, 2, channel_id="C9", channel_is_private=True)
    third = candidate(database, 3, channel_id="C8", channel_is_private=True)
    urgent = candidate(database, 4, Priority.CHANGED)
    pair(database, 5)
    reader: dict[str, Any] = {"team_id": "T1", "channel_ids": ["C8"]}
    with database.reading() as session:
        page = waiting.queue_page(session, **reader, limit=2)
        key = (int(Priority.NOMINATED), first.id)
        rest = waiting.queue_page(session, **reader, after=key, limit=2)
        before = waiting.page_before(session, **reader, after=(int(Priority.NOMINATED), third.id), limit=2)
        assert [one.id for one in page] == [urgent.id, first.id]
        assert [one.id for one in rest] == [third.id]
        assert before == (int(Priority.CHANGED), urgent.id)
        assert waiting.page_before(session, **reader, after=key, limit=2) is None
        assert waiting.count_queue(session, **reader) == 3
        assert sorted(waiting.private_channels_with_pairs(session, team_id="T1")) == ["C8", "C9"]


def test_what_has_been_compared_as_it_reads_waits_no_more(database: Database) -> None:
    nominated, proposed = candidate(database, 1), candidate(database, 2, Priority.PROPOSED)
    approved = pair(database, 3)
    with database.writing() as session:
        assert {one.id for one in waiting.pairs_to_compare(session, limit=9)} == {nominated.id, approved.id}
        assert waiting.mark_compared(session, nominated, now=NOW)
        assert [one.id for one in waiting.pairs_to_compare(session, limit=9)] == [approved.id]
        assert not waiting.mark_compared(session, proposed_as_approved(proposed), now=NOW)


def proposed_as_approved(one: Pair) -> Pair:
    return Pair(**{**vars(one), "status": PairStatus.APPROVED})


def test_what_was_never_looked_at_is_looked_at_first_then_what_was_longest_ago(database: Database) -> None:
    recently, long_ago, never = (pair(database, number) for number in (1, 2, 3))
    just_now = pair(database, 4)
    pair(database, 5, origin=Origin.FILE)
    with database.writing() as session:
        for one, days in ((recently, 2), (long_ago, 9), (just_now, 0)):
            waiting.mark_checked(session, [one.id], now=NOW - days * DAY)
        found = waiting.pairs_to_check(session, team_id="T1", checked_before=NOW - DAY, limit=9)
    assert [one.id for one in found] == [never.id, long_ago.id, recently.id]
