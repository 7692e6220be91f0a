"""Every argument of every call, replaced by what nobody should send: at worst the answer is a refusal, not a crash."""

import contextlib
import copy
import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.playground.control.routes import ACTS
from tests.bot.playground.conftest import Room
from tests.bot.playground.contract import EXAMPLES, Args, Scene
from tests.playground_server import RunningPlayground

DEEP: list[Any] = []
for _ in range(60):
    DEEP = [DEEP]
JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "nan",
    "Infinity",
    "9" * 5000,
    "🦊" * 300,
    "[[",
    '{"a": [1]}',
    "[" * 3000,
    [],
    {},
    [None],
    [1, "x", {}],
    [[["x"]]],
    {"type": 5},
    {"type": "button", "text": [], "elements": 7},
    {"\x00": "\x00"},
    DEEP,
]
Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path to everything within an argument list."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


def replaced(args: Args, path: Path, junk: Any) -> Args:
    changed: Any = copy.deepcopy(args)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = junk
    answer: Args = changed
    return answer


class Line:
    """One connection that is kept, as there are thousands of calls."""

    def __init__(self, room: Room) -> None:
        self._connection = http.client.HTTPConnection(room.slack.url.removeprefix("http://"), timeout=20)

    def send(self, path: str, body: str) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-playground"}
        self._connection.request("POST", path, body, headers)
        with self._connection.getresponse() as answer:
            content = answer.read()
        return answer.status, json.loads(content) if answer.status < 500 else content

    def close(self) -> None:
        self._connection.close()

    def odd_answers(self, path: str, args: Args, *, fine: set[int]) -> list[tuple[Path, Any, int]]:
        """Return where what was put there made the answer neither an answer nor a refusal."""
        odd = []
        for place in list(places(args)):
            for junk in JUNK:
                status, answer = self.send(path, json.dumps(replaced(args, place, junk)))
                said = status in fine and (answer["ok"] is True or isinstance(answer["error"], str))
                if not said:
                    odd.append((place, str(junk)[:40], status))
        return odd


@pytest.fixture
def line(room: Room) -> Iterator[Line]:
    with contextlib.closing(Line(room)) as opened:
        yield opened


@pytest.mark.parametrize("method", sorted(EXAMPLES))
def test_a_method_answers_whatever_an_argument_is(room: Room, line: Line, method: str) -> None:
    assert line.odd_answers(f"/api/{method}", EXAMPLES[method].args(Scene(room)), fine={200}) == []
    assert room.web.auth_test()["ok"] is True


def _clicked(scene: Scene) -> Args:
    elements: list[Args] = [
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "7"},
        {
            "type": "static_select",
            "action_id": "pick",
            "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
        },
    ]
    blocks = [{"type": "actions", "block_id": "b", "elements": elements}]
    ts = scene.web.chat_postMessage(channel=scene.room.id, text="?", blocks=blocks)["ts"]
    return {"user": "tom", "channel": scene.room.id, "ts": ts, "action_id": "pick", "block_id": "b", "value": "a"}


def at(scene: Scene, ts: str, **more: Any) -> Args:
    return {"user": "tom", "channel": scene.room.id, "ts": ts, **more}


