"""The live feed: everything that happens, to whoever may see it, also after a pause."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.bot.playground.conftest import Room
from tests.playground_server import RunningPlayground

MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Edit"}, "blocks": [{"type": "divider"}]}


class Reader:
    """Reads server-sent events."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.last_id = ""

    def next(self) -> dict[str, Any]:
        data = ""
        while True:
            line = self._response.readline().decode().rstrip("\n")
            if line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line and data:
                item: dict[str, Any] = json.loads(data)
                return item

    def next_of(self, kind: str) -> dict[str, Any]:
        while (item := self.next())["type"] != kind:
            pass
        return item


@contextmanager
def reading(slack: RunningPlayground, query: str = "", *, last_id: str = "") -> Iterator[Reader]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    request = urllib.request.Request(f"{slack.url}/control/events?{query}", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as response:
        response.readline()  # the greeting: from here on nothing is missed
        yield Reader(response)


def test_what_happens_comes_as_it_happens(room: Room) -> None:
    with reading(room.slack, "as=maya") as reader:
        ts = room.say("Hi")
        posted = reader.next_of("message")
        assert (posted["channel"], posted["message"]["text"]) == (room.id, "Hi")
        room.slack.control("react", user="maya", channel=room.id, ts=ts, name="eyes")
        assert reader.next_of("message_changed")["message"]["reactions"][0]["name"] == "eyes"
        room.say("Re", thread_ts=ts)
        assert reader.next_of("message")["message"]["thread_ts"] == ts
        assert reader.next_of("message_changed")["message"]["reply_count"] == 1
        room.slack.control("mark", user="maya", channel=room.id)
        assert reader.next_of("channel")["channel"]["unread"] == 0
        room.slack.control("join", user="ines", channel=room.id)
        assert len(reader.next_of("channel")["channel"]["members"]) == 4
        room.slack.control("delete", user="maya", channel=room.id, ts=room.say("Oops"))
        assert reader.next_of("message_deleted")["channel"] == room.id


def test_what_a_person_may_not_see_does_not_come(room: Room) -> None:
    maya = room.slack.look("state", as_="maya")["me"]["id"]
    with reading(room.slack, "as=tom") as reader:
        room.slack.control("post", user="maya", channel="vault", text="secret")
        room.web.chat_postEphemeral(channel=room.id, user=maya, text="only Maya")
        room.slack.control("mark", user="maya", channel=room.id)
        room.web.views_publish(user_id=maya, view={"type": "home", "blocks": [{"type": "divider"}]})
        trigger = room.slack.control("shortcut", user="maya", callback_id="greet")["trigger_id"]
        room.web.views_open(trigger_id=trigger, view=MODAL)
        room.say("for all")
        assert reader.next()["message"]["text"] == "for all"


def test_modals_and_home_come_to_their_owner(room: Room) -> None:
    maya = room.slack.look("state", as_="maya")["me"]["id"]
    with reading(room.slack, "as=maya") as reader:
        room.web.views_publish(user_id=maya, view={"type": "home", "blocks": [{"type": "divider"}]})
        assert reader.next_of("home")["view"]["type"] == "home"
        trigger = room.slack.control("shortcut", user="maya", callback_id="greet")["trigger_id"]
        view_id = room.web.views_open(trigger_id=trigger, view=MODAL)["view"]["id"]
        assert reader.next_of("view_opened")["view"]["id"] == view_id
        room.slack.control("close", user="maya", view_id=view_id)
        assert reader.next_of("view_closed") == {"type": "view_closed", "user": maya, "view_id": view_id}


def test_a_reader_that_comes_back_gets_what_it_missed(room: Room) -> None:
    with reading(room.slack, "as=tom") as reader:
        room.say("one")
        reader.next()
    room.say("two")
    room.say("three")
    with reading(room.slack, "as=tom", last_id=reader.last_id) as reader:
        assert [reader.next_of("message")["message"]["text"] for _ in range(2)] == ["two", "three"]


def test_the_states_cursor_is_where_the_feed_goes_on(room: Room) -> None:
    cursor = room.slack.look("state")["cursor"]
    room.say("after")
    with reading(room.slack, f"as=tom&after={cursor}") as reader:
        assert reader.next()["message"]["text"] == "after"


@pytest.mark.parametrize("cursor", ["other-1", "nonsense", "-"])
def test_a_cursor_of_another_start_asks_to_load_again(room: Room, cursor: str) -> None:
    with urllib.request.urlopen(f"{room.slack.url}/control/events?after={cursor}", timeout=5) as response:
        assert Reader(response).next() == {"type": "reset"}


def test_traffic_comes_only_when_asked_for(room: Room) -> None:
    with reading(room.slack, "traffic=1") as reader:
        room.web.auth_test()
        assert reader.next_of("traffic")["frame"]["name"] == "auth.test"
    with reading(room.slack) as reader:
        room.web.auth_test()
        room.say("Hi")
        assert reader.next()["type"] == "message"


def test_seeding_asks_to_load_again(slack: RunningPlayground) -> None:
    with reading(slack, "as=tom") as reader:
        slack.control("seed", people=[{"name": "new"}])
        assert reader.next() == {"type": "reset"}
