"""Every shape of conversation has an outcome: what becomes of it when somebody reacts, edits, deletes or opts out."""

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.collecting.people import People
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reviews import Outcome, Reviews
from bot.collecting.standing import card_key, put_chunk
from bot.collecting.votes import Act
from bot.slack.conversations import Conversations
from storage import outbox
from storage.answers import ERASED, PRIVATE, NewAnswer, add_answer, get_answer
from storage.database import Database
from storage.knowledge import chunks_to_index, latest_pair_chunks
from storage.pairs import Origin, Pair, PairStatus, Priority, content_hash, get_pair, pair_for_answer
from storage.reviews import Verdict, standing_reviewers
from storage.tables import PairRow, ReviewRow
from tests.bot.collecting.small_slack import CHANNEL, SmallSlack
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.running import NO, YES, Channel
from tests.playground_server import RunningPlayground

REVIEWERS = {"UBEN", "UCLEO"}
POLICY = ReviewPolicy(frozenset({YES, "heavy_check_mark"}), frozenset({NO}), approvals_needed=1)


class Desk:
    """One channel, the reviews of it, and who does not want to be in them."""

    def __init__(self, database: Database, room: Channel, clock: Clock) -> None:
        self.database = database
        self.room = room
        self.slack = Conversations(room.slack.web)
        self.people = People(database, POLICY, clock)
        self.reviews = Reviews(database, self.slack, REVIEWERS.__contains__, POLICY, clock)

    def tick(self, user: str, ts: str, name: str = YES) -> Outcome:
        """React and have the bot hear of it."""
        self.room.react(user, ts, name)
        act = Act(ts, user, name, f"{time.time():.6f}")
        return self.reviews.sync(team_id=TEAM, channel_id=self.room.id, message_ts=ts, act=act)

    def untick(self, user: str, ts: str, name: str = YES) -> Outcome:
        self.room.unreact(user, ts, name)
        act = Act(ts, user, name, f"{time.time():.6f}", is_added=False)
        return self.reviews.sync(team_id=TEAM, channel_id=self.room.id, message_ts=ts, act=act)

    def edit(self, user: str, ts: str, text: str, *, thread_ts: str | None = None) -> None:
        self.room.slack.control("edit", user=user, channel=self.room.id, ts=ts, text=text)
        self.follow(ts, thread_ts)

    def delete(self, user: str, ts: str, *, thread_ts: str | None = None) -> None:
        self.room.slack.control("delete", user=user, channel=self.room.id, ts=ts)
        self.follow(ts, thread_ts)

    def follow(self, ts: str, thread_ts: str | None) -> None:
        self.reviews.follow(team_id=TEAM, channel_id=self.room.id, message_ts=ts, thread_ts=thread_ts)

    def pair(self, ts: str) -> Pair:
        with self.database.reading() as session:
            found = pair_for_answer(session, team_id=TEAM, channel_id=self.room.id, answer_ts=ts)
        assert found is not None
        return found

    def has_card(self, pair: Pair) -> bool:
        with self.database.reading() as session:
            return outbox.find(session, card_key(pair)) is not None

    def passages(self) -> list[str]:
        with self.database.reading() as session:
            return [chunk.text for chunk in chunks_to_index(session, limit=100) if not chunk.removed]


@pytest.fixture
def desk(database: Database, help_room: Channel, clock: Clock) -> Desk:
    return Desk(database, help_room, clock)


