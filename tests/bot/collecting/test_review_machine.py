"""Whatever people do and in whatever order Slack tells of it, a pair is approved by live approvals alone.

People post, edit, delete and react; events come late, twice, in any order, or while Slack is down; the bot is killed
between taking an event and handling it; people opt out and change roles. Checked against what stands in Slack.
"""

import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from slack_bolt import BoltResponse

from bot.answering.hearing import Hearing
from bot.answering.questions import Questions
from bot.answering.rewording import AskedMessages
from bot.collecting.decisions import Decisions, ReviewRefusedError, Shown
from bot.collecting.exchanges import is_question
from bot.collecting.people import People
from bot.collecting.policy import ReviewPolicy
from bot.collecting.readers import PairReaders
from bot.collecting.redaction.redacting import redact_sources
from bot.collecting.reviews import Reviews
from bot.knowledge.uploads import Uploads
from bot.listeners.events import Events
from bot.listeners.inbox import EventInbox, Route
from bot.locks import Locks
from bot.playground.errors import SlackError
from storage.database import Database, sqlite_url
from storage.knowledge import chunks_to_index
from storage.pairs import Pair, PairStatus, get_pair
from storage.people import opted_out
from storage.reviews import Review, Verdict, Via, reviews_of
from storage.tables import InboxRow, PairRow
from tests.bot.collecting.small_slack import CHANNEL, SmallSlack

Result = TypeVar("Result")
PEOPLE = ("UASK", "UTOM", "UMIA", "UBEN", "UCLEO")
EMOJI = ("white_check_mark", "x", "eyes")
QUESTIONS = ("Where is the kettle?", "How do I open the shed?", "Morning all!", "Deploy is at five <!here>", "it broke")
ANSWERS = ("On the top shelf.", "Ask <@UBEN>.", "With the blue key", "Is it plugged in?", "mail me: mia@tin.example")
ACTS = ("approve", "reject", "edit", "back")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Here(Executor):
    """Runs a task at once, or, when `is_dying`, never: the process was killed before it came to that."""

    is_dying = False

    def submit(self, task: Callable[..., Result], /, *args: Any, **kwargs: Any) -> "Future[Result]":
        done: Future[Result] = Future()
        if not self.is_dying:
            done.set_result(task(*args, **kwargs))
        return done


@contextmanager
def scratch(empty: Path) -> Iterator[Path]:
    """Yield a folder with an empty database, in memory where there is such a place: thousands are made."""
    memory = Path("/dev/shm")  # noqa: S108 (a folder of its own in it)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        shutil.copy(empty, folder)
        yield Path(folder)


class Reused:
    """One database for thousands of histories: each new one would compile every statement anew."""

    def __init__(self, empty: Path, folder: Path) -> None:
        self._empty = empty
        self._folder = folder
        self._database = Database(sqlite_url(folder))

    def emptied(self) -> Database:
        """Return the database with nothing in it."""
        self._database.close()  # which removes the write-ahead log, too
        shutil.copy(self._empty, self._folder)
        return self._database

    def close(self) -> None:
        self._database.close()


