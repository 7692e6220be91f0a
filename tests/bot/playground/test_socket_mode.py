"""Socket Mode on the wire: hello, envelopes, acknowledgements, tries, several connections."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.playground.playground import Tokens
from tests.playground_server import IMPATIENT_S, RunningPlayground, wait_until


class Line:
    """A Socket Mode connection, frame by frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def receive(self, *, timeout: float = 5) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=timeout))
        return frame

    def acknowledge(self, frame: dict[str, Any]) -> None:
        self.socket.send(json.dumps({"envelope_id": frame["envelope_id"]}))

    def next_event(self) -> dict[str, Any]:
        frame = self.receive()
        self.acknowledge(frame)
        event: dict[str, Any] = frame["payload"]["event"]
        return event


@contextmanager
def line(slack: RunningPlayground) -> Iterator[Line]:
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=Tokens().app)["url"]
    with connect(url) as socket:
        yield Line(socket)


def test_the_first_frame_is_hello(slack: RunningPlayground) -> None:
    with line(slack) as first, line(slack) as second:
        hello = first.receive()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"]["app_id"].startswith("A")
        assert second.receive()["num_connections"] == 2


def test_a_ticket_opens_one_connection(slack: RunningPlayground) -> None:
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=Tokens().app)["url"]
    with connect(url):
        pass
    with pytest.raises(InvalidStatus):
        connect(url)


def test_another_page_cannot_open_a_connection(slack: RunningPlayground) -> None:
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=Tokens().app)["url"]
    with pytest.raises(InvalidStatus):
        connect(url, additional_headers={"Origin": "https://evil.example"})


def test_an_event_has_slacks_envelope_and_payload(slack: RunningPlayground) -> None:
    with line(slack) as bot:
        bot.receive()
        posted = slack.control("post", user="tom", channel="help", text="Hi")
        frame = bot.receive()
        bot.acknowledge(frame)
    assert frame["type"] == "events_api"
    assert (frame["accepts_response_payload"], frame["retry_attempt"], frame["retry_reason"]) == (False, 0, "")
    payload = frame["payload"]
    assert payload["type"] == "event_callback"
    assert payload["event_id"].startswith("Ev")
    assert payload["authorizations"][0]["is_bot"] is True
    event = payload["event"]
    assert event["type"] == "message"
    assert (event["channel"], event["channel_type"]) == (posted["channel"], "channel")
    assert (event["ts"], event["event_ts"], event["text"]) == (posted["ts"], posted["ts"], "Hi")
    assert event["team"] == payload["team_id"]


def test_each_kind_of_event_has_slacks_shape(slack: RunningPlayground) -> None:
    ids = {person["name"]: person["id"] for person in slack.look("state")["people"]}
    with line(slack) as bot:
        bot.receive()
        root = slack.control("post", user="tom", channel="help", text="Q")["ts"]
        reply = slack.control("post", user="maya", channel="help", text="A", thread_ts=root)["ts"]
        slack.control("edit", user="maya", channel="help", ts=reply, text="B")
        slack.control("delete", user="maya", channel="help", ts=reply)
        slack.control("join", user="ines", channel="help")
        slack.control("leave", user="ines", channel="help")
        events = [bot.next_event() for _ in range(8)]
    posted, replied, edited, deleted, joined, join_message, leave_message, left = events
    assert "thread_ts" not in posted
    assert (replied["thread_ts"], replied["parent_user_id"]) == (root, ids["tom"])
    assert edited["subtype"] == "message_changed"
    assert (edited["message"]["text"], edited["previous_message"]["text"]) == ("B", "A")
    assert edited["message"]["edited"]["user"] == ids["maya"]
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", reply)
    assert deleted["previous_message"]["text"] == "B"
    assert (joined["type"], joined["user"], joined["channel_type"]) == ("member_joined_channel", ids["ines"], "C")
    assert (join_message["subtype"], leave_message["subtype"]) == ("channel_join", "channel_leave")
    assert left["type"] == "member_left_channel"


def test_deleting_a_threads_root_comes_as_a_changed_message(slack: RunningPlayground) -> None:
    root = slack.control("post", user="tom", channel="help", text="Q")["ts"]
    slack.control("post", user="maya", channel="help", text="A", thread_ts=root)
    slack.control("delete", user="tom", channel="help", ts=root)
    with line(slack) as bot:
        bot.receive()
        events = [bot.next_event() for _ in range(3)]
    assert events[2]["subtype"] == "message_changed"
    assert events[2]["message"]["subtype"] == "tombstone"
    assert events[2]["previous_message"]["text"] == "Q"


def test_a_direct_message_has_channel_type_im_and_no_app_mention(slack: RunningPlayground) -> None:
    with line(slack) as bot:
        bot.receive()
        slack.control("post", user="tom", channel="@timbre", text="@timbre hi")
        slack.control("post", user="tom", channel="help", text="end")
        kinds = [(event["type"], event.get("channel_type")) for event in (bot.next_event() for _ in range(3))]
    assert kinds == [("im_created", None), ("message", "im"), ("message", "channel")]


