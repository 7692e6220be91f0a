"""Reactions on real messages of a playground decide pairs in a real database."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import pytest

from bot.collecting import votes as voting
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reviews import Outcome, Reviews
from bot.slack.conversations import Conversations
from storage.database import Database
from storage.knowledge import Chunk, chunks_to_index
from storage.pairs import Pair, PairStatus, Priority, pair_for_answer, set_context
from storage.reviews import Verdict, standing_reviewers
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.running import NO, YES, Channel
from tests.playground_server import RunningPlayground

REVIEWERS = {"UBEN", "UCLEO", "UMIA"}


class Closing(Conversations):
    """A workspace whose channels are made private, which the playground's can't be. `is_closed`: they all are."""

    def __init__(self, town: RunningPlayground) -> None:
        super().__init__(town.web)
        self.is_closed = False

    def is_private(self, channel_id: str) -> bool:
        return self.is_closed or super().is_private(channel_id)


@dataclass(frozen=True)
class Desk:
    """Reviews in one channel, and what they come to. Ben, Cleo and Mia review; Mia also answers."""

    reviews: Reviews
    database: Database
    slack: Closing

    def sync(self, channel: Channel, ts: str, *, ticked_by: str | None = None) -> Outcome:
        """Look at a message, because `ticked_by` just did what an event tells of."""
        act = voting.Act(ts, ticked_by, YES, f"{time.time():.6f}") if ticked_by else None
        return self.reviews.sync(team_id=TEAM, channel_id=channel.id, message_ts=ts, act=act)

    def pair(self, channel: Channel, ts: str) -> Pair | None:
        with self.database.reading() as session:
            return pair_for_answer(session, team_id=TEAM, channel_id=channel.id, answer_ts=ts)

    def status(self, channel: Channel, ts: str) -> PairStatus | None:
        pair = self.pair(channel, ts)
        return pair.status if pair else None

    def passages(self) -> list[Chunk]:
        with self.database.reading() as session:
            return [chunk for chunk in chunks_to_index(session, limit=100) if not chunk.removed]


def open_desk(database: Database, town: RunningPlayground, clock: Clock, *, approvals_needed: int = 1) -> Desk:
    policy = ReviewPolicy(frozenset({YES}), frozenset({NO}), approvals_needed)
    slack = Closing(town)
    return Desk(Reviews(database, slack, REVIEWERS.__contains__, policy, clock), database, slack)


@pytest.fixture
def desk(database: Database, town: RunningPlayground, clock: Clock) -> Desk:
    return open_desk(database, town, clock)


def test_a_reviewers_tick_approves_an_answer_and_makes_it_a_passage(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts)

    assert desk.sync(help_room, ts) is Outcome.APPROVED

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert (pair.question, pair.answer) == ("Where is the kettle?", "On the top shelf.")
    assert (pair.asked_by, pair.answered_by, pair.channel_is_private) == ("UTOM", "UMIA", False)
    assert (pair.status, pair.decided_at) == (PairStatus.APPROVED, NOW)
    assert f"p{ts.replace('.', '')}" in pair.permalink
    (passage,) = desk.passages()
    assert (passage.title, passage.text, passage.channel_id) == (pair.question, pair.answer, None)


def test_anybody_elses_tick_only_nominates(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UADA", ts)

    assert desk.sync(help_room, ts) is Outcome.NOMINATED

    assert desk.status(help_room, ts) is PairStatus.CANDIDATE
    assert desk.passages() == []


def test_nobody_approves_their_own_answer(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.", answerer="UMIA")
    help_room.react("UMIA", ts)

    assert desk.sync(help_room, ts) is Outcome.NOT_AN_ANSWER
    assert desk.pair(help_room, ts) is None


def test_taking_the_tick_off_takes_the_approval_back_and_putting_it_on_gives_it_again(
    desk: Desk, help_room: Channel
) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts)
    desk.sync(help_room, ts)
    help_room.unreact("UBEN", ts)

    assert desk.sync(help_room, ts) is Outcome.WITHDRAWN
    assert desk.passages() == []

    help_room.react("UBEN", ts)
    assert desk.sync(help_room, ts) is Outcome.APPROVED
    assert [passage.text for passage in desk.passages()] == ["On the top shelf."]


def test_a_cross_by_a_reviewer_rejects_and_outweighs_a_tick(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "In the river.")
    help_room.react("UBEN", ts)
    desk.sync(help_room, ts)
    help_room.react("UCLEO", ts, NO)

    assert desk.sync(help_room, ts) is Outcome.REJECTED
    assert desk.passages() == []

    help_room.unreact("UCLEO", ts, NO)
    assert desk.sync(help_room, ts) is Outcome.APPROVED


def test_a_cross_by_anybody_else_changes_nothing(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts)
    help_room.react("UADA", ts, NO)

    assert desk.sync(help_room, ts) is Outcome.APPROVED


def test_a_quorum_of_two_waits_for_two(
    database: Database, town: RunningPlayground, clock: Clock, help_room: Channel
) -> None:
    desk = open_desk(database, town, clock, approvals_needed=2)
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")

    help_room.react("UBEN", ts)
    assert desk.sync(help_room, ts) is Outcome.NOMINATED
    assert desk.status(help_room, ts) is PairStatus.CANDIDATE

    help_room.react("UCLEO", ts)
    assert desk.sync(help_room, ts) is Outcome.APPROVED

    help_room.unreact("UBEN", ts)
    assert desk.sync(help_room, ts) is Outcome.WITHDRAWN


def test_one_reviewer_in_two_skin_tones_is_one_approval(
    database: Database, town: RunningPlayground, clock: Clock, help_room: Channel
) -> None:
    policy = ReviewPolicy(frozenset({"+1"}), frozenset({NO}), approvals_needed=2)
    slack = Closing(town)
    desk = Desk(Reviews(database, slack, REVIEWERS.__contains__, policy, clock), database, slack)
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts, "+1")
    help_room.react("UBEN", ts, "+1::skin-tone-5")

    assert desk.sync(help_room, ts) is Outcome.NOMINATED

    help_room.react("UCLEO", ts, "+1::skin-tone-2")
    assert desk.sync(help_room, ts) is Outcome.APPROVED


Act = Callable[[Channel, str], None]
TICK: Act = lambda channel, ts: channel.react("UBEN", ts)  # noqa: E731 (a table of acts)
UNTICK: Act = lambda channel, ts: channel.unreact("UBEN", ts)  # noqa: E731


@pytest.mark.parametrize(
    ("acts", "end"),
    [((TICK,), PairStatus.APPROVED), ((TICK, UNTICK), None), ((TICK, UNTICK, TICK), PairStatus.APPROVED)],
)
def test_events_that_come_late_or_twice_end_in_what_stands(
    desk: Desk, help_room: Channel, acts: tuple[Act, ...], end: PairStatus | None
) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    for act in acts:
        act(help_room, ts)

    outcomes = [desk.sync(help_room, ts) for _ in range(len(acts) + 2)]

    assert desk.status(help_room, ts) is end
    assert sum(outcome is Outcome.APPROVED for outcome in outcomes) == (end is not None)


@pytest.mark.parametrize("order", list(permutations(("UBEN", "UCLEO", "UADA"))))
def test_the_order_of_reactions_does_not_matter(desk: Desk, help_room: Channel, order: tuple[str, ...]) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    for user in order:
        help_room.react(user, ts)
        desk.sync(help_room, ts)

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert pair.status is PairStatus.APPROVED
    with desk.database.reading() as session:
        assert set(standing_reviewers(session, pair.id, Verdict.APPROVE)) == {"UBEN", "UCLEO"}
        assert standing_reviewers(session, pair.id, Verdict.NOMINATE) == ["UADA"]


def test_reviews_of_one_answer_at_the_same_moment_agree(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    together = threading.Barrier(4)

    def review(number: int) -> None:
        together.wait()
        if number % 2:
            help_room.react("UBEN" if number == 1 else "UCLEO", ts)
        desk.sync(help_room, ts)

    threads = [threading.Thread(target=review, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert pair.status is PairStatus.APPROVED
    with desk.database.reading() as session:
        assert set(standing_reviewers(session, pair.id, Verdict.APPROVE)) == {"UBEN", "UCLEO"}
    assert len(desk.passages()) == 1


def test_a_message_that_starts_a_thread_is_no_answer(desk: Desk, help_room: Channel) -> None:
    ts = help_room.say("UTOM", "Where is the kettle?")
    help_room.react("UBEN", ts)

    assert desk.sync(help_room, ts) is Outcome.NOT_AN_ANSWER
    assert desk.pair(help_room, ts) is None


def test_what_timbre_says_is_no_answer_to_learn_from(desk: Desk, help_room: Channel, town: RunningPlayground) -> None:
    root = help_room.say("UTOM", "Where is the kettle?")
    ts = town.web.chat_postMessage(channel="CHELP", thread_ts=root, text="On the top shelf.")["ts"]
    help_room.react("UBEN", ts)

    assert desk.sync(help_room, ts) is Outcome.NOT_AN_ANSWER


def test_a_reply_to_timbre_is_no_answer_either(desk: Desk, help_room: Channel, town: RunningPlayground) -> None:
    root = town.web.chat_postMessage(channel="CHELP", text="A new voice is ready.")["ts"]
    ts = help_room.say("UMIA", "Splendid!", thread_ts=root)
    help_room.react("UBEN", ts)

    assert desk.sync(help_room, ts) is Outcome.NOT_AN_ANSWER


def test_somebody_who_answers_themselves_makes_no_pair(desk: Desk, help_room: Channel) -> None:
    ts = help_room.answered("Where is the kettle?", "Never mind.", asker="UTOM", answerer="UTOM")
    help_room.react("UBEN", ts)

    assert desk.sync(help_room, ts) is Outcome.NOT_AN_ANSWER


def test_mentions_at_the_start_and_slacks_markup_are_not_learnt(
    desk: Desk, help_room: Channel, town: RunningPlayground
) -> None:
    ts = help_room.answered("@timbre @mia: is it R&D's kettle?", "@tom see https://tin.example/a?b=1&c=2 <ask>")
    help_room.react("UBEN", ts)

    desk.sync(help_room, ts)

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert pair.question == "is it R&D's kettle?"
    assert pair.answer == "see https://tin.example/a?b=1&c=2 <ask>"


def test_a_pair_from_a_private_channel_is_marked_and_its_passage_stays_there(desk: Desk, vault_room: Channel) -> None:
    ts = vault_room.answered("Who buys us?", "Nobody yet.")
    vault_room.react("UBEN", ts)

    desk.sync(vault_room, ts)

    pair = desk.pair(vault_room, ts)
    assert pair is not None
    assert pair.channel_is_private
    assert [passage.channel_id for passage in desk.passages()] == ["CVAULT"]


def test_an_answer_that_was_deleted_before_the_event_came_is_no_answer(
    desk: Desk, help_room: Channel, town: RunningPlayground
) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts)
    town.control("delete", user="UMIA", channel="CHELP", ts=ts)

    assert desk.sync(help_room, ts) is Outcome.NOT_AN_ANSWER


def test_an_answer_that_was_deleted_is_erased(desk: Desk, help_room: Channel, town: RunningPlayground) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts)
    desk.sync(help_room, ts)
    town.control("delete", user="UMIA", channel="CHELP", ts=ts)

    assert desk.sync(help_room, ts) is Outcome.ERASED

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert (pair.question, pair.answer) == ("", "")
    assert desk.passages() == []


def test_an_answer_whose_channel_was_made_private_stays_there_when_it_is_approved_again(
    desk: Desk, help_room: Channel
) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    for act in (TICK, UNTICK):
        act(help_room, ts)
        desk.sync(help_room, ts)
    desk.slack.is_closed = True
    TICK(help_room, ts)

    assert desk.sync(help_room, ts) is Outcome.APPROVED

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert pair.channel_is_private
    assert [passage.channel_id for passage in desk.passages()] == ["CHELP"]


def test_an_approved_answer_follows_its_channel_into_privacy_and_back(desk: Desk, help_room: Channel) -> None:
    first = help_room.answered("Where is the kettle?", "On the top shelf.")
    second = help_room.answered("Where do we make tea?", "In the kitchen.")
    for ts in (first, second):
        help_room.react("UBEN", ts)
        desk.sync(help_room, ts)
    moved, stays = desk.pair(help_room, first), desk.pair(help_room, second)
    assert moved is not None
    assert stays is not None
    with desk.database.writing() as session:
        set_context(session, moved.id, [{"title": "Tea", "text": "In the tin.", "chunk_id": 7, "pair_id": None}])
        said = {"title": moved.question, "text": moved.answer, "chunk_id": 8, "pair_id": moved.id}
        set_context(session, stays.id, [said])

    desk.slack.is_closed = True
    help_room.react("UADA", first)
    desk.sync(help_room, first)

    pair, other = desk.pair(help_room, first), desk.pair(help_room, second)
    assert pair is not None
    assert other is not None
    assert (pair.status, pair.channel_is_private, pair.context) == (PairStatus.APPROVED, True, None)
    assert other.context == ()
    assert {passage.pair_id: passage.channel_id for passage in desk.passages()} == {moved.id: "CHELP", stays.id: None}

    desk.slack.is_closed = False
    desk.sync(help_room, first)
    assert {passage.channel_id for passage in desk.passages()} == {None}


def test_what_a_reviewer_reads_is_what_is_approved(desk: Desk, help_room: Channel, town: RunningPlayground) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UADA", ts)
    assert desk.sync(help_room, ts) is Outcome.NOMINATED
    town.control("edit", user="UMIA", channel="CHELP", ts=ts, text="In the sink.")
    help_room.react("UBEN", ts)
    desk.sync(help_room, ts, ticked_by="UBEN")

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert (pair.status, pair.answer) == (PairStatus.APPROVED, "In the sink.")
    assert [passage.text for passage in desk.passages()] == ["In the sink."]


def test_an_answer_that_was_edited_after_its_approval_was_taken_back_is_approved_as_it_reads(
    desk: Desk, help_room: Channel, town: RunningPlayground
) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    for act in (TICK, UNTICK):
        act(help_room, ts)
        desk.sync(help_room, ts)
    town.control("edit", user="UMIA", channel="CHELP", ts=ts, text="In the sink.")
    TICK(help_room, ts)
    desk.sync(help_room, ts, ticked_by="UBEN")

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert (pair.status, pair.answer) == (PairStatus.APPROVED, "In the sink.")
    assert [passage.text for passage in desk.passages()] == ["In the sink."]


def test_an_answer_whose_question_was_deleted_is_erased(
    desk: Desk, help_room: Channel, town: RunningPlayground
) -> None:
    question = help_room.say("UTOM", "Where is the kettle?")
    ts = help_room.say("UMIA", "On the top shelf.", thread_ts=question)
    for act in (TICK, UNTICK):
        act(help_room, ts)
        desk.sync(help_room, ts)
    town.control("delete", user="UTOM", channel="CHELP", ts=question)
    TICK(help_room, ts)

    assert desk.sync(help_room, ts) is Outcome.ERASED
    assert desk.status(help_room, ts) is PairStatus.ERASED
    assert desk.passages() == []


def test_an_edit_sends_an_approved_answer_back_to_review_beside_what_was_approved(
    desk: Desk, help_room: Channel, town: RunningPlayground
) -> None:
    ts = help_room.answered("Where is the kettle?", "On the top shelf.")
    help_room.react("UBEN", ts)
    desk.sync(help_room, ts)
    town.control("edit", user="UMIA", channel="CHELP", ts=ts, text="In the sink.")
    desk.reviews.follow(team_id=TEAM, channel_id="CHELP", message_ts=ts, thread_ts=None)

    pair = desk.pair(help_room, ts)
    assert pair is not None
    assert (pair.status, pair.priority) == (PairStatus.CANDIDATE, Priority.CHANGED)
    assert (pair.answer, pair.previous_answer) == ("In the sink.", "On the top shelf.")
    assert desk.passages() == []

    help_room.unreact("UBEN", ts)
    help_room.react("UBEN", ts)
    assert desk.sync(help_room, ts, ticked_by="UBEN") is Outcome.APPROVED


def test_an_answer_that_is_taken_back_leaves_the_contexts_of_others(desk: Desk, help_room: Channel) -> None:
    first = help_room.answered("Where is the kettle?", "On the top shelf.")
    second = help_room.answered("Where do we make tea?", "In the kitchen.")
    for ts in (first, second):
        help_room.react("UBEN", ts)
        desk.sync(help_room, ts)
    gone, stays = desk.pair(help_room, first), desk.pair(help_room, second)
    assert gone is not None
    assert stays is not None
    passages = [
        {"title": "Tea", "text": "Tea is in the tin.", "chunk_id": 7, "pair_id": None},
        {"title": gone.question, "text": gone.answer, "chunk_id": 8, "pair_id": gone.id},
    ]
    with desk.database.writing() as session:
        set_context(session, stays.id, passages)

    help_room.unreact("UBEN", first)
    desk.sync(help_room, first)

    left = desk.pair(help_room, second)
    assert left is not None
    assert left.context == (passages[0],)


def test_what_was_erased_does_not_come_back_with_an_answer_that_had_been_taken_back(
    desk: Desk, help_room: Channel, town: RunningPlayground
) -> None:
    first = help_room.answered("Where is the kettle?", "On the top shelf.")
    second = help_room.answered("Where do we make tea?", "In the kitchen.")
    for ts in (first, second):
        TICK(help_room, ts)
        desk.sync(help_room, ts)
    gone, returns = desk.pair(help_room, first), desk.pair(help_room, second)
    assert gone is not None
    assert returns is not None
    with desk.database.writing() as session:
        said = {"title": gone.question, "text": gone.answer, "chunk_id": 8, "pair_id": gone.id}
        set_context(session, returns.id, [said])

    UNTICK(help_room, second)
    desk.sync(help_room, second)
    town.control("delete", user="UMIA", channel="CHELP", ts=first)
    desk.sync(help_room, first)
    TICK(help_room, second)

    assert desk.sync(help_room, second) is Outcome.APPROVED
    again = desk.pair(help_room, second)
    assert again is not None
    assert again.context is None
