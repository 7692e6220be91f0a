"""Text to and from Slack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.listeners.kept import kept_of
from bot.slack.mrkdwn import escape, plain_text, shorten, unescape
from bot.slack.payloads import Asked, CommandCall, MessageChange, emoji_name


@given(st.text())
def test_what_is_escaped_comes_back_as_it_was(text: str) -> None:
    assert unescape(escape(text)) == text


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("see <https://tin.example/a?b=1&amp;c=2|the wiki>", "see https://tin.example/a?b=1&c=2"),
        ("see <https://tin.example>", "see https://tin.example"),
        ("write to <mailto:ada@tin.example|ada@tin.example>", "write to ada@tin.example"),
        ("ask in <#C0123|help-desk>", "ask in #help-desk"),
        ("ask <@U0123|ada>", "ask @ada"),
        ("ask <@U0123>", "ask @U0123"),
        ("<!here> and <!channel> and <!everyone>", "@here and @channel and @everyone"),
        ("ask <!subteam^S0123|@reviewers>", "ask @reviewers"),
        ("on <!date^1392734382^{date}|Feb 18>", "on Feb 18"),
        ("R&amp;D says &lt;yes&gt; &amp;lt;", "R&D says <yes> &lt;"),
    ],
)
def test_slacks_markup_becomes_what_people_see(sent: str, typed: str) -> None:
    assert unescape(sent) == typed


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("<@U1> <@U2>: where is it?", "where is it?"),
        ("<@U1|timbre>, where is <@U2|tom>?", "where is @tom?"),
        ("  where is it? ", "where is it?"),
        ("<@U1>", ""),
    ],
)
def test_those_a_message_is_addressed_to_are_left_out(sent: str, said: str) -> None:
    assert plain_text(sent) == said


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [("one two", 7, "one two"), ("one two three", 8, "one…"), ("onetwothree", 5, "onet…")],
)
def test_a_text_is_shortened_at_a_word(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


def test_a_question_is_read_as_it_was_typed() -> None:
    event = {"channel": "C1", "ts": "2.0", "thread_ts": "1.0", "user": "U1", "text": "<@U0> is\nR&amp;D <#C2|open>?"}

    asked = Asked.from_event(event, team_id="T1", is_direct=False)

    assert asked == Asked("T1", "C1", False, "2.0", "1.0", "U1", "is R&D #open?")


@pytest.mark.parametrize("empty", ["", None])
def test_a_question_outside_threads_is_answered_below_itself(empty: str | None) -> None:
    event = {"channel": "D1", "ts": "2.0", "thread_ts": empty, "user": "U1", "text": "open?"}

    asked = Asked.from_event(event, team_id="T1", is_direct=True)

    assert asked.thread_ts == "2.0"


@pytest.mark.parametrize("empty", ["", None])
def test_a_message_that_changed_outside_threads_is_in_none(empty: str | None) -> None:
    message = {"ts": "2.0", "thread_ts": empty, "text": "open?"}
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "previous_message": message}

    change = MessageChange.from_event(kept_of(event, region="US"), team_id="T1")

    assert (change.message_ts, change.thread_ts) == ("2.0", None)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [("", "help", ()), ("Rollback  voice-1 ", "rollback", ("voice-1",)), ("RETRAIN", "retrain", ())],
)
def test_a_command_is_a_word_and_its_arguments(text: str, name: str, arguments: tuple[str, ...]) -> None:
    call = CommandCall.from_payload({"team_id": "T1", "channel_id": "C1", "user_id": "U1", "text": text})

    assert (call.name, call.arguments) == (name, arguments)


def test_a_reactions_skin_tone_is_not_part_of_its_name() -> None:
    assert emoji_name("+1::skin-tone-3") == emoji_name("+1") == "+1"