def test_consecutive_messages_are_one_pair_whichever_of_them_is_ticked(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    second = desk.room.say("UMIA", "Behind the tea.", thread_ts=question)

    assert desk.tick("UBEN", second) is Outcome.APPROVED
    assert desk.tick("UCLEO", first) is Outcome.UNCHANGED

    pair = desk.pair(first)
    assert (pair.answer, pair.answer_parts) == ("On the top shelf.\n\nBehind the tea.", (first, second))
    assert desk.untick("UBEN", second) is Outcome.UNCHANGED
    assert desk.untick("UCLEO", first) is Outcome.WITHDRAWN


def test_what_is_said_after_an_approval_is_not_learnt_until_it_is_pointed_at(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    desk.tick("UBEN", first)
    second = desk.room.say("UMIA", "You're welcome!", thread_ts=question)

    assert desk.tick("UADA", first) is Outcome.UNCHANGED
    assert desk.passages() == ["On the top shelf."]

    assert desk.tick("UCLEO", second) is Outcome.UNCHANGED
    assert desk.passages() == ["On the top shelf.\n\nYou're welcome!"]


def test_a_tick_on_the_first_of_two_messages_does_not_approve_the_second_that_came_later(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    desk.room.react("UBEN", first)
    ticked = Act(first, "UBEN", YES, f"{time.time():.6f}")
    desk.room.say("UMIA", "No, wait, in the sink.", thread_ts=question)

    outcome = desk.reviews.sync(team_id=TEAM, channel_id="CHELP", message_ts=first, act=ticked)

    assert outcome is Outcome.NOMINATED
    assert desk.has_card(desk.pair(first))


def test_a_broadcast_reply_is_an_answer_in_its_thread(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    posted = desk.room.slack.control(
        "post", user="UMIA", channel="CHELP", text="On the top shelf.", thread_ts=question, broadcast=True
    )

    assert desk.tick("UBEN", posted["ts"]) is Outcome.APPROVED
    assert desk.pair(posted["ts"]).question == "Where is the kettle?"


def test_of_a_reply_with_a_file_the_words_are_learnt_and_the_file_is_counted(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    content = base64.b64encode(b"a picture").decode()
    upload = {"user": "UMIA", "channel": "CHELP", "name": "shelf.png", "content_base64": content}
    with_words = desk.room.slack.control("upload", **upload, text="On this shelf.", thread_ts=question)["ts"]
    desk.room.say("UTOM", "Thanks", thread_ts=question)
    alone = desk.room.slack.control("upload", **upload, thread_ts=question)["ts"]

    assert desk.tick("UBEN", with_words) is Outcome.APPROVED
    assert (desk.pair(with_words).answer, desk.pair(with_words).file_count) == ("On this shelf.", 1)
    assert desk.tick("UBEN", alone) is Outcome.NOT_AN_ANSWER


def test_code_is_learnt_as_it_was_written(desk: Desk) -> None:
    code = 'Run this:\n```\nfor x in *.log; do\n    gzip "$x" && echo <done>\ndone\n```\nand `ls -l`.'
    ts = desk.room.answered("How do I pack the logs?", code)

    assert desk.tick("UBEN", ts) is Outcome.APPROVED
    assert desk.pair(ts).answer == code


def test_what_is_secret_or_personal_is_stored_nowhere(desk: Desk) -> None:
    ts = desk.room.answered("Whom do I mail, mia@tin.example?", "@ben: mail mia@tin.example, or ask @cleo.")
    desk.tick("UBEN", ts)

    pair = desk.pair(ts)
    assert (pair.question, pair.answer) == ("Whom do I mail, [EMAIL_1]?", "mail [EMAIL_1], or ask [PERSON_1].")
    assert pair.redactions == (
        {"kind": "email", "placeholder": "[EMAIL_1]", "count": 2},
        {"kind": "person", "placeholder": "[PERSON_1]", "count": 1},
    )
    assert desk.passages() == [pair.answer]


def test_any_of_several_emoji_approves(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    assert desk.tick("UBEN", ts, "heavy_check_mark") is Outcome.APPROVED
    assert desk.tick("UBEN", ts) is Outcome.UNCHANGED
    assert desk.untick("UBEN", ts, "heavy_check_mark") is Outcome.UNCHANGED
    assert desk.untick("UBEN", ts) is Outcome.WITHDRAWN


def test_outside_threads_a_reviewers_tick_only_puts_a_guess_before_the_reviewers(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    ts = desk.room.say("UMIA", "On the top shelf.")

    assert desk.tick("UBEN", ts) is Outcome.NOMINATED

    pair = desk.pair(ts)
    assert (pair.question_ts, pair.origin, pair.is_guess) == (question, Origin.CHANNEL, True)
    assert desk.passages() == []
    assert desk.has_card(pair)
    assert desk.untick("UBEN", ts) is Outcome.WITHDRAWN


def test_a_nomination_waits_for_reviewers_and_goes_when_it_is_taken_back(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")

    assert desk.tick("UADA", ts) is Outcome.NOMINATED
    assert desk.has_card(desk.pair(ts))
    assert desk.untick("UADA", ts) is Outcome.WITHDRAWN


def test_who_was_a_reviewer_when_they_approved_has_approved(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    left = Reviews(desk.database, desk.slack, {"UCLEO"}.__contains__, POLICY, lambda: desk.pair(ts).created_at)

    assert left.sync(team_id=TEAM, channel_id="CHELP", message_ts=ts) is Outcome.UNCHANGED
    assert desk.pair(ts).status is PairStatus.APPROVED


def test_an_edit_of_the_question_sends_the_pair_back_to_review_as_well(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    ts = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    desk.tick("UBEN", ts)

    desk.edit("UTOM", question, "Where is the teapot?")

    pair = desk.pair(ts)
    assert (pair.status, pair.priority) == (PairStatus.CANDIDATE, Priority.CHANGED)
    assert (pair.question, pair.previous_question) == ("Where is the teapot?", "Where is the kettle?")
    assert desk.has_card(pair)


def test_edited_twice_the_comparison_is_with_what_was_approved(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    for text in ("In the sink.", "In the shed."):
        desk.edit("UMIA", ts, text)

    assert (desk.pair(ts).answer, desk.pair(ts).previous_answer) == ("In the shed.", "On the top shelf.")


def test_edited_back_to_what_was_approved_it_is_approved_again(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    for text in ("In the sink.", "On the top shelf."):
        desk.edit("UMIA", ts, text)

    assert (desk.pair(ts).status, desk.pair(ts).previous_answer) == (PairStatus.APPROVED, None)


def test_a_rejected_answer_that_was_mended_is_looked_at_again(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "In the river.")
    assert desk.tick("UBEN", ts, NO) is Outcome.REJECTED

    desk.edit("UMIA", ts, "On the top shelf.")

    assert (desk.pair(ts).status, desk.pair(ts).answer) == (PairStatus.CANDIDATE, "On the top shelf.")


def test_a_tick_on_another_answer_in_the_thread_says_nothing_of_an_edited_one(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    edited = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    desk.tick("UBEN", edited)
    other = desk.room.say("UADA", "Or ask Mia.", thread_ts=question)
    desk.edit("UMIA", edited, "In the river.", thread_ts=question)

    assert desk.tick("UBEN", other) is Outcome.APPROVED
    assert desk.pair(edited).status is PairStatus.CANDIDATE
    assert desk.passages() == ["Or ask Mia."]


def test_a_late_event_about_a_tick_does_not_approve_what_was_edited_since(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.room.react("UBEN", ts)
    ticked = Act(ts, "UBEN", YES, f"{time.time():.6f}")
    desk.room.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="In the sink.")

    outcome = desk.reviews.sync(team_id=TEAM, channel_id="CHELP", message_ts=ts, act=ticked)

    assert outcome is Outcome.NOMINATED
    assert desk.passages() == []


def test_a_tick_put_back_on_an_edit_is_no_approval_of_what_was_there_before(desk: Desk, clock: Clock) -> None:
    clock.time = datetime.now(UTC)
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    desk.room.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="In the sink.")
    desk.room.unreact("UBEN", ts, YES)
    taken_off = Act(ts, "UBEN", YES, f"{time.time():.6f}", is_added=False)
    desk.room.react("UBEN", ts)
    desk.room.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="On the top shelf.")

    desk.reviews.sync(team_id=TEAM, channel_id="CHELP", message_ts=ts, act=taken_off)

    assert desk.pair(ts).status is PairStatus.CANDIDATE
    assert desk.passages() == []


def test_a_tick_put_back_on_the_same_words_approves_them(desk: Desk, clock: Clock) -> None:
    clock.time = datetime.now(UTC)
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    desk.edit("UMIA", ts, "In the sink.")
    desk.room.unreact("UBEN", ts, YES)
    taken_off = Act(ts, "UBEN", YES, f"{time.time():.6f}", is_added=False)
    desk.room.react("UBEN", ts)

    outcome = desk.reviews.sync(team_id=TEAM, channel_id="CHELP", message_ts=ts, act=taken_off)

    assert outcome is Outcome.APPROVED
    assert desk.passages() == ["In the sink."]


def test_an_older_tick_does_not_stand_in_for_the_one_that_approved_an_edit(desk: Desk, clock: Clock) -> None:
    clock.time = datetime.now(UTC)
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    desk.edit("UMIA", ts, "In the sink.")
    assert desk.tick("UBEN", ts, "heavy_check_mark") is Outcome.APPROVED

    assert desk.untick("UBEN", ts, "heavy_check_mark") is Outcome.WITHDRAWN
    assert desk.passages() == []


def test_when_a_part_of_an_answer_is_deleted_nothing_of_it_is_kept_to_compare(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    second = desk.room.say("UMIA", "The key is under the mat.", thread_ts=question)
    desk.tick("UBEN", first)

    desk.delete("UMIA", second, thread_ts=question)

    pair = desk.pair(first)
    assert (pair.status, pair.answer, pair.previous_answer) == (PairStatus.CANDIDATE, "On the top shelf.", None)


def test_when_the_first_part_of_an_answer_is_deleted_the_rest_stays_the_same_pair(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    second = desk.room.say("UMIA", "Behind the tea.", thread_ts=question)
    desk.tick("UBEN", second)
    before = desk.pair(first)

    desk.delete("UMIA", first, thread_ts=question)
    assert desk.tick("UCLEO", second) is Outcome.APPROVED

    assert (desk.pair(first).id, desk.pair(first).answer) == (before.id, "Behind the tea.")


def test_a_deleted_answer_or_question_erases_the_pair(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    ts = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    other = desk.room.answered("Where is the tea?", "In the tin.")
    for one in (ts, other):
        desk.tick("UBEN", one)

    desk.delete("UTOM", question)
    desk.delete("UMIA", other)

    for one in (ts, other):
        pair = desk.pair(one)
        assert (pair.status, pair.question, pair.answer, pair.source_hash) == (PairStatus.ERASED, "", "", "")
    assert desk.passages() == []


@pytest.mark.parametrize("way", ["deleted", "opted out"])
def test_what_timbre_answered_out_of_an_erased_answer_is_not_kept(desk: Desk, way: str) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    pair = desk.pair(ts)
    said = NewAnswer(
        TEAM, "CHELP", "1.1", "1.2", "UADA", "The kettle?", pair.answer, "", (), 1, 0, 0, verified_pair_id=pair.id
    )
    with desk.database.writing() as session:
        kept = add_answer(session, said, now=NOW)

    if way == "deleted":
        desk.delete("UMIA", ts, thread_ts=pair.thread_ts)
    else:
        desk.people.opt_out(team_id=TEAM, user_id="UMIA")

    with desk.database.reading() as session:
        found = get_answer(session, kept.id)
    assert found
    assert (found.question, found.text) == ("The kettle?", "")


def test_what_only_its_asker_read_is_not_kept_either_once_it_is_erased(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UBEN", ts)
    pair = desk.pair(ts)
    given = NewAnswer(TEAM, "CHELP", f"{PRIVATE}1", None, "UADA", "The kettle?", pair.answer, "", (), 1, 0, 0)
    with desk.database.writing() as session:
        (passage,) = latest_pair_chunks(session, team_id=TEAM, channel_ids=(), limit=9)
        kept = add_answer(session, replace(given, read_chunks=(passage.id,)), now=NOW)

    desk.people.forget(team_id=TEAM, user_id="UMIA", by="UADA")

    with desk.database.reading() as session:
        found = get_answer(session, kept.id)
    assert found
    assert (found.question, found.text, found.read_chunks) == ("The kettle?", ERASED, ())


def test_two_answers_that_become_one_when_what_parted_them_is_deleted_stay_two_pairs(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    between = desk.room.say("UADA", "Really?", thread_ts=question)
    second = desk.room.say("UMIA", "Yes, behind the tea.", thread_ts=question)
    for ts in (first, second):
        desk.tick("UBEN", ts)

    desk.delete("UADA", between, thread_ts=question)
    desk.tick("UCLEO", first)

    assert sorted(desk.passages()) == ["On the top shelf.", "Yes, behind the tea."]


def test_what_follows_two_answers_side_by_side_goes_on_with_the_second_alone(desk: Desk) -> None:
    question = desk.room.say("UTOM", "Where is the kettle?")
    first = desk.room.say("UMIA", "On the top shelf.", thread_ts=question)
    between = desk.room.say("UADA", "Really?", thread_ts=question)
    second = desk.room.say("UMIA", "Yes, behind the tea.", thread_ts=question)
    for ts in (first, second):
        assert desk.tick("UADA", ts) is Outcome.NOMINATED
    desk.delete("UADA", between, thread_ts=question)
    third = desk.room.say("UMIA", "And now to work.", thread_ts=question)

    desk.tick("UTOM", third)

    assert desk.pair(first).answer_parts == (first,)
    assert desk.pair(second).answer_parts == (second, third)


def test_nothing_of_somebody_who_opted_out_is_collected_and_what_was_is_erased(desk: Desk) -> None:
    answered = desk.room.answered("Where is the kettle?", "On the top shelf.")
    asked = desk.room.answered("Where is the tea?", "In the tin.", asker="UMIA", answerer="UADA")
    for ts in (answered, asked):
        desk.tick("UBEN", ts)

    erased = desk.people.opt_out(team_id=TEAM, user_id="UMIA")

    assert (erased.pairs, erased.voices) == (2, ())
    assert {desk.pair(ts).status for ts in (answered, asked)} == {PairStatus.ERASED}
    assert desk.passages() == []
    later = desk.room.answered("Where is the milk?", "In the fridge.")
    assert desk.tick("UBEN", later) is Outcome.NOT_AN_ANSWER

    assert desk.people.opt_in(team_id=TEAM, user_id="UMIA")
    assert desk.tick("UCLEO", later) is Outcome.APPROVED
    assert desk.tick("UCLEO", answered) is Outcome.UNCHANGED
    assert desk.pair(answered).status is PairStatus.ERASED


class Interrupting(Conversations):
    """A workspace in which something else happens after a conversation was read."""

    def __init__(self, town: RunningPlayground, meanwhile: Callable[[], object]) -> None:
        super().__init__(town.web)
        self._meanwhile = meanwhile

    def permalink(self, channel_id: str, ts: str) -> str:
        self._meanwhile()
        return super().permalink(channel_id, ts)


def test_whoever_opts_out_while_their_answer_is_read_is_not_collected(
    desk: Desk, town: RunningPlayground, clock: Clock
) -> None:
    slack = Interrupting(town, lambda: desk.people.opt_out(team_id=TEAM, user_id="UMIA"))
    reviews = Reviews(desk.database, slack, REVIEWERS.__contains__, POLICY, clock)
    ticked = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.room.react("UBEN", ticked, YES)
    desk.people.opt_in(team_id=TEAM, user_id="UMIA")

    assert reviews.sync(team_id=TEAM, channel_id=desk.room.id, message_ts=ticked) is Outcome.NOT_AN_ANSWER

    pointed_at = desk.room.answered("Where is the tea?", "In the tin.")
    desk.people.opt_in(team_id=TEAM, user_id="UMIA")
    assert reviews.propose(team_id=TEAM, channel_id=desk.room.id, message_ts=pointed_at) is None
    with desk.database.reading() as session:
        for ts in (ticked, pointed_at):
            assert pair_for_answer(session, team_id=TEAM, channel_id=desk.room.id, answer_ts=ts) is None


def test_what_an_event_never_told_is_found_when_pairs_are_looked_at_again(desk: Desk, clock: Clock) -> None:
    kept = desk.room.answered("Where is the kettle?", "On the top shelf.")
    taken_back = desk.room.answered("Where is the tea?", "In the tin.")
    guessed = desk.room.say("UMIA", "Where it always is.")
    for ts in (kept, taken_back, guessed):
        desk.tick("UBEN", ts)
    desk.room.slack.control("edit", user="UMIA", channel="CHELP", ts=kept, text="In the sink.")
    desk.room.unreact("UBEN", taken_back)
    clock.move_on(hours=1)

    assert desk.reviews.recheck(TEAM, older_than=clock(), limit=10) >= 2
    assert desk.reviews.recheck(TEAM, older_than=clock(), limit=10) == 0

    assert desk.pair(kept).status is PairStatus.CANDIDATE
    assert desk.pair(taken_back).status is PairStatus.WITHDRAWN


def test_what_was_approved_before_there_was_redaction_is_redacted_and_stays_approved(desk: Desk) -> None:
    ts = desk.room.answered("Who has the keys?", "Write to ada@harbour.example.")
    desk.tick("UBEN", ts)
    _store_unredacted(desk, ts, answer="Write to ada@harbour.example.")

    desk.follow(ts, desk.pair(ts).thread_ts)

    pair = desk.pair(ts)
    assert (pair.status, pair.answer) == (PairStatus.APPROVED, "Write to [EMAIL_1].")
    assert (pair.previous_answer, pair.source_hash) == (None, pair.content_hash)
    assert desk.passages() == ["Write to [EMAIL_1]."]


def test_what_was_approved_before_there_was_redaction_is_compared_without_what_is_replaced_now(desk: Desk) -> None:
    ts = desk.room.answered("Who has the keys?", "Write to ada@harbour.example.")
    desk.tick("UBEN", ts)
    _store_unredacted(desk, ts, answer="Write to ada@harbour.example.")

    desk.edit("UMIA", ts, "Write to eve@harbour.example, or ask me.", thread_ts=desk.pair(ts).thread_ts)

    pair = desk.pair(ts)
    assert (pair.status, pair.answer) == (PairStatus.CANDIDATE, "Write to [EMAIL_1], or ask me.")
    assert pair.previous_answer == "Write to [EMAIL_1]."


def _store_unredacted(desk: Desk, ts: str, *, answer: str) -> None:
    """Have a pair say what an earlier Timbre stored, and its approval be of that, as a migration leaves it."""
    pair = desk.pair(ts)
    with desk.database.writing() as session:
        row = session.get_one(PairRow, pair.id)
        said = content_hash(pair.question, answer)
        row.answer, row.source_hash, row.redactions = answer, said, []
        session.execute(update(ReviewRow).where(ReviewRow.pair_id == pair.id).values(content_hash=said))
        put_chunk(session, replace(pair, answer=answer), now=NOW)


def test_a_channel_timbre_was_removed_from_does_not_keep_the_others_from_being_looked_at(
    desk: Desk, vault_room: Channel, clock: Clock
) -> None:
    closed = vault_room.answered("Where is the safe?", "Behind the picture.")
    vault_room.react("UBEN", closed, YES)
    desk.reviews.sync(team_id=TEAM, channel_id=vault_room.id, message_ts=closed)
    taken_back = desk.room.answered("Where is the tea?", "In the tin.")
    desk.tick("UBEN", taken_back)
    desk.room.unreact("UBEN", taken_back)
    bot = desk.room.slack.web.auth_test()["user_id"]
    desk.room.slack.web.conversations_leave(channel=vault_room.id)
    clock.move_on(hours=1)
    try:
        desk.reviews.recheck(TEAM, older_than=clock(), limit=10)
    finally:
        desk.room.slack.control("invite", user="UMIA", channel=vault_room.id, invitee=bot)

    assert desk.pair(taken_back).status is PairStatus.WITHDRAWN
    assert desk.reviews.recheck(TEAM, older_than=clock(), limit=10) == 0


def test_an_answer_an_export_proposed_is_approved_by_a_reaction_in_slack(desk: Desk, clock: Clock) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    desk.tick("UADA", ts)
    live = desk.pair(ts)
    with desk.database.writing() as session:
        row = session.get_one(PairRow, live.id)
        row.origin, row.permalink = Origin.EXPORT, ""

    assert desk.tick("UBEN", ts) is Outcome.APPROVED
    pair = desk.pair(ts)
    assert (pair.origin, pair.permalink) == (Origin.THREAD, live.permalink)
    assert replace(pair, status=live.status).id == live.id


def test_many_reactors_are_all_counted(desk: Desk) -> None:
    ts = desk.room.answered("Where is the kettle?", "On the top shelf.")
    for user in ("UADA", "UTOM", "UBEN"):
        desk.tick(user, ts)
    pair = desk.pair(ts)
    with desk.database.reading() as session:
        assert set(standing_reviewers(session, pair.id, Verdict.NOMINATE)) == {"UADA", "UTOM"}
        assert get_pair(session, pair.id).status is PairStatus.APPROVED


def test_the_real_slack_and_the_one_of_the_state_machine_say_the_same(town: RunningPlayground) -> None:
    people = ("UTOM", "UMIA", "UBEN")
    small = SmallSlack(people, lambda: NOW)
    root = small.say("UTOM", "Where is the kettle?")
    reply = small.say("UMIA", "On the top shelf.", root)
    small.react("UBEN", reply, YES)
    small.edit(reply, "In the sink.")
    room = Channel(town, "CHELP")
    real = Conversations(town.web)
    real_root = room.say("UTOM", "Where is the kettle?")
    real_reply = room.say("UMIA", "On the top shelf.", thread_ts=real_root)
    room.react("UBEN", real_reply)
    town.control("edit", user="UMIA", channel="CHELP", ts=real_reply, text="In the sink.")

    ours, theirs = small.conversations.thread(CHANNEL, root), real.thread("CHELP", real_root)
    told = [(one.user_id, one.text, one.is_reply, dict(one.reactions), bool(one.edited_ts)) for one in ours]
    assert told == [(one.user_id, one.text, one.is_reply, dict(one.reactions), bool(one.edited_ts)) for one in theirs]
    for slack, channel, ts in ((small.conversations, CHANNEL, root), (real, "CHELP", real_root)):
        assert slack.message(channel, ts) == slack.thread(channel, ts)[0]
        assert slack.message(channel, "1.000000") is None
        assert slack.thread(channel, "1.000000") == []
        assert slack.around(channel, ts, before=0, after_s=0.5)[0].ts == ts
        assert {"UTOM", "UMIA", "UBEN"} <= slack.members(channel)


def test_an_approval_that_was_taken_back_unheard_is_noticed_before_training(desk: Desk, clock: Clock) -> None:
    kept = desk.room.answered("Where is the gangway?", "At the stern.")
    lost = desk.room.answered("Where is the capstan?", "On the foredeck.")
    for ts in (kept, lost):
        desk.tick("UBEN", ts)
    desk.room.unreact("UBEN", lost)
    clock.move_on(minutes=11)

    assert desk.reviews.read_approvals(TEAM) >= 2

    assert desk.pair(kept).status is PairStatus.APPROVED
    assert desk.pair(lost).status is not PairStatus.APPROVED
    assert desk.reviews.read_approvals(TEAM) == 0
