"""Every event that the playground sends, as a Bolt app gets it over Socket Mode and over HTTP."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.playground import events, message_events
from bot.playground.playground import Tokens
from bot.playground.scope_names import EVENT_SCOPES
from tests.bot.playground.conftest import Room
from tests.bot.playground.contract import MODAL, Scene
from tests.bot.playground.test_http_mode import listening
from tests.playground_server import ControlError, RunningPlayground, wait_until

Start = Callable[[App], SocketModeHandler]
Json = dict[str, Any]

# What each event holds besides `type` and `event_ts`, after the samples in java-slack-sdk (json-logs/samples/events).
# A message's subtype stands behind the slash.
PLACE = "channel channel_type ts"
EVENTS: dict[str, str] = {
    "app_home_opened": "user channel tab",
    "app_mention": "user text ts channel team",
    "channel_archive": "channel user",
    "channel_created": "channel",
    "channel_left": "channel",
    "channel_rename": "channel",
    "channel_unarchive": "channel user",
    "file_shared": "file_id user_id file channel_id",
    "group_archive": "channel user",
    "group_left": "channel",
    "group_rename": "channel",
    "group_unarchive": "channel user",
    "im_created": "user channel",
    "member_joined_channel": "user channel channel_type team inviter",
    "member_left_channel": "user channel channel_type team",
    "message": f"{PLACE} user text team client_msg_id",
    "message/channel_archive": f"{PLACE} user text",
    "message/channel_convert_to_private": f"{PLACE} user text",
    "message/channel_convert_to_public": f"{PLACE} user text",
    "message/channel_join": f"{PLACE} user text inviter",
    "message/channel_leave": f"{PLACE} user text",
    "message/channel_name": f"{PLACE} user text old_name name",
    "message/channel_unarchive": f"{PLACE} user text",
    "message/file_share": f"{PLACE} user text files upload",
    "message/group_archive": f"{PLACE} user text",
    "message/group_name": f"{PLACE} user text old_name name",
    "message/group_unarchive": f"{PLACE} user text",
    "message/message_changed": f"{PLACE} message previous_message hidden",
    "message/message_deleted": f"{PLACE} previous_message deleted_ts hidden",
    "message/thread_broadcast": f"{PLACE} user text root thread_ts",
    "pin_added": "user channel_id item item_user pin_count pinned_info",
    "pin_removed": "user channel_id item item_user pin_count pinned_info has_pins",
    "reaction_added": "user reaction item item_user",
    "reaction_removed": "user reaction item item_user",
    "subteam_created": "subteam",
    "subteam_members_changed": "subteam_id team_id date_previous_update date_update added_users removed_users",
    "subteam_updated": "subteam",
    "user_change": "user cache_ts",
}
ENVELOPE = "token team_id api_app_id event type event_id event_time authorizations is_ext_shared_channel"


def live(slack: RunningPlayground) -> None:
    """Do everything that the bot hears of."""
    (channel,) = (c for c in slack.look("state")["channels"] if c["name"] == "help")
    scene = Scene(Room(slack, channel["id"], "help"))
    _talk(slack, scene)
    _change_channels(slack, scene)
    slack.control("person", user="tom", title="Chef")
    slack.control("user_group", user="tom", handle="night", members=["tom"])
    slack.control("user_group", user="tom", handle="night", members=["maya"])
    slack.control("open_home", user="tom")


def _talk(slack: RunningPlayground, scene: Scene) -> None:
    root = scene.room.say("@timbre where?")
    scene.room.say("For all", thread_ts=root, broadcast=True)
    mine = {"user": "tom", "channel": "help", "ts": scene.room.say("Teh")}
    slack.control("edit", **mine, text="The")
    slack.control("react", **mine, name="eyes")
    slack.control("unreact", **mine, name="eyes")
    slack.control("pin", **mine)
    slack.control("unpin", **mine)
    slack.control("delete", **mine)
    slack.control("post", user="tom", channel="@timbre", text="Psst")
    slack.control("invite", user="tom", channel="help", invitee="ines")
    slack.control("leave", user="ines", channel="help")
    scene.file()


def _change_channels(slack: RunningPlayground, scene: Scene) -> None:
    channel = slack.control("channel", user="tom", act="create", name="harbour")["channel"]["id"]
    there = {"user": "tom", "channel": channel}
    slack.control("invite", **there, invitee="timbre")
    slack.control("channel", **there, act="rename", name="pier")
    for act in ("archive", "unarchive", "make_private"):
        slack.control("channel", **there, act=act)
    slack.control("channel", **there, act="rename", name="quay")
    for act in ("archive", "unarchive", "make_public", "make_private"):
        slack.control("channel", **there, act=act)
    slack.control("channel", **there, act="remove", member="timbre")
    scene.web.conversations_leave(channel=scene.joined())


@contextmanager
def reached(slack: RunningPlayground, bolt: App, mode: str, start_bolt: Start) -> Iterator[None]:
    """The app, connected in one of the two modes."""
    if mode == "socket":
        start_bolt(bolt)
        yield
        return
    with listening(bolt) as url:
        slack.control("app", request_url=url)
        yield
        slack.control("app")


@pytest.fixture
def bolt(slack: RunningPlayground) -> App:
    return App(client=slack.web, signing_secret=Tokens().signing_secret)


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_every_event_reaches_a_bolt_app_in_slacks_shape(
    slack: RunningPlayground, bolt: App, start_bolt: Start, mode: str
) -> None:
    seen: dict[str, list[Json]] = {}

    @bolt.event(re.compile(".*"))
    def note(body: Json, event: Json) -> None:
        kind = "/".join([event["type"], *([event["subtype"]] if "subtype" in event else [])])
        seen.setdefault(kind, []).append(body)

    with reached(slack, bolt, mode, start_bolt):
        live(slack)
        wait_until(lambda: set(seen) >= set(EVENTS), "every event has come")

    assert set(seen) == set(EVENTS)
    for kind, bodies in seen.items():
        for body in bodies:
            assert [key for key in ENVELOPE.split() if key not in body] == [], kind
        lacking = [[key for key in f"event_ts {EVENTS[kind]}".split() if key not in body["event"]] for body in bodies]
        assert min(lacking, key=len) == [], kind


def test_every_event_the_source_can_send_is_listed() -> None:
    listed = {kind for kind in EVENTS if "/" not in kind}
    changed = {f"{family}_{what}" for family in ("channel", "group") for what in ("rename", "archive", "unarchive")}
    assert listed == types_in_source() | changed | {"channel_created"}
    assert set(EVENT_SCOPES) <= listed


def types_in_source() -> set[str]:
    """Return what stands beside "type" in the events that the source writes out."""
    found: set[str] = set()
    for module in (events, message_events):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Dict):
                values = [v for k, v in zip(node.keys, node.values, strict=True) if _says(k, "type")]
                found |= {word for value in values for word in _constants(value)}
            elif isinstance(node, ast.Assign) and any(_is_kind(target) for target in node.targets):
                found |= _constants(node.value)
    return found - {"event_callback"}


def _says(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _is_kind(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "kind"


def _constants(node: ast.expr) -> set[str]:
    both = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return {str(one.value) for one in both if isinstance(one, ast.Constant)}


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_everything_a_person_does_to_the_app_reaches_it(
    slack: RunningPlayground, bolt: App, start_bolt: Start, mode: str
) -> None:
    seen: list[Json] = []

    def note(ack: Ack, body: Json) -> None:
        ack()
        seen.append(body)

    bolt.command("/timbre")(note)
    bolt.action("go")(note)
    bolt.shortcut("approve")(note)
    bolt.shortcut("greet")(note)
    bolt.view("edit")(note)
    bolt.view_closed("edit")(note)
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    with reached(slack, bolt, mode, start_bolt):
        channel = slack.playground.workspace(None).channel("help").id
        blocks = [{"type": "actions", "elements": [button]}]
        at = {"user": "maya", "channel": channel}
        ts = slack.web.chat_postMessage(channel=channel, text="?", blocks=blocks)["ts"]
        slack.control("command", **at, command="/timbre", text="help", wait=True)
        slack.control("click", **at, ts=ts, action_id="go", wait=True)
        slack.control("shortcut", **at, ts=ts, callback_id="approve", wait=True)
        for act in ("submit", "close"):
            trigger = slack.control("shortcut", user="maya", callback_id="greet")["trigger_id"]
            view = slack.web.views_open(trigger_id=trigger, view=MODAL | {"notify_on_close": True})["view"]["id"]
            slack.control(act, user="maya", view_id=view)
        wait_until(lambda: len(seen) == 7, "everything has come")
    kinds = sorted(str(body.get("type", body.get("command"))) for body in seen)
    expected = ["/timbre", "block_actions", "message_action", "shortcut", "shortcut", "view_closed", "view_submission"]
    assert kinds == expected


def test_a_channel_made_private_is_hidden_and_keeps_its_id(slack: RunningPlayground) -> None:
    channel = slack.playground.workspace(None).channel("help").id
    slack.control("channel", user="maya", channel=channel, act="make_private")
    assert slack.web.conversations_info(channel=channel)["channel"]["is_private"] is True
    assert channel not in {c["id"] for c in slack.look("state", as_="ines")["channels"]}
    assert channel in {c["id"] for c in slack.look("state", as_="tom")["channels"]}


def test_an_archived_channel_can_be_read_and_is_left_out_of_lists_on_request(slack: RunningPlayground) -> None:
    channel = slack.playground.workspace(None).channel("help").id
    slack.control("post", user="tom", channel=channel, text="Goodbye")
    slack.control("channel", user="tom", channel=channel, act="archive")
    assert slack.web.conversations_history(channel=channel)["messages"][1]["text"] == "Goodbye"
    for exclude, listed in ((True, False), (False, True)):
        found = slack.web.conversations_list(exclude_archived=exclude, limit=1000)["channels"]
        assert (channel in {c["id"] for c in found}) is listed


def test_nothing_is_written_on_in_an_archived_channel(slack: RunningPlayground) -> None:
    at = {"user": "tom", "channel": "help"}
    on = {"ts": slack.control("post", **at, text="Goodbye")["ts"]}
    slack.control("channel", **at, act="archive")
    acts = {"edit": {**on, "text": "x"}, "pin": on, "react": {**on, "name": "eyes"}, "post": {"text": "x"}}
    for act, more in acts.items():
        with pytest.raises(ControlError, match="is_archived"):
            slack.control(act, **at, **more)