def test_the_bot_hears_its_own_messages_but_nothing_from_where_it_is_not(slack: RunningPlayground) -> None:
    state = slack.look("state")
    channel = next(c["id"] for c in state["channels"] if c["name"] == "help")
    with line(slack) as bot:
        bot.receive()
        slack.control("post", user="maya", channel="board", text="secret")
        slack.control("post", user="tom", channel="random", text="@timbre elsewhere")
        slack.web.chat_postMessage(channel=channel, text="mine")
        event = bot.next_event()
    assert (event["text"], event["bot_id"], event["user"]) == ("mine", state["bot"]["bot_id"], state["bot"]["id"])


def test_an_event_not_acknowledged_comes_again_three_times_and_no_more(slack: RunningPlayground) -> None:
    slack.control("app", ack_timeout=IMPATIENT_S)
    with line(slack) as bot:
        bot.receive()
        slack.control("post", user="tom", channel="help", text="anybody?")
        frames = [bot.receive() for _ in range(4)]
        with pytest.raises(TimeoutError):
            bot.receive(timeout=0.8)
    assert [frame["retry_attempt"] for frame in frames] == [0, 1, 2, 3]
    assert [frame["retry_reason"] for frame in frames] == ["", "timeout", "timeout", "timeout"]
    assert len({frame["payload"]["event_id"] for frame in frames}) == 1
    assert len({frame["envelope_id"] for frame in frames}) == 4


def test_a_late_acknowledgement_of_an_earlier_try_counts(slack: RunningPlayground) -> None:
    slack.control("app", ack_timeout=IMPATIENT_S)
    with line(slack) as bot:
        bot.receive()
        slack.control("post", user="tom", channel="help", text="anybody?")
        first, second = bot.receive(), bot.receive()
        bot.acknowledge(first)
        assert second["retry_attempt"] == 1
        with pytest.raises(TimeoutError):
            bot.receive(timeout=0.8)


def test_two_connections_share_events_and_each_event_goes_to_one(slack: RunningPlayground) -> None:
    with line(slack) as first, line(slack) as second:
        for bot in (first, second):
            bot.receive()
        for number in range(10):
            slack.control("post", user="tom", channel="help", text=str(number))
        seen: Counter[str] = Counter()
        for bot in (first, second):
            texts = [bot.next_event()["text"] for _ in range(5)]
            assert texts == sorted(texts)
            seen.update(texts)
    assert seen == Counter(str(number) for number in range(10))


def test_what_a_lost_connection_did_not_acknowledge_goes_to_another(slack: RunningPlayground) -> None:
    with line(slack) as staying:
        staying.receive()
        with line(slack) as leaving:
            leaving.receive()
            for number in range(4):
                slack.control("post", user="tom", channel="help", text=str(number))
            leaving.receive()
        wait_until(lambda: slack.look("state")["connections"] == 1, "the connection is gone")
        assert {staying.next_event()["text"] for _ in range(4)} == set("0123")


def test_what_found_no_connection_comes_as_a_retry(slack: RunningPlayground) -> None:
    slack.control("post", user="tom", channel="help", text="early")
    with line(slack) as bot:
        bot.receive()
        frame = bot.receive()
        bot.acknowledge(frame)
    assert (frame["retry_attempt"], frame["retry_reason"]) == (1, "timeout")


def test_an_eleventh_connection_is_turned_away(slack: RunningPlayground) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            assert stack.enter_context(line(slack)).receive()["type"] == "hello"
        extra = stack.enter_context(line(slack))
        frame = extra.receive()
        assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
        with pytest.raises(ConnectionClosed):
            extra.receive()


def test_a_refresh_warns_and_then_closes(slack: RunningPlayground) -> None:
    with line(slack) as bot:
        bot.receive()
        slack.control("trouble", disconnect="warning")
        assert bot.receive()["reason"] == "warning"
        slack.control("trouble", disconnect="refresh")
        assert bot.receive()["reason"] == "refresh_requested"
        with pytest.raises(ConnectionClosed):
            bot.receive()


def test_events_are_doubled_and_swapped_on_order(slack: RunningPlayground) -> None:
    with line(slack) as bot:
        bot.receive()
        slack.control("trouble", duplicate=1)
        slack.control("post", user="tom", channel="help", text="twice")
        frames = [bot.receive(), bot.receive()]
        bot.acknowledge(frames[0])
        assert len({frame["payload"]["event_id"] for frame in frames}) == 1
        slack.control("trouble", reorder=1)
        for text in ("first", "second", "third"):
            slack.control("post", user="tom", channel="help", text=text)
        assert [bot.next_event()["text"] for _ in range(3)] == ["second", "first", "third"]


def test_frames_that_are_no_acknowledgement_do_no_harm(slack: RunningPlayground) -> None:
    with line(slack) as bot:
        bot.receive()
        for text in ("nonsense", "[]", "{}", '{"envelope_id": "unknown"}'):
            bot.socket.send(text)
        slack.control("post", user="tom", channel="help", text="still there?")
        assert bot.next_event()["text"] == "still there?"


def test_the_api_names_an_address_for_the_host_it_was_asked_under(slack: RunningPlayground) -> None:
    port = slack.url.rpartition(":")[2]
    request = urllib.request.Request(
        f"{slack.api_url}apps.connections.open",
        data=b"",
        headers={"Authorization": f"Bearer {Tokens().app}", "Host": f"localhost:{port}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["url"].startswith(f"ws://localhost:{port}/link/?ticket=")
