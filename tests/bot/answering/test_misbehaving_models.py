"""Whatever a model or Slack does meanwhile, a person ends with one whole answer or one failure with an id."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.blocks.asking import GOES_ON, SHARE
from bot.settings import Settings
from storage.database import Database
from storage.knowledge import NewDocument, count_chunks, put_document
from tests.bot.conftest import NOW
from tests.bot.running import Channel, for_playground, running_bot, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until

QUESTION = "@timbre where are the spare keys?"
LINES = [f"Tin {number} holds spare key {number}." for number in range(1_200)]
TABLE = "| tin | key |\n|---|---|\n" + "\n".join(f"| {number} | spare {number} |" for number in range(8))
THIRTY_THOUSAND = "\n\n".join([*LINES, "[1]"])
CODE = [f"```python\nkey_{number} = tins[{number}] < 3\n```" for number in range(60)]
TABLES_AND_CODE = "\n\n".join([TABLE, *CODE[:30], TABLE, *CODE[30:], TABLE, "That is all [1]."])

pytestmark = pytest.mark.slow  # each case starts a bot


@pytest.fixture
def room(
    settings: Settings, database: Database, town: RunningPlayground, model_server: FakeModelServer
) -> Iterator[Channel]:
    """A channel with a running bot in it, which waits half a second for a model's next word."""
    town.control("trouble", clear=True)
    team_id = town.web.auth_test()["team_id"]
    document = NewDocument(team_id, "keys.md", "Keys", None, ("The spare keys are in the blue tin by the door.",))
    with database.writing() as session:
        put_document(session, document, now=NOW)
    patient = for_playground(settings, town, model_timeout_s=1.0, answer_timeout_s=4.0, max_answer_tokens=8192)
    with running_bot(patient, town):

        def is_indexed() -> bool:
            with database.reading() as session:
                return count_chunks(session, team_id=team_id) == (1, 0)

        wait_until(is_indexed, "the document is indexed")
        yield Channel(town, "CHELP")
    town.control("trouble", clear=True)


def ended(room: Channel, ts: str, *, timeout: float = 20.0) -> list[dict[str, Any]]:
    """Wait for the end of an answer; returns its messages, which are all there are in the thread."""

    def is_over() -> bool:
        return any(_is_end(message) for message in room.thread(ts))

    wait_until(is_over, "the answer has its end", timeout=timeout)
    time.sleep(0.3)  # a second answer would come at once
    replies = room.thread(ts)
    assert sum(_is_end(message) for message in replies) == 1
    assert _is_end(replies[-1])
    if not is_failure(replies[-1]):
        assert "Sources" in said_in(replies[-1]) or "Read, but not cited" in said_in(replies[-1])
        assert said_in(replies[-1]).endswith("Correct this\nGood answer\nBad answer")
    assert all(message.get("metadata") for message in replies), "a message was left half written"
    wait_until(lambda: not room.slack.playground.workspace(None).statuses, "nobody is thinking any more")
    return replies


def _is_end(message: dict[str, Any]) -> bool:
    is_whole = message.get("metadata") and message.get("blocks", [{}])[-1]["type"] == "context_actions"
    return bool(is_whole) or ":warning:" in message["text"]


def is_failure(message: dict[str, Any]) -> bool:
    return ":warning:" in message["text"] and "tell an admin `" in said_in(message)


def test_an_answer_of_thirty_thousand_characters_comes_whole(room: Channel, model_server: FakeModelServer) -> None:
    model_server.says = THIRTY_THOUSAND
    assert len(model_server.says) > 30_000

    replies = ended(room, room.say("UTOM", QUESTION))

    said = "\n".join(said_in(message) for message in replies)
    assert all(line in said for line in LINES)
    assert "*Sources*\n[1] Keys" in said_in(replies[-1])


def test_an_answer_with_three_tables_and_sixty_code_blocks_comes_whole(
    room: Channel, model_server: FakeModelServer
) -> None:
    model_server.says = TABLES_AND_CODE

    replies = ended(room, room.say("UTOM", QUESTION))

    assert has_tables_and_code(replies)


