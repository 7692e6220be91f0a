"""Every argument of every call, replaced by what nobody should send: at worst the answer is a refusal, not a crash."""

import contextlib
import copy
import http.client
import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk import WebClient
from websockets.sync.client import ClientConnection, connect

from bot.playground.control.routes import ACTS, LOOKS
from bot.playground.delivery import Timings
from bot.playground.playground import Tokens
from tests.bot.playground.conftest import SEED, Room
from tests.bot.playground.contract import EXAMPLES, MODAL, Args, Scene
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

    def send_json(self, path: str, body: Args) -> tuple[int, Any]:
        return self.send(path, json.dumps(body))

    def send_call(self, method: str, args: Args) -> tuple[int, Any]:
        return self.send_json(f"/api/{method}", args)

    def status(self, path: str, body: str) -> int:
        """Return only the HTTP status, where the answer is no JSON."""
        self._connection.request("POST", path, body)
        with self._connection.getresponse() as answer:
            answer.read()
        return answer.status

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


LOOKING = ["as", "team", "channel", "limit", "before", "thread_ts", "after", "id"]


@pytest.mark.parametrize("look", sorted(LOOKS))
def test_a_look_answers_whatever_is_asked_for(room: Room, look: str) -> None:
    connection = http.client.HTTPConnection(room.slack.url.removeprefix("http://"), timeout=20)
    for name in LOOKING:
        for junk in [junk for junk in JUNK if isinstance(junk, str) and junk != "\ud800"] + ["9" * 30, "-1", "@tom"]:
            query = {"as": "tom", "channel": room.id, name: junk}
            connection.request("GET", f"/control/{look}?{urlencode(query)}")
            with connection.getresponse() as answer:
                answer.read()
            assert answer.status in (200, 400), (name, junk)
    connection.close()


@pytest.mark.parametrize("cursor", ["9" * 5000, "x-" + "9" * 5000, "\x00", "-"])
def test_a_feed_with_any_cursor_asks_to_load_again(room: Room, cursor: str) -> None:
    query = urlencode({"after": cursor.replace("x-", room.slack.look("state")["cursor"].partition("-")[0] + "-")})
    with urllib.request.urlopen(f"{room.slack.url}/control/events?{query}", timeout=5) as response:
        assert b'{"type": "reset"}' in response.readline() + response.readline()


RESPONSE = {
    "text": "x",
    "blocks": [{"type": "divider"}],
    "attachments": [{"text": "a"}],
    "thread_ts": "1.5",
    "replace_original": False,
    "delete_original": False,
    "response_type": "in_channel",
}


def test_a_response_url_answers_whatever_it_is_sent(room: Room, line: Line) -> None:
    playground = room.slack.playground
    team = playground.workspace(None).team.id
    for place in places(RESPONSE):
        for junk in JUNK:
            path = playground.response_urls.issue(team, room.id, "U1")
            status, _answer = line.send_json(path, replaced(RESPONSE, place, junk))
            assert status in (200, 400), (place, junk)


ACKNOWLEDGEMENTS: list[Args] = [
    {"response_action": "errors", "errors": {"answer": "Too short"}},
    {"response_action": "update", "view": MODAL},
    {"response_action": "push", "view": MODAL},
    RESPONSE,
]


@pytest.fixture
def patient() -> Iterator[RunningPlayground]:
    """A playground that waits long, for a test that takes its time over hundreds of answers."""
    with RunningPlayground(timings=Timings(ack_timeout=20, trigger_lifetime=20)) as slack:
        slack.control("seed", **SEED)
        yield slack


def test_a_connection_survives_whatever_comes_with_an_acknowledgement(patient: RunningPlayground) -> None:
    slack = patient
    (channel,) = (c["id"] for c in slack.look("state")["channels"] if c["name"] == "help")
    scene = Scene(Room(slack, channel, "help"))
    answers = [junk for junk in JUNK if junk is not DEEP]
    answers += [replaced(a, place, junk) for a in ACKNOWLEDGEMENTS for place in places(a) for junk in JUNK[:24]][::5]
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=Tokens().app)["url"]
    with connect(url) as socket:
        socket.recv()
        for answer in answers:
            slack.control("command", user="tom", channel="help", command="/timbre")
            acknowledge(socket, "slash_commands", answer)
            view = scene.view()
            slack.control("submit", user="maya", view_id=view, values={"answer": {"text": "x"}})
            acknowledge(socket, "interactive", answer)
        socket.send(b"\x00\xff")
        socket.send("[" * 5000)
        slack.control("command", user="tom", channel="help", command="/timbre", text="still there?")
        assert acknowledge(socket, "slash_commands", {})["payload"]["text"] == "still there?"


def acknowledge(socket: ClientConnection, kind: str, payload: Any) -> Args:
    """Acknowledge what comes until something of that kind has come, and that with a payload; returns its envelope."""
    while True:
        frame: Args = json.loads(socket.recv(timeout=20))
        fitting = frame["type"] == kind and frame["payload"].get("type") != "shortcut"
        socket.send(json.dumps({"envelope_id": frame["envelope_id"], **({"payload": payload} if fitting else {})}))
        if fitting:
            return frame
