"""Every word with which the playground says no, said by it: over the Web API, the control API, or a response_url."""

import ast
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

import bot.playground
from bot.playground.errors import SlackError
from bot.playground.triggers import RESPONSE_LIFETIME_S, ResponseUrls
from tests.bot.playground.conftest import Room
from tests.bot.playground.contract import HOME, MODAL, Scene
from tests.playground_server import ControlError

Refused = Callable[[Scene], str]

SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}


def api(method: str, **args: Any) -> Refused:
    """Call a method with arguments, of which those that are functions are told the scene first."""

    def refused(scene: Scene) -> str:
        sent = {key: value(scene) if callable(value) else value for key, value in args.items()}
        token = sent.pop("token_", scene.web.token)
        with pytest.raises(SlackApiError) as caught:
            WebClient(token=token, base_url=scene.room.slack.api_url).api_call(method, json=sent)
        return str(caught.value.response["error"])

    return refused


def here(method: str, **args: Any) -> Refused:
    return api(method, channel=lambda s: s.room.id, **args)


def control(call: str, **args: Any) -> Refused:
    def refused(scene: Scene) -> str:
        sent = {key: value(scene) if callable(value) else value for key, value in args.items()}
        with pytest.raises(ControlError) as caught:
            scene.room.slack.control(call, **({"user": "tom", "channel": scene.room.id} | sent))
        return caught.value.error

    return refused


def bare(call: str, **args: Any) -> Refused:
    """Call with nothing but these arguments."""

    def refused(scene: Scene) -> str:
        with pytest.raises(ControlError) as caught:
            scene.room.slack.control(call, **args)
        return caught.value.error

    return refused


def raw(body: bytes) -> Refused:
    def refused(scene: Scene) -> str:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-playground"}
        request = urllib.request.Request(f"{scene.room.slack.api_url}auth.test", data=body, headers=headers)
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["error"])

    return refused


def archived(scene: Scene) -> str:
    channel = scene.joined()
    scene.room.slack.control("channel", user="tom", channel=channel, act="archive")
    return channel


def posted_then_archived(scene: Scene) -> str:
    channel = scene.joined()
    ts = scene.web.chat_postMessage(channel=channel, text="Hi")["ts"]
    scene.room.slack.control("channel", user="tom", channel=channel, act="archive")
    return api("chat.update", channel=channel, ts=ts, text="Later")(scene)


def stale_trigger(scene: Scene) -> str:
    trigger = scene.trigger()
    time.sleep(scene.room.slack.playground.timings.trigger_lifetime + 0.1)
    return trigger


def used_trigger(scene: Scene) -> str:
    trigger = scene.trigger()
    scene.web.views_open(trigger_id=trigger, view=MODAL)
    return trigger


def stacked(scene: Scene) -> str:
    scene.view()
    for _ in range(2):
        scene.web.views_push(trigger_id=scene.trigger(), view=MODAL)
    return scene.trigger()


def external(scene: Scene) -> str:
    scene.web.views_open(trigger_id=scene.trigger("tom"), view=MODAL | {"external_id": "one"})
    return scene.trigger("maya")


def popular(scene: Scene) -> str:
    ts = scene.said()
    for number in range(50):
        scene.room.slack.control("react", user="tom", channel=scene.room.id, ts=ts, name=f"emoji_{number}")
    return ts


def without_scope(scene: Scene) -> str:
    scene.room.slack.control("app", scopes=["users:read"])
    try:
        return here("chat.postMessage", text="x")(scene)
    finally:
        scene.room.slack.control("app", scopes=None)


def limited(scene: Scene) -> str:
    scene.room.slack.control("trouble", api=[{"method": "team.info", "answer": "ratelimited"}])
    return api("team.info")(scene)


def unheard_url(scene: Scene) -> str:
    request = urllib.request.Request(f"{scene.room.slack.url}/response/{scene.team}/none", data=b'{"text": "x"}')
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        return str(json.load(answer)["error"])


def old_url(_scene: Scene) -> str:
    clock = [0.0]
    urls = ResponseUrls(lambda: clock[0])
    path = urls.issue("T1", "C1", "U1")
    clock[0] = RESPONSE_LIFETIME_S + 1
    with pytest.raises(SlackError) as caught:
        urls.redeem(path)
    return caught.value.code