def has_tables_and_code(messages: list[dict[str, Any]]) -> bool:
    """Return whether three tables and sixty code blocks are all there, in their order."""
    parts = [part for message in messages for block in message["blocks"] for part in block.get("elements", ())]
    code = [said_in({"blocks": [part]}) for part in parts if part["type"] == "rich_text_preformatted"]
    assert sum("spare 7" in text for text in code) == 3
    return [text for text in code if "tins" in text] == [f"key_{n} = tins[{n}] < 3" for n in range(60)]


def is_thirty_thousand(messages: list[dict[str, Any]]) -> bool:
    said = "\n".join(said_in(message) for message in messages)
    return [said.count(line) for line in LINES] == [1] * len(LINES)


@pytest.mark.parametrize(
    ("says", "is_whole"),
    [(THIRTY_THOUSAND, is_thirty_thousand), (TABLES_AND_CODE, has_tables_and_code)],
    ids=["thirty thousand", "tables and code"],
)
def test_a_long_answer_for_its_asker_alone_comes_whole_and_is_shared_whole(
    room: Channel,
    model_server: FakeModelServer,
    says: str,
    is_whole: Callable[[list[dict[str, Any]]], bool],
) -> None:
    model_server.says = says

    since = room.say("UTOM", "Let me ask the machine.")

    def seen(user: str) -> list[dict[str, Any]]:
        return [message for message in room.slack.messages("CHELP", as_=user) if message["ts"] > since]

    def told() -> list[dict[str, Any]]:
        return [message for message in seen("UTOM") if message.get("is_ephemeral")]

    room.slack.control("command", user="UTOM", channel="CHELP", command="/timbre", text="ask where are the spare keys?")
    wait_until(lambda: told() and "Correct this" in said_in(told()[-1]), "the answer has its end")
    *others, last = told()
    assert is_whole([*others, last])
    assert [block["type"] for block in last["blocks"]][-3:] == ["context", "actions", "context_actions"]
    assert all([block["type"] for block in other["blocks"]] == ["rich_text"] for other in others)

    (share,) = (one for block in last["blocks"] for one in block.get("elements", ()) if one.get("action_id") == SHARE)
    room.slack.control("click", user="UTOM", channel="CHELP", ts=last["ts"], action_id=share["action_id"], wait=True)
    wait_until(lambda: told()[-1]["text"] == "Shared.", "it is shared")
    (first,) = seen("UMIA")
    parts = [first, *room.thread(first["ts"], as_="UMIA")]
    assert is_whole(parts)
    assert (GOES_ON in said_in(first)) is (len(parts) > 1)
    assert said_in(parts[-1]).endswith("Correct this\nGood answer\nBad answer")


def test_a_stream_that_the_model_breaks_off_ends_in_one_failure(room: Channel, model_server: FakeModelServer) -> None:
    model_server.says, model_server.piece, model_server.breaks_at = " ".join(LINES), 400, 40

    (reply,) = ended(room, room.say("UTOM", QUESTION))

    assert is_failure(reply)