class Machine(RuleBasedStateMachine):
    """`REUSED`: where it stores. `SEEN`: what came about, so that it is known to have."""

    REUSED: Reused
    SEEN: Counter[str]
    messages = Bundle("messages")

    @initialize(
        target=messages,
        answerer=st.sampled_from(PEOPLE[1:]),
        needed=st.sampled_from([1, 1, 2]),
        reviewers=st.sets(st.sampled_from(PEOPLE[1:]), min_size=2),
    )
    def open(self, needed: int, reviewers: set[str], answerer: str) -> Any:
        self.time = START
        self.database = self.REUSED.emptied()
        self.slack = SmallSlack(PEOPLE, lambda: self.time)
        self.policy = ReviewPolicy(frozenset({EMOJI[0]}), frozenset({EMOJI[1]}), needed)
        self.reviewers = reviewers
        self.have_reviewed = set(reviewers)
        self.delivered: list[dict[str, Any]] = []
        self.texts: dict[str, str] = {}  # of each message as it stands
        self.seen: dict[tuple[str, str], dict[str, str]] = {}  # the texts when somebody put ✅ on a message
        self.reacted: list[tuple[str, str, str]] = []  # who put what on which message
        self.touched: set[str] = set()  # what was edited, clicked on, or whose author opted out
        self.deleted: set[tuple[str, str]] = set()  # in which thread, whose message
        self.changed_roles = self.is_unchecked = self.has_approved = False
        self.start_bot()
        question = self.post("UASK", QUESTIONS[0])
        return multiple(question, self.post(answerer, ANSWERS[0], question))

    def start_bot(self) -> None:
        """Begin with nothing in memory, as after a crash."""
        reviews = Reviews(self.database, self.slack.conversations, self.is_reviewer, self.policy, self.now)
        readers = PairReaders(self, self.slack.conversations)
        self.reviews = reviews
        self.decisions = Decisions(self.database, readers, self.policy, self.now)
        self.people = People(self.database, self.policy, self.now)
        self.executor = Here()
        nobody: Any = None  # there are no mentions here, so that nothing is ever answered
        nobody_asks = Questions(self.database, nobody, nobody, nobody, nobody, nobody, nobody, nobody, nobody, self.now)
        hearing = Hearing(
            self.database, self.slack.conversations.thread, team_id=self.slack.team_id, bot_user_id="UBOT"
        )
        no_files: Uploads = None  # type: ignore[assignment]  # nor files
        asked = AskedMessages(self.database, self.slack.conversations.message, Locks().of, phone_region="US")
        events = Events(nobody_asks, reviews, self.policy, hearing, no_files, asked, bot_user_id="UBOT")
        kinds = {"message": events.message, "reaction_added": events.reaction, "reaction_removed": events.reaction}
        routes = {name: Route(handler, self.executor) for name, handler in kinds.items()}
        self.inbox = EventInbox(self.database, routes, events.kept, self.now)
        self.inbox.replay()
        self.is_unchecked = True

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=7)
        return self.time

    def is_reviewer(self, user_id: str) -> bool:
        return user_id in self.reviewers

    # What people do

    @rule(target=messages, user=st.sampled_from(PEOPLE), text=st.sampled_from(QUESTIONS))
    def ask(self, user: str, text: str) -> str:
        return self.post(user, text)

    @rule(target=messages, root=messages, user=st.sampled_from(PEOPLE), text=st.sampled_from(ANSWERS + QUESTIONS))
    def reply(self, root: str, user: str, text: str) -> Any:
        with suppress(SlackError):
            return self.post(user, text, root)
        return multiple()

    @rule(target=messages, user=st.sampled_from(PEOPLE), text=st.sampled_from(ANSWERS))
    def say(self, user: str, text: str) -> str:
        return self.post(user, text)

    def post(self, user: str, text: str, root: str | None = None) -> str:
        ts = self.slack.say(user, text, root)
        self.texts[ts] = text
        return ts

    @rule(ts=messages, text=st.sampled_from(ANSWERS + QUESTIONS + ("",)))
    def edit(self, ts: str, text: str) -> None:
        with suppress(SlackError):
            if self.slack.message(ts).subtype != "tombstone":
                self.slack.edit(ts, text)
                self.texts[ts] = text
                self.touched.add(ts)

    @rule(ts=consumes(messages))
    def delete(self, ts: str) -> None:
        with suppress(SlackError):
            message = self.slack.message(ts)
            self.slack.delete(ts)
            self.deleted.add((message.thread_ts or ts, message.user_id))

    @rule(ts=messages, user=st.sampled_from(PEOPLE), emoji=st.sampled_from(EMOJI))
    def react(self, ts: str, user: str, emoji: str) -> None:
        with suppress(SlackError):
            self.slack.react(user, ts, emoji)
            self.reacted.append((user, ts, emoji))
            if emoji == EMOJI[0]:
                self.seen[user, ts] = dict(self.texts)

    @rule(ts=messages, users=st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=3), is_heard=st.booleans())
    def approve(self, ts: str, users: set[str], is_heard: bool) -> None:
        for user in sorted(users):
            self.react(ts, user, EMOJI[0])
        if is_heard:
            self.deliver_all()

    @rule(root=messages, user=st.sampled_from(PEOPLE), text=st.sampled_from(ANSWERS), by=st.sampled_from(PEOPLE))
    def answer_and_approve(self, root: str, user: str, text: str, by: str) -> None:
        with suppress(SlackError):
            self.react(self.post(user, text, root), by, EMOJI[0])
            self.deliver_all()

    @rule(ts=messages, by=st.sampled_from(PEOPLE), text=st.sampled_from(ANSWERS))
    def approve_and_edit_before_it_is_heard(self, ts: str, by: str, text: str) -> None:
        self.react(ts, by, EMOJI[0])
        self.edit(ts, text)
        self.deliver_all()

    @rule(target=messages, ts=messages, text=st.sampled_from(ANSWERS), by=st.sampled_from(PEOPLE), on_new=st.booleans())
    def go_on_and_approve(self, ts: str, text: str, by: str, on_new: bool) -> Any:
        with suppress(SlackError):
            message = self.slack.message(ts)
            if message.thread_ts and message.subtype is None:
                new = self.post(message.user_id, text, ts)
                self.react(new if on_new else ts, by, EMOJI[0])
                self.deliver_all()
                return new
        return multiple()

    @rule(number=st.integers(0, 50))
    def unreact(self, number: int) -> None:
        if self.reacted:
            self.take_off(*self.reacted[number % len(self.reacted)])

    def take_off(self, user: str, ts: str, emoji: str) -> None:
        with suppress(SlackError):
            self.slack.unreact(user, ts, emoji)

    @rule(ts=messages, by=st.sampled_from(PEOPLE), text=st.sampled_from(ANSWERS))
    def approve_and_approve_an_edit_that_is_undone(self, ts: str, by: str, text: str) -> None:
        before = self.texts[ts]
        self.react(ts, by, EMOJI[0])
        self.deliver_all()
        self.edit(ts, text)
        self.take_off(by, ts, EMOJI[0])
        self.react(ts, by, EMOJI[0])
        self.edit(ts, before)

    @rule(user=st.sampled_from(PEOPLE[1:]))
    def change_role(self, user: str) -> None:
        self.reviewers ^= {user}
        self.have_reviewed |= self.reviewers
        self.changed_roles = True

    @rule(user=st.sampled_from(PEOPLE[1:3]), again=st.booleans())
    def opt_out(self, user: str, again: bool) -> None:
        self.is_unchecked = True
        self.people.opt_out(team_id=self.slack.team_id, user_id=user)
        self.touched.add(user)
        if again:
            self.people.opt_in(team_id=self.slack.team_id, user_id=user)

    @rule(
        number=st.integers(0, 9),
        user=st.sampled_from(PEOPLE),
        act=st.sampled_from(["approve", "reject", "edit", "back"]),
    )
    def click(self, number: int, user: str, act: str) -> None:
        pairs = self.pairs()
        if not pairs:
            return
        pair = pairs[number % len(pairs)]
        shown = Shown(pair.id, pair.content_hash)
        self.is_unchecked = True
        try:
            if act == "approve":
                self.decisions.approve(shown, by=user)
            elif act == "reject":
                self.decisions.reject(shown, by=user)
            elif act == "edit":
                self.decisions.edit_and_approve(shown, question="Where?", answer="There, on [PHONE_1].", by=user)
            else:
                self.decisions.take_back(pair.id, by=user)
        except ReviewRefusedError:
            return
        self.touched |= {pair.question_ts, *pair.answer_parts}
        assert user in self.reviewers, "somebody decided who may not"

    # How the bot hears of it

    @rule(number=st.integers(0, 50))
    def deliver(self, number: int) -> None:
        if self.slack.events:
            self.hand_over(self.slack.events.pop(number % len(self.slack.events)))

    @rule(number=st.integers(0, 200))
    def deliver_again(self, number: int) -> None:
        if self.delivered:
            self.hand_over(self.delivered[number % len(self.delivered)])

    @rule()
    def deliver_all(self) -> None:
        while self.slack.events:
            self.hand_over(self.slack.events.pop(0))

    @rule()
    def die_and_start_again(self) -> None:
        """Take the next event and be killed before handling it."""
        self.executor.is_dying = True
        if self.slack.events:
            self.hand_over(self.slack.events.pop(0))
        self.start_bot()

    @rule()
    def slack_is_down_for_a_while(self) -> None:
        self.slack.is_down = True
        if self.slack.events:
            self.hand_over(self.slack.events.pop(0))
        self.slack.is_down = False

    @rule()
    def time_passes(self) -> None:
        self.time += timedelta(minutes=10)
        self.inbox.retry()

    def hand_over(self, body: dict[str, Any]) -> None:
        self.delivered.append(body)
        self.is_unchecked = True
        self.inbox.keep(body, lambda: BoltResponse(status=404))

    # What always holds

    @invariant()
    def what_must_hold_holds(self) -> None:
        """Look at everything in one state of the database, where something may have changed in it."""
        if not self.is_unchecked:
            return
        self.is_unchecked = False
        with self.database.reading() as session:
            pairs = [get_pair(session, id_) for (id_,) in session.query(PairRow.id).order_by(PairRow.id)]
            refusing = opted_out(session, team_id=self.slack.team_id)
            chunks = [chunk for chunk in chunks_to_index(session, limit=1000) if not chunk.removed]
            words = {pair.id: [one for one in reviews_of(session, pair.id) if one.stands] for pair in pairs}
        approved = [pair for pair in pairs if pair.status is PairStatus.APPROVED]
        for pair in approved:
            self.check_words(pair, words[pair.id])
            self.has_approved = True
        standing = [pair for pair in pairs if pair.status is not PairStatus.ERASED]
        assert not any({pair.asked_by, pair.answered_by} & refusing for pair in standing)
        parts = [ts for pair in standing for ts in pair.answer_parts]
        assert len(parts) == len(set(parts)), "a message answers twice"
        for pair in [pair for pair in pairs if pair.status is PairStatus.ERASED]:
            assert (pair.question, pair.answer, pair.previous_answer, pair.redactions) == ("", "", None, ())
        found = {(chunk.pair_id, chunk.title, chunk.text) for chunk in chunks}
        assert found == {(pair.id, pair.question, pair.answer) for pair in approved}
        assert not any("@tin.example" in text for _, _, text in found)

    def check_words(self, pair: Pair, words: list[Review]) -> None:
        """Every approval is of these words, by others than the author, and there are enough."""
        counting = [one for one in words if one.content_hash == pair.content_hash]
        approving = {one.reviewer_id for one in counting if one.verdict is Verdict.APPROVE}
        assert len(approving - {pair.answered_by}) >= self.policy.approvals_needed
        assert not any(one.verdict is Verdict.REJECT for one in counting)

    def pairs(self) -> list[Pair]:
        with self.database.reading() as session:
            return [get_pair(session, id_) for (id_,) in session.query(PairRow.id).order_by(PairRow.id)]

    # What holds once everything has arrived

    @rule()
    def settle(self) -> None:
        """Let every event arrive, and look at every pair again: then pairs say what Slack says."""
        self.deliver_all()
        for _ in range(3):
            self.time += timedelta(hours=3)
            self.inbox.retry()
        while self.reviews.recheck(self.slack.team_id, older_than=self.time - timedelta(minutes=1), limit=50):
            self.time += timedelta(milliseconds=1)
        with self.database.reading() as session:
            left = session.query(InboxRow.event_id).where(InboxRow.handled_at.is_(None)).all()
        assert not left, "an event was given up, though Slack is there"
        for pair in self.pairs():
            self.SEEN[f"a pair is {pair.status}"] += 1
            self.check(pair)
        self.check_that_approvals_count()

    def check(self, pair: Pair) -> None:
        if pair.status not in (PairStatus.APPROVED, PairStatus.CANDIDATE):
            return
        question, *parts = [self.standing(ts) for ts in (pair.question_ts, *pair.answer_parts)]
        assert question is not None, "its question was deleted"
        assert all(part is not None for part in parts), "a part of its answer was deleted"
        answers = [part for part in parts if part is not None]
        asked, *said = redact_sources(question.text, *(part.text for part in answers))
        if pair.edited_by is None:
            assert pair.question == asked.text
            assert pair.answer == "\n\n".join(one.text for one in said if one.text)
        if pair.status is not PairStatus.APPROVED:
            return
        assert all(part.user_id == pair.answered_by for part in answers)
        with self.database.reading() as session:
            words = [one for one in reviews_of(session, pair.id) if one.stands and one.verdict is Verdict.APPROVE]
        counting = [one for one in words if one.content_hash == pair.content_hash]
        clicks = {one.reviewer_id for one in counting if one.via is Via.CLICK}
        reacted = {one.reviewer_id for one in counting if one.via is Via.REACTION and pair.in_thread}
        live = {user for user in reacted if self.has_approved_this(user, [question, *answers])}
        assert len((live | clicks) - {pair.answered_by}) >= self.policy.approvals_needed
        assert live | clicks <= self.have_reviewed

    def has_approved_this(self, user: str, messages: list[Any]) -> bool:
        """Return whether somebody's ✅ is on one of the messages, and was put there when they said what they say."""
        # By what was said: a part that is deleted and said again word for word is what was approved.
        said = {message.text for message in messages}
        return any(
            user in message.reactions.get(EMOJI[0], []) and said <= set(self.seen[user, message.ts].values())
            for message in messages
        )

    def check_that_approvals_count(self) -> None:
        """A plain answer to a plain question that enough reviewers approve is approved."""
        if self.changed_roles:
            return
        for thread_ts in {pair.thread_ts for pair in self.pairs()}:
            messages = self.slack.conversations.thread(CHANNEL, thread_ts)
            if len(messages) != 2 or self.touched & {one.ts for one in messages} or self.touched & set(PEOPLE):
                continue
            question, answer = messages
            if not is_question(question.text) or question.user_id == answer.user_id or not answer.text:
                continue
            # An answer that lost a part is asked about again, and one whose question went is erased for good.
            if question.ts != thread_ts or (thread_ts, answer.user_id) in self.deleted:
                continue
            ticks = set(answer.reactions.get(EMOJI[0], ())) & self.reviewers - {answer.user_id}
            crosses = set(answer.reactions.get(EMOJI[1], ())) & self.reviewers
            pair = next((one for one in self.pairs() if answer.ts in one.answer_parts), None)
            if len(ticks) >= self.policy.approvals_needed and not crosses:
                self.SEEN["a plain answer was approved"] += 1
                assert pair is not None
                assert pair.status is PairStatus.APPROVED

    def standing(self, ts: str) -> Any:
        with suppress(SlackError):
            message = self.slack.message(ts)
            return None if message.subtype == "tombstone" else message
        return None

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.settle()
            self.what_must_hold_holds()
            self.SEEN["approved at some time"] += self.has_approved


