"""Slack's limits on calls, each taken up to its last and refused beyond it; those on blocks are in `test_limits`."""

import ast
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from websockets.sync.client import connect

import bot.playground
from bot.playground import files
from bot.playground.playground import Tokens
from bot.playground.triggers import RESPONSE_LIFETIME_S, RESPONSE_USES, ResponseUrls, Tickets, Triggers
from tests.bot.playground.conftest import Room
from tests.bot.playground.contract import HOME, MODAL, Args, Scene
from tests.bot.playground.test_hostile_arguments import Line
from tests.playground_server import RunningPlayground

Call = Callable[[Scene, int], tuple[str, Args]]
PROMPT = {"title": "Keys", "message": "Where?"}
LABEL = {"type": "plain_text", "text": "x"}


def post(**fields: Callable[[int], Any]) -> Call:
    return lambda s, n: ("chat.postMessage", {"channel": s.room.id, "text": "x"} | {k: v(n) for k, v in fields.items()})


def update(scene: Scene, length: int) -> tuple[str, Args]:
    return "chat.update", scene.at(scene.posted(), text="x" * length)


def home(**fields: Callable[[int], Any]) -> Call:
    return lambda s, n: ("views.publish", {"user_id": s.people["tom"], "view": view(HOME, fields, n)})


def modal(**fields: Callable[[int], Any]) -> Call:
    return lambda s, n: ("views.open", {"trigger_id": s.trigger(), "view": view(MODAL, fields, n)})


def view(base: Args, fields: dict[str, Callable[[int], Any]], size: int) -> Args:
    return base | {key: value(size) for key, value in fields.items()}


def padding(size: int) -> str:
    """Return what makes a whole App Home that large."""
    return "x" * (size - len(json.dumps(HOME | {"pad": ""})))


def prompts(scene: Scene, count: int) -> tuple[str, Args]:
    return "assistant.threads.setSuggestedPrompts", {"channel_id": scene.direct(), "prompts": [PROMPT] * count}


def title(scene: Scene, length: int) -> tuple[str, Args]:
    channel = scene.direct()
    ts = scene.web.chat_postMessage(channel=channel, text="x")["ts"]
    return "assistant.threads.setTitle", {"channel_id": channel, "thread_ts": ts, "title": "x" * length}


def status(scene: Scene, count: int) -> tuple[str, Args]:
    where = {"channel_id": scene.room.id, "thread_ts": scene.said()}
    return "assistant.threads.setStatus", where | {"status": "…", "loading_messages": ["x"] * count}


def start_stream(scene: Scene, length: int) -> tuple[str, Args]:
    return "chat.startStream", scene.stream() | {"markdown_text": "x" * length}


def append_stream(scene: Scene, length: int) -> tuple[str, Args]:
    return "chat.appendStream", scene.streaming() | {"markdown_text": "x" * length}


def reactions(scene: Scene, count: int) -> tuple[str, Args]:
    ts = scene.said()
    for number in range(count - 1):
        scene.room.slack.control("react", user="tom", channel=scene.room.id, ts=ts, name=f"emoji_{number}")
    return "reactions.add", scene.mark(ts, name="last_one")


def stacked(scene: Scene, count: int) -> tuple[str, Args]:
    scene.view()
    for _ in range(count - 2):
        scene.web.views_push(trigger_id=scene.trigger(), view=MODAL)
    return "views.push", {"trigger_id": scene.trigger(), "view": MODAL}


def upload(_scene: Scene, length: int) -> tuple[str, Args]:
    return "files.getUploadURLExternal", {"filename": "x", "length": length}


def nested(scene: Scene, depth: int) -> tuple[str, Args]:
    inner: Any = 1
    for _ in range(depth - 1):  # the body itself is one
        inner = [inner]
    return "chat.postMessage", {"channel": scene.room.id, "text": "x", "deep": inner}


# Where the limit is said in the source, the last that is taken, the call, and the word for one more.
LIMITS: list[tuple[str, int, Call, str]] = [
    ("web_api/chat.MAX_POSTED_TEXT", 40_000, post(text=lambda n: "x" * n), "msg_too_long"),
    ("web_api/chat.MAX_UPDATED_TEXT", 4_000, update, "msg_too_long"),
    ("web_api/chat.MAX_ATTACHMENTS", 100, post(attachments=lambda n: [{"text": "a"}] * n), "too_many_attachments"),
    ("web_api/streams.MAX_MARKDOWN_PER_CALL", 12_000, start_stream, "msg_too_long"),
    ("web_api/streams.MAX_MARKDOWN_PER_CALL", 12_000, append_stream, "msg_too_long"),
    ("web_api/assistant.MAX_LOADING_MESSAGES", 10, status, "invalid_arguments"),
    ("web_api/assistant.MAX_PROMPTS", 4, prompts, "invalid_arguments"),
    ("web_api/assistant.MAX_TITLE", 255, title, "invalid_arguments"),
    ("messaging.MAX_REACTIONS", 50, reactions, "too_many_emoji"),
    ("modals.MAX_STACK", 3, stacked, "push_limit_reached"),
    ("modals.MAX_TITLE", 24, modal(title=lambda n: LABEL | {"text": "x" * n}), "invalid_arguments"),
    ("modals.MAX_TITLE", 24, modal(submit=lambda n: LABEL | {"text": "x" * n}), "invalid_arguments"),
    ("modals.MAX_TITLE", 24, modal(close=lambda n: LABEL | {"text": "x" * n}), "invalid_arguments"),
    ("modals.MAX_METADATA", 3000, home(private_metadata=lambda n: "x" * n), "invalid_arguments"),
    ("modals.MAX_ID", 255, home(callback_id=lambda n: "x" * n), "invalid_arguments"),
    (
        "modals.MAX_BYTES",
        250_000,
        home(pad=padding),
        "view_too_large",
    ),
    ("files.MAX_BYTES", 20 * 1024 * 1024, upload, "file_uploads_too_large"),
    ("blocks.MESSAGE", 50, post(blocks=lambda n: [{"type": "divider"}] * n), "invalid_blocks"),
    ("blocks.VIEW", 100, home(blocks=lambda n: [{"type": "divider"}] * n), "invalid_arguments"),
    ("arguments.MAX_DEPTH", 50, nested, "invalid_json"),
]
# Tested where they are at home: blocks in test_limits, connections in test_socket_mode, and here below.
ELSEWHERE = {
    "blocks.MAX_MESSAGE_CHARACTERS",
    "blocks.MAX_MARKDOWN_CHARACTERS",
    "element_limits.MAX_TYPED",
    "blocks.MAX_TABLE_ROWS",
    "blocks.MAX_TABLE_COLUMNS",
    "blocks.MAX_TABLE_CHARACTERS",
    "control/acting.MAX_TEXT",
    "responses.MAX_TEXT",
    "delivery.MAX_CONNECTIONS",
}