@pytest.mark.parametrize(
    "trouble",
    [
        {"end_streams": True},
        {"api": [{"method": "chat.appendStream", "answer": "message_not_in_streaming_state", "calls": 1}]},
        {"api": [{"method": "chat.appendStream", "answer": "http_500", "calls": 20}]},
        {"api": [{"method": "chat.startStream", "answer": "unknown_method", "calls": 20}]},
        {"api": [{"method": "chat.startStream", "answer": "http_500", "calls": 1, "carried_out": True}]},
        {"api": [{"method": "chat.stopStream", "answer": "http_500", "calls": 20}]},
        {"api": [{"method": "chat.stopStream", "answer": "message_not_in_streaming_state", "calls": 1}]},
        {"api": [{"method": "chat.*", "answer": "ratelimited", "retry_after": 1, "calls": 2}]},
        {"api": [{"method": "chat.update", "answer": "edit_window_closed", "calls": 1}]},
        {"api": [{"method": "chat.postMessage", "answer": "http_500", "calls": 1, "carried_out": True}]},
        {"api": [{"method": "assistant.*", "answer": "missing_scope", "calls": 20}]},
    ],
    ids=lambda trouble: "-".join(f"{rule['method']}-{rule['answer']}" for rule in trouble.get("api", ())) or "ended",
)
def test_a_stream_that_slack_breaks_off_ends_in_one_whole_answer(
    room: Channel, model_server: FakeModelServer, trouble: dict[str, Any]
) -> None:
    model_server.says, model_server.piece, model_server.pause_s = "\n\n".join([*LINES[:300], "[1]"]), 300, 0.05
    room.slack.control("trouble", **{key: value for key, value in trouble.items() if key == "api"})
    ts = room.say("UTOM", QUESTION)
    if trouble.get("end_streams"):
        wait_until(lambda: room.thread(ts), "the answer is being written")
        room.slack.control("trouble", end_streams=True)

    replies = ended(room, ts, timeout=40)

    said = "\n".join(said_in(message) for message in replies)
    assert [said.count(line) for line in LINES[:300]] == [1] * 300


def test_a_model_that_is_down_gives_one_failure(room: Channel, model_server: FakeModelServer) -> None:
    model_server.is_down = True

    (reply,) = ended(room, room.say("UTOM", QUESTION))

    assert is_failure(reply)


@pytest.mark.parametrize("silent_at", [0, 1, 5])
def test_a_model_that_falls_silent_gives_one_failure(
    room: Channel, model_server: FakeModelServer, silent_at: int
) -> None:
    model_server.says, model_server.piece, model_server.is_silent_at = " ".join(LINES), 100, silent_at

    (reply,) = ended(room, room.say("UTOM", QUESTION))

    assert is_failure(reply)


def test_a_model_that_never_comes_to_an_end_gives_one_failure(room: Channel, model_server: FakeModelServer) -> None:
    model_server.says, model_server.piece, model_server.pause_s = " ".join(LINES), 10, 0.1

    (reply,) = ended(room, room.say("UTOM", QUESTION))

    assert is_failure(reply)


def test_a_slow_first_word_is_waited_for(room: Channel, model_server: FakeModelServer) -> None:
    model_server.is_thinking = True
    model_server.says = "In the blue tin by the door [1]."
    threading.Timer(0.3, lambda: setattr(model_server, "is_thinking", False)).start()

    (reply,) = ended(room, room.say("UTOM", QUESTION))

    assert "In the blue tin" in said_in(reply)


@pytest.mark.parametrize(
    ("says", "failed"),
    [
        ("", True),
        (" \n\t ", True),
        ("\u200b\u202e\x00\x07", True),
        ("<think>hm", True),
        ("the keys the keys " * 3_000, False),
        ("=" * 30_000, False),
        ("In the \x00blue\x1b[31m tin\ud83d by the door [1].", False),
        ("> " * 4_000, False),
        ("[" * 4_000 + "](" * 4_000, False),
        ("*_`~|" * 900 + "x", False),
        ("- " * 300 + "tin", False),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, str) else str(value),
)
def test_garbage_gives_one_answer_or_one_failure(
    room: Channel, model_server: FakeModelServer, says: str, failed: bool
) -> None:
    model_server.says = says

    replies = ended(room, room.say("UTOM", QUESTION))

    assert is_failure(replies[-1]) is failed


@pytest.mark.parametrize(
    "garbage",
    [[b"data: \xff\xfe\xfd\n\n"], [b"data: {not json\n\n"], [b"data: 5\n\n"], [b'data: {"choices": [{}]}\n\n']],
)
def test_bytes_that_are_no_answer_give_one_answer_or_one_failure(
    room: Channel, model_server: FakeModelServer, garbage: list[bytes]
) -> None:
    model_server.says, model_server.garbage = "In the blue tin by the door [1].", garbage

    assert len(ended(room, room.say("UTOM", QUESTION))) == 1