def stopped(scene: Scene) -> str:
    stream = scene.streaming()
    scene.web.chat_stopStream(**stream)
    return str(stream["ts"])


REFUSALS: list[tuple[str, Refused]] = [
    ("already_archived", control("channel", channel=archived, act="archive")),
    ("already_pinned", here("pins.add", timestamp=lambda s: s.pinned()["timestamp"])),
    ("already_reacted", here("reactions.add", timestamp=lambda s: s.reacted()["timestamp"], name="eyes")),
    ("bot_not_found", api("bots.info", bot="B0NONE")),
    ("cannot_act_as_bot", control("post", user="timbre", text="x")),
    ("cannot_dm_bot", api("conversations.open", users=lambda s: s.people["timbre"])),
    ("cant_delete_file", api("files.delete", file=lambda s: s.file())),
    ("cant_delete_message", here("chat.delete", ts=lambda s: s.said())),
    ("cant_update_message", here("chat.update", ts=lambda s: s.said(), text="x")),
    ("channel_not_found", api("chat.postMessage", channel="C0NOWHERE", text="x")),
    ("duplicate_external_id", api("views.open", trigger_id=external, view=MODAL | {"external_id": "one"})),
    ("element_not_found", control("click", ts=lambda s: s.posted(), action_id="go")),
    ("exchanged_trigger_id", api("views.open", trigger_id=used_trigger, view=MODAL)),
    ("expired_trigger_id", api("views.open", trigger_id=stale_trigger, view=MODAL)),
    ("expired_url", old_url),
    ("file_not_found", api("files.info", file="F0NONE")),
    ("file_uploads_too_large", api("files.getUploadURLExternal", filename="x", length=10**9)),
    ("handle_already_exists", api("usergroups.create", name="Other", handle="reviewers")),
    ("hash_conflict", api("views.update", view_id=lambda s: s.view(), hash="1.old", view=MODAL)),
    ("invalid_arguments", api("views.update", view=HOME)),
    ("invalid_attachments", here("chat.postMessage", text="x", attachments=["a"])),
    ("invalid_auth", api("auth.test", token_="xoxb-wrong")),
    ("invalid_blocks", here("chat.postMessage", text="x", blocks=[{"type": "section"}])),
    ("invalid_blocks_format", here("chat.postMessage", text="x", blocks="nonsense")),
    ("invalid_charset", raw(b'{"a": "\xff"}')),
    ("invalid_chunks", api("chat.startStream", chunks=[{"type": "smoke"}], **{
        key: (lambda s, key=key: s.stream()[key])
        for key in ("channel", "thread_ts", "recipient_team_id", "recipient_user_id")
    })),
    ("invalid_cursor", here("conversations.history", cursor="nonsense")),
    ("invalid_json", raw(b"{oops")),
    ("invalid_limit", here("conversations.history", limit=-1)),
    ("invalid_metadata_format", here("chat.postMessage", text="x", metadata={"event_type": "x"})),
    ("invalid_name", here("reactions.add", timestamp=lambda s: s.said(), name="no emoji!")),
    ("invalid_thread_ts", here("chat.postMessage", text="x", thread_ts="soon")),
    ("invalid_trigger_id", api("views.open", trigger_id="1.2.3", view=MODAL)),
    ("invalid_ts_latest", here("conversations.history", latest="now")),
    ("invalid_ts_oldest", here("conversations.history", oldest="then")),
    ("invalid_types", api("conversations.list", types="secret")),
    ("invalid_users", api("usergroups.users.update", usergroup=lambda s: s.group, users="U0NOBODY")),
    ("is_archived", api("chat.postMessage", channel=archived, text="x")),
    ("is_inactive", posted_then_archived),
    ("json_not_object", raw(b"[]")),
    ("markdown_text_conflict", here("chat.postMessage", text="x", markdown_text="y")),
    ("message_not_found", here("chat.update", ts="1.000001", text="x")),
    ("message_not_in_streaming_state", here("chat.appendStream", ts=stopped, markdown_text="x")),
    ("message_not_owned_by_app", here("chat.appendStream", ts=lambda s: s.said(), markdown_text="x")),
    ("method_not_supported_for_channel_type", api("conversations.leave", channel=lambda s: s.direct())),
    ("missing_recipient_team_id", here("chat.startStream", thread_ts=lambda s: s.said())),
    ("missing_recipient_user_id", here("chat.startStream", thread_ts=lambda s: s.said(), recipient_team_id="T1")),
    ("missing_scope", without_scope),
    ("msg_blocks_too_long", here("chat.postMessage", text="x", blocks=[SECTION] * 5)),
    ("msg_too_long", here("chat.postMessage", text="x" * 40_001)),
    ("name_already_exists", api("usergroups.create", name="Reviewers", handle="others")),
    ("name_taken", control("channel", act="create", name="help")),
    ("no_item_specified", here("reactions.add", name="eyes")),
    ("no_pin", here("pins.remove", timestamp=lambda s: s.said())),
    ("no_reaction", here("reactions.remove", timestamp=lambda s: s.said(), name="eyes")),
    ("no_such_subteam", api("usergroups.users.list", usergroup="S0NONE")),
    ("no_text", here("chat.postMessage", text="")),
    ("not_allowed_token_type", api("auth.test", token_="xapp-playground")),
    ("not_archived", control("channel", act="unarchive")),
    ("not_authed", api("auth.test", token_="")),
    ("not_found", api("views.update", view_id="V0NONE", view=MODAL)),
    ("not_in_channel", api("chat.postMessage", channel=lambda s: s.elsewhere(), text="x")),
    ("push_limit_reached", api("views.push", trigger_id=stacked, view=MODAL)),
    ("ratelimited", limited),
    ("streaming_state_conflict", here("chat.update", ts=lambda s: s.streaming()["ts"], text="x")),
    ("team_not_found", control("post", team="elsewhere", text="x")),
    ("thread_not_found", here("chat.postMessage", text="x", thread_ts="1.000001")),
    ("too_many_attachments", here("chat.postMessage", text="x", attachments=[{}] * 101)),
    ("too_many_emoji", here("reactions.add", timestamp=popular, name="one_more")),
    ("too_many_users", api("conversations.open", users=",".join("ABCDEFGHI"))),
    ("unknown_call", control("dance")),
    ("unknown_command", control("command", command="/lunch")),
    ("unknown_key", control("post", txt="x")),
    ("unknown_method", api("chat.shout")),
    ("unknown_shortcut", control("shortcut", callback_id="nope")),
    ("url_verification_failed", bare("app", request_url="http://127.0.0.1:1/slack/events")),
    ("used_url", unheard_url),
    ("user_not_found", api("users.info", user="U0NOBODY")),
    ("user_not_in_channel", here("chat.postEphemeral", user=lambda s: s.people["ines"], text="x")),
    ("users_list_not_supplied", api("conversations.open")),
    ("users_not_found", api("users.lookupByEmail", email="x@y.example")),
    ("view_not_found", bare("submit", user="tom", view_id="V0NONE")),
    ("view_too_large", api("views.publish", user_id=lambda s: s.people["tom"], view=HOME | {"x": "y" * 250_001})),
]  # fmt: skip