@contextmanager
def unlogged() -> Iterator[None]:
    """Log nothing: pytest keeps each record, and with its traceback all there was in the history that logged it."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def check_machine(empty: Path, *, examples: int, derandomize: bool = False) -> None:
    seen: Counter[str] = Counter()
    with scratch(empty) as folder, closing(Reused(empty, folder)) as database, unlogged():
        run_state_machine_as_test(
            type("Machine", (Machine,), {"REUSED": database, "SEEN": seen}),
            settings=settings(
                max_examples=examples,
                stateful_step_count=30 if derandomize else 20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=derandomize,
                print_blob=True,
            ),
        )
    # It must not pass because nothing ever happened.
    assert seen["approved at some time"] >= examples / 15, seen
    wanted = {"a pair is candidate", "a pair is approved", "a pair is rejected", "a pair is erased"}
    assert examples < 1000 or wanted <= seen.keys(), seen


# The time is several times what it takes: when it is over, Hypothesis reports histories that fail for no reason.
@pytest.mark.timeout(600)
def test_pairs_follow_slack_through_anything(empty_database: Path) -> None:
    check_machine(empty_database, examples=60, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_pairs_follow_slack_through_two_thousand_histories(empty_database: Path) -> None:
    check_machine(empty_database, examples=2000)