@pytest.mark.parametrize(("_where", "most", "call", "error"), [pytest.param(*row, id=row[0]) for row in LIMITS])
def test_a_call_is_taken_up_to_slacks_limit_and_not_beyond(
    room: Room, _where: str, most: int, call: Call, error: str
) -> None:
    assert sent(room, call, most) == "ok"
    assert sent(room, call, most + 1) == error


def sent(room: Room, call: Call, size: int) -> str:
    """Return what is answered: ok, or the word for why not."""
    method, args = call(Scene(room), size)
    line = Line(room)
    _status, answer = line.send_call(method, args)
    line.close()
    return "ok" if answer["ok"] else str(answer["error"])


def test_every_limit_in_the_source_is_tested() -> None:
    assert {where for where, *_ in LIMITS if "MAX_" in where} | ELSEWHERE == limits_in_source()


def limits_in_source() -> set[str]:
    root = Path(bot.playground.__file__).parent
    found: set[str] = set()
    for file in root.rglob("*.py"):
        place = file.relative_to(root).with_suffix("").as_posix()
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
            found |= {f"{place}.{name}" for name in names if name.startswith("MAX_")}
    return found


@pytest.mark.parametrize(("length", "ok"), [(40_000, True), (40_001, False)])
def test_a_person_and_a_response_may_write_forty_thousand_characters(room: Room, length: int, ok: bool) -> None:
    line = Line(room)
    typed = {"user": "tom", "channel": room.id, "text": "x" * length}
    assert (line.send_json("/control/post", typed)[0] == 200) is ok
    team = room.slack.playground.workspace(None).team.id
    path = room.slack.playground.response_urls.issue(team, room.id, "U1")
    status, answer = line.send_json(path, {"text": "x" * length})
    line.close()
    assert (status == 200) is ok
    assert answer.get("error") == (None if ok else "msg_too_long")


def test_ten_connections_are_taken_and_no_more(slack: RunningPlayground) -> None:
    web = WebClient(base_url=slack.api_url)
    with ExitStack() as stack:
        frames = [
            stack.enter_context(connect(web.apps_connections_open(app_token=Tokens().app)["url"])).recv()
            for _ in range(11)
        ]
    assert ["too_many_websockets" in str(frame) for frame in frames] == [False] * 10 + [True]


def test_permissions_end_with_their_time_and_their_uses() -> None:
    clock = [0.0]
    tickets, triggers = Tickets(60, lambda: clock[0]), Triggers(3, lambda: clock[0])
    urls = ResponseUrls(lambda: clock[0])
    in_time, late = tickets.issue(), tickets.issue()
    prompt, slow = triggers.issue("T1", "U1"), triggers.issue("T1", "U1")
    used, old = urls.issue("T1", "C1", "U1"), urls.issue("T1", "C1", "U1")
    clock[0] = 3.0
    assert triggers.redeem(prompt, "T1").user_id == "U1"
    for _ in range(RESPONSE_USES):
        urls.redeem(used)
    clock[0] = 60.0
    assert tickets.redeem(in_time) is True
    with pytest.raises(Exception, match="expired_trigger_id"):
        triggers.redeem(slow, "T1")
    with pytest.raises(Exception, match="used_url"):
        urls.redeem(used)
    clock[0] = 60.1
    assert tickets.redeem(late) is False
    clock[0] = RESPONSE_LIFETIME_S + 1.0
    with pytest.raises(Exception, match="expired_url"):
        urls.redeem(old)


def test_what_was_announced_is_what_may_be_sent(room: Room) -> None:
    answer = room.web.files_getUploadURLExternal(filename="a.txt", length=2)
    line = Line(room)
    path = answer["upload_url"].removeprefix(room.slack.url)
    assert line.status(path, "too long") == 400
    assert line.status(path, "hi") == 200
    assert line.status(path, "hi") == 404
    line.close()
    assert files.MAX_BYTES > 1_000_000