ACTIONS: dict[str, Callable[[Scene], Args]] = {
    "app": lambda _: {"scopes": ["chat:write"], "retry_delays": [0, 1], "ack_timeout": 3},
    "channel": lambda s: {
        "user": "tom",
        "channel": s.joined(),
        "act": "rename",
        "name": "new",
        "member": "tom",
    },
    "click": _clicked,
    "close": lambda s: {"user": "maya", "view_id": s.view()},
    "command": lambda s: {
        "user": "tom",
        "channel": s.room.id,
        "command": "/timbre",
        "text": "x",
        "thread_ts": s.said(),
    },
    "delete": lambda s: at(s, s.said()),
    "dismiss": lambda s: at(s, s.said()),
    "edit": lambda s: at(s, s.said(), text="x"),
    "invite": lambda s: {"user": "tom", "channel": s.room.id, "invitee": "ines"},
    "join": lambda s: {"user": "ines", "channel": s.room.id},
    "leave": lambda s: {"user": "tom", "channel": s.joined()},
    "mark": lambda s: at(s, s.said()),
    "open_home": lambda _: {"user": "tom", "tab": "home"},
    "person": lambda _: {"user": "tom", "real_name": "Tom", "title": "Chef", "is_admin": False},
    "pin": lambda s: at(s, s.said()),
    "post": lambda s: {"user": "tom", "channel": s.room.id, "text": "x", "thread_ts": s.said(), "broadcast": True},
    "react": lambda s: at(s, s.said(), name="eyes"),
    "seed": lambda s: {
        "team": {"name": "Lanternhouse", "domain": "lanternhouse", "id": s.team},
        "app": {
            "name": "timbre",
            "commands": [{"command": "/timbre", "description": "Ask"}],
            "shortcuts": [{"callback_id": "approve", "name": "Approve"}],
            "guide": {"channel": "help", "question": "?"},
        },
        "people": [{"name": "tom", "title": "Chef", "color": "#111111", "is_admin": False}],
        "user_groups": [{"handle": "reviewers", "name": "Reviewers", "members": ["maya"]}],
        "channels": [{"name": "help", "topic": "x", "purpose": "y", "is_private": False, "members": ["tom"]}],
        "messages": [
            {
                "key": "a",
                "channel": "help",
                "user": "tom",
                "text": "x",
                "ts": "1.5",
                "reactions": {"eyes": ["tom"]},
            }
        ],
    },
    "shortcut": lambda s: at(s, s.said(), callback_id="approve"),
    "submit": lambda s: {"user": "maya", "view_id": s.view(), "values": {"answer": {"text": "x"}}},
    "trouble": lambda _: {
        "clear": True,
        "api": [{"method": "no.method", "answer": "http_503", "calls": 1, "rate": 0.1, "seed": 1, "delay_s": 0}],
        "events": [{"trouble": "delay", "calls": 0, "rate": 0.1, "seed": 1, "delay_s": 0}],
        "duplicate": 0,
        "reorder": 0,
        "disconnect": "warning",
        "end_streams": True,
    },
    "unpin": lambda s: at(s, s.pinned()["timestamp"]),
    "unreact": lambda s: at(s, s.said(), name="eyes"),
    "upload": lambda s: {"user": "tom", "channel": s.room.id, "name": "a.txt", "content_base64": "aGk=", "text": "x"},
    "user_group": lambda _: {"user": "tom", "handle": "reviewers", "members": ["maya"], "name": "Reviewers"},
}


def test_every_act_has_an_example() -> None:
    assert set(ACTIONS) == set(ACTS)


@pytest.mark.parametrize("act", sorted(ACTIONS))
def test_an_act_works_and_answers_whatever_an_argument_is(own_room: Room, own_line: Line, act: str) -> None:
    room, line = own_room, own_line
    args = ACTIONS[act](Scene(room))
    # Nobody can dismiss, or take a reaction back from, what is not theirs: these two are refused as they are.
    assert line.send(f"/control/{act}", json.dumps(args))[0] == (400 if act in ("dismiss", "unreact") else 200)
    assert line.odd_answers(f"/control/{act}", args, fine={200, 400}) == []
    assert line.send("/control/trouble", '{"clear": true}')[0] == 200
    assert room.slack.look("state")["ok"] is True
    assert room.slack.look("messages", channel=room.id)["ok"] is True


@pytest.fixture
def own_room(slack: RunningPlayground) -> Room:
    """A room in a playground of the test's own: acts may rename and rewire what other tests use."""
    ids = slack.control("seed", channels=[{"name": "room", "members": ["maya", "tom", "timbre"]}])["channels"]
    return Room(slack, ids["room"], "room")


@pytest.fixture
def own_line(own_room: Room) -> Iterator[Line]:
    with contextlib.closing(Line(own_room)) as opened:
        yield opened


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, "{", "", "\x00", "nul", '"x"'])
@pytest.mark.parametrize("path", ["/api/chat.postMessage", "/control/post", "/control/seed"])
def test_a_body_of_any_kind_is_answered(line: Line, path: str, body: str) -> None:
    status, answer = line.send(path, body)
    assert status in (200, 400)
    assert isinstance(answer["ok"], bool)
