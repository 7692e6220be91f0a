"""Which message answers which, by rule."""

from collections.abc import Sequence

import pytest

from bot.collecting.exchanges import LOOK_BACK_S, PAUSE_S, in_channel, in_thread, is_opening, is_question, without
from bot.slack.messages import SlackMessage

ROOT = "1000.000000"


def said(user: str, text: str, second: float = 0, *, is_reply: bool = True, is_from_bot: bool = False) -> SlackMessage:
    ts = f"{1000 + second:.6f}"
    return SlackMessage(ts, ROOT if is_reply else ts, user, text, is_from_bot)


def thread(*lines: tuple[str, str]) -> list[SlackMessage]:
    """Return a thread of (user, text); the first line starts it."""
    return [said(user, text, second, is_reply=second > 0) for second, (user, text) in enumerate(lines)]


def channel(*lines: tuple[float, str, str]) -> list[SlackMessage]:
    """Return a channel's top level of (second, user, text)."""
    return [said(user, text, second, is_reply=False) for second, user, text in lines]


def read(messages: Sequence[SlackMessage], at: int) -> tuple[str, str] | None:
    """Return question and answer of the thread's message at a place."""
    exchange = in_thread(messages, messages[at].ts)
    return (exchange.question.text, exchange.text) if exchange else None


def guess(messages: Sequence[SlackMessage], at: int) -> tuple[str, str] | None:
    exchange = in_channel(messages, messages[at].ts)
    return (exchange.question.text, exchange.text) if exchange else None


@pytest.mark.parametrize(
    "text",
    [
        "Where is the kettle?",
        "<@U1> where's the kettle",
        "how do I open the shed",
        "anyone know the wifi password",
        "Hi all, can somebody let me in",
        "It says 403. What now?",
        "does `pip install` work",
        "I'm looking for the invoice template",
    ],
)
def test_who_wants_to_know_asks(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "The kettle is on the top shelf.",
        "see https://tin.example/search?q=kettle",
        "run `ls ?.txt`",
        "```\nis there?\n```",
        "It broke again",
        "",
    ],
)
def test_who_tells_does_not_ask(text: str) -> None:
    assert not is_question(text)


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("Good morning everyone!", True),
        ("hi team 👋", True),
        ("<!channel> the office is closed on Friday", True),
        ("<!here> deploy at five, back in ten minutes", True),
        ("<@U1>", True),
        ("Hello, where is the kettle?", False),
        ("The VPN says error 403 and kicks me out", False),
        ("<!here> who has the van keys?", False),
    ],
)
def test_a_greeting_or_an_announcement_is_nothing_to_answer(text: str, opens: bool) -> None:
    assert is_opening(text) is opens


def test_the_root_of_a_thread_is_the_question() -> None:
    messages = thread(("U1", "Where is the kettle?"), ("U3", "Which one?"), ("U2", "On the top shelf."))
    assert read(messages, 2) == ("Where is the kettle?", "On the top shelf.")


def test_a_root_without_a_question_mark_is_one_as_well() -> None:
    messages = thread(("U1", "The VPN kicks me out with 403"), ("U2", "Renew your certificate."))
    assert read(messages, 1) == ("The VPN kicks me out with 403", "Renew your certificate.")


@pytest.mark.parametrize("root", ["Good morning everyone!", "<!channel> the workshop is closed on Friday"])
def test_under_a_greeting_or_an_announcement_the_last_question_by_somebody_else_is_answered(root: str) -> None:
    messages = thread(
        ("U1", root), ("U3", "Is the shed open?"), ("U4", "And where is the kettle?"), ("U2", "On the top shelf.")
    )
    assert read(messages, 3) == ("And where is the kettle?", "On the top shelf.")


def test_under_a_greeting_without_a_question_there_is_no_answer() -> None:
    assert read(thread(("U1", "Good morning everyone!"), ("U2", "Morning!")), 1) is None


def test_whoever_started_the_thread_can_answer_a_question_in_it() -> None:
    messages = thread(("U1", "We deploy at five."), ("U2", "Does it touch the shop?"), ("U1", "No, only the blog."))
    assert read(messages, 2) == ("Does it touch the shop?", "No, only the blog.")


def test_nobody_answers_themselves() -> None:
    assert read(thread(("U1", "Where is the kettle?"), ("U1", "Found it, top shelf.")), 1) is None


def test_consecutive_messages_of_one_author_are_one_answer_whichever_is_pointed_at() -> None:
    messages = thread(
        ("U1", "Where is the kettle?"),
        ("U2", "Top shelf."),
        ("U2", "Behind the tea."),
        ("U3", "Thanks!"),
        ("U2", "Sure."),
    )
    whole = ("Where is the kettle?", "Top shelf.\n\nBehind the tea.")
    assert read(messages, 1) == read(messages, 2) == whole
    assert read(messages, 4) == ("Where is the kettle?", "Sure.")


def test_a_reply_in_a_thread_whose_root_was_deleted_answers_the_last_question_in_it() -> None:
    messages = thread(("U1", "gone"), ("U3", "You mean the red one?"), ("U2", "Yes, on the top shelf."))[1:]
    assert read(messages, 1) == ("You mean the red one?", "Yes, on the top shelf.")
    assert read(messages[1:], 0) is None


def test_a_bots_message_neither_asks_nor_answers_and_parts_what_others_say() -> None:
    root, first = thread(("U1", "Where is the kettle?"), ("U2", "Top shelf."))
    bot, second = said("UBOT", "Where? I don't know.", 2, is_from_bot=True), said("U2", "Behind the tea.", 3)
    messages = [root, first, bot, second]
    assert read(messages, 1) == ("Where is the kettle?", "Top shelf.")
    assert read(messages, 2) is None
    assert read(messages, 3) == ("Where is the kettle?", "Behind the tea.")
    by_bot = [said("UBOT", "Where is the kettle?", is_reply=False, is_from_bot=True), first]
    assert read(by_bot, 1) is None


def test_what_those_say_who_opted_out_is_not_there_and_still_parts_the_answers_of_others() -> None:
    messages = thread(
        ("U1", "Where is the kettle?"), ("U2", "Top shelf."), ("U9", "No, in the sink."), ("U2", "Behind the tea.")
    )
    left = without(messages, {"U9"})
    assert read(left, 1) == ("Where is the kettle?", "Top shelf.")
    assert read(left, 2) is None
    assert read(without(messages, {"U1"}), 1) is None


def test_outside_threads_the_nearest_earlier_question_by_somebody_else_is_answered() -> None:
    messages = channel(
        (0, "U1", "Is the shed open?"),
        (60, "U3", "Where is the kettle?"),
        (70, "U2", "Top shelf."),
        (75, "U2", "Enjoy!"),
    )
    assert guess(messages, 2) == guess(messages, 3) == ("Where is the kettle?", "Top shelf.\n\nEnjoy!")


def test_outside_threads_a_pause_ends_an_answer() -> None:
    messages = channel((0, "U1", "Is the shed open?"), (10, "U2", "Yes."), (11 + PAUSE_S, "U2", "Lunch is here."))
    assert guess(messages, 1) == ("Is the shed open?", "Yes.")


def test_outside_threads_a_question_of_long_ago_is_answered_no_more() -> None:
    messages = channel((0, "U1", "Is the shed open?"), (LOOK_BACK_S + 1, "U2", "Yes."))
    assert guess(messages, 1) is None


def test_outside_threads_a_question_is_no_answer_to_another() -> None:
    assert guess(channel((0, "U1", "Is the shed open?"), (5, "U2", "Where is the kettle?")), 1) is None