# Words that the source builds while it runs, or that only trouble on order makes it say.
BUILT = {"missing_recipient_team_id", "missing_recipient_user_id", "ratelimited"}
_TAKE_A_WORD = ("required", "ts", "required_ts", "json", "integer", "_limit")


@pytest.mark.parametrize(("word", "refused"), [pytest.param(*row, id=row[0]) for row in REFUSALS])
def test_the_playground_says_no_in_this_word(room: Room, word: str, refused: Refused) -> None:
    assert refused(Scene(room)) == word


def test_every_word_the_source_can_say_is_said_here() -> None:
    assert {word for word, _ in REFUSALS} - BUILT == words_in_source()


def words_in_source() -> set[str]:
    """Return what stands where an error word stands: in a SlackError, or in what reads an argument."""
    words: set[str] = set()
    for file in Path(bot.playground.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                words |= _words_of(node)
    return words


def _words_of(call: ast.Call) -> set[str]:
    name = getattr(call.func, "attr", None) or getattr(call.func, "id", "")
    if name == "SlackError":
        places = call.args[:1]
    elif name in _TAKE_A_WORD:
        places = [*call.args[1:], *(keyword.value for keyword in call.keywords if keyword.arg == "error")]
    else:
        return set()
    constants = (inner for place in places for inner in _alternatives(place))
    return {node.value for node in constants if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _alternatives(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
