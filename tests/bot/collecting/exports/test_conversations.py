"""Which exchanges of an export are proposed."""

import time
from typing import Any

import pytest

from bot.collecting.exchanges import is_question
from bot.collecting.exports.conversations import Proposal, Ticks, guesses, proposals, rebuild
from bot.slack.exported import read_exported
from tests.bot.collecting.exports.making import KEY_THREAD, TICK, said, ticked, ts

TICKS = Ticks(frozenset({TICK}), bots={"UBOT"})


def proposed(*messages: dict[str, Any]) -> list[Proposal]:
    return list(proposals(rebuild(map(read_exported, messages)), TICKS))


def as_text(found: list[Proposal]) -> list[tuple[str, str]]:
    return [(proposal.exchange.question.text, proposal.exchange.text) for proposal in found]


def test_a_thread_is_put_together_in_order_whatever_order_its_messages_come_in() -> None:
    rebuilt = rebuild(map(read_exported, [*reversed(KEY_THREAD), said(300, "U4", "Lunch!")]))

    assert [[message.ts for message in thread] for thread in rebuilt.threads] == [[ts(0), ts(60), ts(90), ts(120)]]
    assert [message.text for message in rebuilt.top_level] == ["Where is the key to the boathouse?", "Lunch!"]


def test_without_reactions_the_first_answer_is_proposed() -> None:
    [proposal] = proposed(*KEY_THREAD)

    assert proposal.exchange.text == "Under the blue pot.\n\nMail harbour@example.org if it is gone."
    assert proposal.nominated_by == ()


def test_what_an_export_holds_twice_was_said_once() -> None:
    assert as_text(proposed(*KEY_THREAD, *KEY_THREAD)) == as_text(proposed(*KEY_THREAD))


def test_every_answer_that_somebody_ticked_is_proposed_and_no_other() -> None:
    asked, first, second, other = KEY_THREAD
    found = proposed(
        asked,
        first,
        {**second, "reactions": ticked("U1", "U4", name="white_check_mark::skin-tone-3")},
        {**other, "reactions": ticked("U5")},
        said(150, "U4", "It is with Tom.", thread=0),
    )

    assert [proposal.nominated_by for proposal in found] == [("U1", "U4"), ("U5",)]
    assert found[1].exchange.text == "Mine is in the hall."


def test_neither_the_author_nor_a_bot_nominates() -> None:
    asked, *_, other = KEY_THREAD
    [proposal] = proposed(asked, {**other, "reactions": ticked("U3", "UBOT")})

    assert proposal.nominated_by == ()


def test_what_asks_back_or_thanks_is_no_answer_unless_somebody_ticked_it() -> None:
    asked = KEY_THREAD[0]
    back = said(30, "U2", "Which boathouse do you mean?", thread=0)
    told = said(40, "U1", "The old one.", thread=0)
    thanks = said(50, "U3", "thanks!", thread=0)
    answer = said(70, "U2", "Under the pot.", thread=0)

    assert as_text(proposed(asked, back, told, thanks, answer)) == [(asked["text"], "Under the pot.")]
    assert as_text(proposed(asked, {**back, "reactions": ticked("U1")}, told)) == [(asked["text"], back["text"])]


def test_a_thread_whose_first_message_is_missing_is_asked_by_what_is_left_of_it() -> None:
    replies = [said(30, "U1", "And who has the spare?", thread=0), said(40, "U2", "Tom does.", thread=0)]

    assert as_text(proposed(*replies)) == [("And who has the spare?", "Tom does.")]
    assert proposed(replies[1]) == []


def test_a_thread_under_a_deleted_message_is_asked_by_its_replies() -> None:
    gone = said(0, "USLACKBOT", "This message was deleted.", thread=0, subtype="tombstone")
    replies = [said(30, "U1", "And who has the spare?", thread=0), said(40, "U2", "Tom does.", thread=0)]

    assert as_text(proposed(gone, *replies)) == [("And who has the spare?", "Tom does.")]


def test_outside_threads_a_question_gets_its_first_answer() -> None:
    found = proposed(
        said(0, "U1", "Is the crane free today?"),
        said(30, "U2", "From noon on."),
        said(60, "U3", "No, it is booked."),
        said(9000, "U4", "Far too late to be about cranes."),
    )

    assert as_text(found) == [("Is the crane free today?", "From noon on.")]


def test_outside_threads_what_somebody_ticked_is_proposed_instead() -> None:
    found = proposed(
        said(0, "U1", "Is the crane free today?"),
        said(30, "U2", "From noon on."),
        said(60, "U3", "No, it is booked.", reactions=ticked("U1")),
    )

    assert as_text(found) == [("Is the crane free today?", "No, it is booked.")]


def test_a_question_with_a_thread_of_its_own_is_not_guessed_at() -> None:
    found = proposed(*KEY_THREAD, said(200, "U4", "Lunch is served."))

    assert [proposal.exchange.in_thread for proposal in found] == [True]


@pytest.mark.parametrize("part", ["hi,", "hey- ", "hello—hi!", "so ", "question: ", "quick question ", "@a-", "hi "])
def test_no_message_takes_long_to_tell_from_a_question(part: str) -> None:
    started = time.process_time()

    assert not is_question(part * (40_000 // len(part)))

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text",
    ["Hi all, is the crane free", "so where is it", "hey Tom - quick question, and who has it", "hello! Any news"],
)
def test_a_greeting_before_a_question_does_not_hide_it(text: str) -> None:
    assert is_question(text)


def test_in_a_long_channel_only_what_is_near_is_looked_at() -> None:
    talk = [
        said(second, f"U{second % 4 + 1}", "Is it free?" if second % 7 == 0 else "It is.") for second in range(3000)
    ]

    assert len(list(guesses(rebuild(map(read_exported, talk))))) > 2000


def test_bots_joins_and_files_neither_ask_nor_answer() -> None:
    found = proposed(
        said(0, "U1", "Is the crane free today?"),
        said(10, "U2", "<@U2> has joined the channel", subtype="channel_join"),
        {"type": "message", "subtype": "bot_message", "bot_id": "B1", "text": "Build passed.", "ts": ts(20)},
        said(30, "U3", "<@U3> uploaded a file: <https://x.slack.com/f|crane>", subtype="file_share", file={"id": "F1"}),
        said(40, "U4", "", files=[{"id": "F2", "name": "crane.png"}]),
    )

    assert found == []
