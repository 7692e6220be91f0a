"""Approved answers are asked about again when nobody has looked at them for long."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.answering.answered import Answered
from bot.answering.notes import Notes
from bot.answering.places import Audience, Scope
from bot.answering.retrieval import Place
from bot.collecting.decisions import Decisions, ReviewRefusedError, Shown
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reverifying import AT_ONCE, REVERIFY, Reverifying
from bot.collecting.standing import settle
from storage import outbox
from storage.answers import AnswerKind
from storage.database import Database
from storage.outbox import Notice
from storage.pairs import Candidate, Pair, PairStatus, add_candidate, get_pair
from storage.reviews import Verdict, Via, record_review
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.running import said_in

VALID_FOR = timedelta(days=180)


class Readers:
    """Ben and Cleo review; nobody is in a private channel."""

    def is_reviewer(self, user_id: str) -> bool:
        return user_id in ("UBEN", "UCLEO")

    def may_read(self, user_id: str, pair: Pair) -> bool:
        return not pair.channel_is_private


class Edits:
    """What was edited."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, channel_id: str, ts: str, *, text: str, blocks: list[dict[str, object]]) -> None:
        self.shown.append(said_in({"blocks": blocks}))


@dataclass(frozen=True)
class Shelf:
    """Approved answers, and a clock."""

    database: Database
    clock: Clock
    edits: Edits
    reverifying: Reverifying

    def approve(self, number: int = 1, *, is_private: bool = False) -> Pair:
        stamp = f"{number}.0"
        said = (f"Where is shelf {number}?", f"Shelf {number} is here.", "UTOM", "UMIA", "https://slack/p1")
        candidate = Candidate(TEAM, "CHELP", is_private, stamp, stamp, f"{number}.1", *said)
        with self.database.writing() as session:
            pair, now = add_candidate(session, candidate, now=NOW), self.clock()
            said_hash = pair.content_hash
            record_review(
                session,
                pair.id,
                reviewer_id="UBEN",
                verdict=Verdict.APPROVE,
                via=Via.CLICK,
                content_hash=said_hash,
                now=now,
            )
            return settle(session, pair, approvals_needed=1, now=now)

    def cards(self) -> list[Notice]:
        """Return what asks, as if it had been posted."""
        with self.database.writing() as session:
            notices = outbox.with_prefix(session, "reverify:", kind=REVERIFY)
            for notice in notices:
                outbox.posted(session, notice.id, channel_id="CREVIEW", message_ts="9.9", now=self.clock())
        return notices

    def pair(self, pair: Pair) -> Pair:
        with self.database.reading() as session:
            return get_pair(session, pair.id)

    def note(self, pair: Pair) -> str:
        """Return the small print above a pair that is given as an answer."""
        notes = Notes(self.database, str.lower, valid_for=VALID_FOR, now=self.clock)
        answered = Answered(pair.answer, "", (), 0, kind=AnswerKind.VERIFIED, verified=pair.id)
        return notes.beside(answered, Scope(Audience(TEAM, "CHELP"), Place(TEAM)))


@pytest.fixture
def shelf(database: Database, clock: Clock) -> Shelf:
    policy = ReviewPolicy(frozenset({"white_check_mark"}), frozenset({"x"}), 1)
    edits = Edits()
    decisions = Decisions(database, Readers(), policy, clock)
    reverifying = Reverifying(database, decisions, edits, str.lower, team_id=TEAM, valid_for=VALID_FOR, now=clock)
    return Shelf(database, clock, edits, reverifying)


def test_an_answer_is_asked_about_once_when_it_is_due(shelf: Shelf) -> None:
    pair = shelf.approve()
    shelf.clock.move_on(days=179)
    assert shelf.reverifying.ask() == 0
    shelf.clock.move_on(days=2)

    assert shelf.reverifying.ask() == 1
    assert shelf.reverifying.ask() == 0

    (notice,) = shelf.cards()
    said = said_in({"blocks": shelf.reverifying.render(notice).blocks})
    assert pair.answer in said
    assert "Approved by uben on 2 March 2026" in said
    assert "due to be checked again since 29 August 2026" in shelf.note(pair)


def test_one_that_is_still_right_is_due_again_much_later(shelf: Shelf) -> None:
    pair = shelf.approve()
    shelf.clock.move_on(days=181)
    shelf.reverifying.ask()
    shelf.cards()

    with pytest.raises(ReviewRefusedError, match="Only reviewers"):
        shelf.reverifying.confirm(Shown(pair.id, pair.content_hash), by="UTOM")
    shelf.reverifying.confirm(Shown(pair.id, pair.content_hash[:16]), by="UCLEO")

    assert "Still right, says ucleo." in shelf.edits.shown[-1]
    assert "approved by ucleo on 30 August 2026 · check again by" in shelf.note(pair)
    shelf.clock.move_on(days=179)
    assert shelf.reverifying.ask() == 0
    shelf.clock.move_on(days=2)
    assert shelf.reverifying.ask() == 1


def test_one_that_is_retired_is_not_given_any_more(shelf: Shelf) -> None:
    pair = shelf.approve()
    shelf.clock.move_on(days=181)
    shelf.reverifying.ask()
    shelf.cards()

    shelf.reverifying.retire(Shown(pair.id, pair.content_hash), by="UCLEO")

    assert shelf.pair(pair).status is PairStatus.REJECTED
    assert "Retired by ucleo." in shelf.edits.shown[-1]
    assert shelf.reverifying.ask() == 0
    with pytest.raises(ReviewRefusedError, match="changed"):
        shelf.reverifying.confirm(Shown(pair.id, pair.content_hash), by="UBEN")


def test_one_that_says_something_else_by_now_can_not_be_confirmed(shelf: Shelf) -> None:
    pair = shelf.approve()
    with pytest.raises(ReviewRefusedError, match="changed"):
        shelf.reverifying.confirm(Shown(pair.id, "0" * 16), by="UBEN")


def test_many_that_are_due_are_asked_about_a_few_at_a_time_and_none_is_left_out(shelf: Shelf) -> None:
    for number in range(2 * AT_ONCE + 1):
        shelf.approve(number)
    shelf.clock.move_on(days=181)

    assert [shelf.reverifying.ask() for _ in range(4)] == [AT_ONCE, AT_ONCE, 1, 0]


def test_those_whose_cards_nobody_answers_do_not_keep_the_others_from_being_asked_about(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.collecting.reverifying.LOOKED_AT", 3)
    pairs = [shelf.approve(number) for number in range(8)]
    shelf.clock.move_on(days=181)

    assert [shelf.reverifying.ask() for _ in range(3)] == [AT_ONCE, 3, 0]

    shelf.reverifying.confirm(Shown(pairs[0].id, pairs[0].content_hash), by="UCLEO")
    shelf.clock.move_on(days=181)
    assert shelf.reverifying.ask() == 1  # the others have cards that still wait


def test_what_was_said_in_private_is_not_asked_about_in_the_review_channel(shelf: Shelf) -> None:
    shelf.approve(is_private=True)
    shelf.clock.move_on(days=181)

    assert shelf.reverifying.ask() == 0
