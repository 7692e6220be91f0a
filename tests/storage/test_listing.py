"""Pairs by what somebody looks for, a page at a time."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from storage import pairs, reviews
from storage.database import Database
from storage.listing import PairFilter, every_pair, known_texts, list_pairs, some_permalink
from storage.pairs import Candidate, Origin, PairStatus, content_hash
from storage.reviews import Verdict
from storage.tables import PairRow

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PAIR = Candidate(
    team_id="T1",
    channel_id="C1",
    channel_is_private=False,
    thread_ts="1700000000.000100",
    question_ts="1700000000.000100",
    answer_ts="1700000000.000200",
    question="Where is the key?",
    answer="Under the blue pot.",
    asked_by="U1",
    answered_by="U2",
    permalink="https://harbour.slack.com/archives/C1/p1700000000000200",
)


def add(database: Database, number: int, status: PairStatus, *, decided_at: datetime = NOW, **what: Any) -> int:
    """Store a pair that was found four days before NOW."""
    values = {"answer_ts": f"170000000{number}.000200", "answer": f"Answer {number}.", **what}
    with database.writing() as session:
        pair = pairs.add_candidate(session, replace(PAIR, **values), now=NOW - 4 * DAY)
        if status is not PairStatus.CANDIDATE:
            pairs.set_status(session, pair.id, status, now=decided_at)
    return pair.id


def ids(database: Database, **wanted: Any) -> list[int]:
    with database.reading() as session:
        return [pair.id for pair in list_pairs(session, PairFilter(**wanted), team_id="T1", limit=100)]


@pytest.fixture
def known(database: Database) -> list[int]:
    """Five pairs, by number, and one of another team."""
    found = [
        add(database, 0, PairStatus.CANDIDATE),
        add(database, 1, PairStatus.APPROVED, decided_at=NOW - 2 * DAY),
        add(database, 2, PairStatus.APPROVED, decided_at=NOW, channel_id="C2", channel_is_private=True),
        add(database, 3, PairStatus.REJECTED, decided_at=NOW - DAY),
        add(database, 4, PairStatus.WITHDRAWN, decided_at=NOW, channel_id="C2"),
    ]
    add(database, 5, PairStatus.APPROVED, team_id="T2")
    with database.writing() as session:
        reviews.record_review(session, found[1], reviewer_id="U9", verdict=Verdict.APPROVE, now=NOW)
        reviews.record_review(session, found[3], reviewer_id="U9", verdict=Verdict.REJECT, now=NOW)
        reviews.record_review(session, found[4], reviewer_id="U9", verdict=Verdict.APPROVE, now=NOW)
        reviews.withdraw_review(session, found[4], reviewer_id="U9", verdict=Verdict.APPROVE, now=NOW)
    return found


def test_pairs_come_newest_first_and_of_one_team(database: Database, known: list[int]) -> None:
    assert ids(database) == known[::-1]


def test_each_filter_picks_what_it_says(database: Database, known: list[int]) -> None:
    assert ids(database, status=PairStatus.APPROVED) == [known[2], known[1]]
    assert ids(database, channel_id="C2") == [known[4], known[2]]
    assert ids(database, with_private=False) == [known[4], known[3], known[1], known[0]]
    assert ids(database, reviewer="U9") == [known[3], known[1]]
    assert ids(database, reviewer="U8") == []


def test_a_date_is_of_the_decision_or_while_a_pair_waits_of_its_finding(database: Database, known: list[int]) -> None:
    assert ids(database, since=NOW) == [known[4], known[2]]
    assert ids(database, since=NOW - 2 * DAY, until=NOW) == [known[3], known[1]]
    assert ids(database, until=NOW - 3 * DAY) == [known[0]]
    assert ids(database, since=NOW - 4 * DAY, until=NOW - 2 * DAY) == [known[0]]


def test_pages_follow_each_other_without_a_gap(database: Database, known: list[int]) -> None:
    with database.reading() as session:
        pages, before = [], None
        while page := list_pairs(session, PairFilter(), team_id="T1", before=before, limit=2):
            pages.append([pair.id for pair in page])
            before = page[-1].id
        everything = [pair.id for pair in every_pair(session, PairFilter(), team_id="T1")]

    assert pages == [[known[4], known[3]], [known[2], known[1]], [known[0]]]
    assert everything == known[::-1]


def test_every_text_is_known_by_its_hash(database: Database, known: list[int]) -> None:
    with database.reading() as session:
        hashes = known_texts(session, team_id="T1")

    assert hashes == {content_hash("Where is the key?", f"Answer {number}.") for number in range(5)}


def test_a_workspaces_address_is_that_of_a_live_message(database: Database) -> None:
    with database.reading() as session:
        assert some_permalink(session, team_id="T1") == ""
    add(database, 1, PairStatus.CANDIDATE)
    add(database, 2, PairStatus.CANDIDATE, origin=Origin.EXPORT, permalink="https://elsewhere.slack.com/archives/C1/p1")
    with database.reading() as session:
        assert some_permalink(session, team_id="T1") == PAIR.permalink


@pytest.fixture
def many(database: Database) -> Database:
    """Ten thousand pairs, every fiftieth approved."""
    row = {name: getattr(PAIR, name) for name in Candidate.__dataclass_fields__}
    row |= {"answer_parts": [], "redactions": [], "source_hash": "", "priority": 2, "created_at": NOW}
    rows = [
        {**row, "answer_ts": f"{n}.1", "answer": f"Answer {n}." * 20, "status": "candidate" if n % 50 else "approved"}
        for n in range(10_000)
    ]
    with database.writing() as session:
        session.execute(insert(PairRow), rows)
        session.execute(text("ANALYZE"))
    return database


@pytest.mark.parametrize("status", [None, PairStatus.APPROVED, PairStatus.REJECTED])
def test_the_first_page_of_ten_thousand_pairs_comes_within_a_tenth_of_a_second(
    many: Database, status: PairStatus | None
) -> None:
    durations = []
    for _ in range(5):
        with many.reading() as session:
            started = time.perf_counter()
            found = list_pairs(session, PairFilter(status=status), team_id="T1", limit=50)
            durations.append(time.perf_counter() - started)

    assert len(found) == (0 if status is PairStatus.REJECTED else 50)
    assert min(durations) < 0.1


def test_a_page_is_found_by_an_index(many: Database) -> None:
    statements: list[tuple[str, Any]] = []

    with many.reading() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
        list_pairs(session, PairFilter(status=PairStatus.APPROVED), team_id="T1", before=9_000, limit=50)
        how = "EXPLAIN QUERY PLAN " if many.is_sqlite else "EXPLAIN "
        statement, values = statements[-1]
        plan = str(session.connection().exec_driver_sql(how + statement, values).all())

    assert ("SEARCH pairs USING" if many.is_sqlite else "Index") in plan
