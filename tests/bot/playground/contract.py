"""One call of every Web API method that succeeds, and the keys that Slack's own answer to it has.

The keys are those of the samples in java-slack-sdk (`json-logs/samples/api`) that a bot can rely on: the ones that are
there whatever the workspace. Left out is what belongs to pictures, calls, canvases or an enterprise.
"""

import base64
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from tests.bot.playground.conftest import Room

Args = dict[str, Any]

HOME: Args = {"type": "home", "blocks": [{"type": "divider"}]}
MODAL: Args = {
    "type": "modal",
    "callback_id": "edit",
    "title": {"type": "plain_text", "text": "Edit"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "answer",
            "label": {"type": "plain_text", "text": "Answer"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}
MESSAGE = "type user text ts team bot_id app_id bot_profile.id bot_profile.name bot_profile.app_id bot_profile.team_id"
CHANNEL = (
    "id name name_normalized created creator is_archived is_channel is_group is_im is_mpim is_private is_general "
    "is_member is_shared is_org_shared is_ext_shared is_pending_ext_shared unlinked shared_team_ids pending_shared "
    "previous_names pending_connected_team_ids context_team_id updated topic.value topic.creator topic.last_set "
    "purpose.value purpose.creator purpose.last_set"
)
USER = (
    "id team_id name deleted color real_name tz tz_label tz_offset is_admin is_owner is_primary_owner is_restricted "
    "is_ultra_restricted is_bot is_app_user updated is_email_confirmed who_can_share_contact_card profile.title "
    "profile.phone profile.skype profile.real_name profile.real_name_normalized profile.display_name "
    "profile.display_name_normalized profile.status_text profile.status_emoji profile.status_expiration "
    "profile.avatar_hash profile.team profile.first_name profile.last_name profile.email"
)
GROUP = (
    "id team_id is_usergroup name description handle is_external date_create date_update date_delete auto_provision "
    "created_by updated_by prefs.channels prefs.groups user_count channel_count enterprise_subteam_id is_subteam"
)
VIEW = (
    "id team_id type blocks private_metadata callback_id state.values hash title submit close clear_on_close "
    "notify_on_close root_view_id previous_view_id external_id app_id app_installed_team_id bot_id"
)
FILE = (
    "id created timestamp name title mimetype filetype pretty_type user editable size mode is_external is_public "
    "url_private url_private_download permalink user_team file_access public_url_shared display_as_bot username "
    "external_type shares channels groups ims comments_count has_rich_preview permalink_public is_starred"
)
WHERE = "channel ts"


class Scene:
    """A room in which every method has something to work on."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.web: WebClient = room.web
        state = room.slack.look("state")
        self.people = {person["name"]: person["id"] for person in state["people"]}
        self.team, self.bot_id = state["team"]["id"], state["bot"]["bot_id"]
        self.group = state["user_groups"][0]["id"]

    def said(self) -> str:
        return self.room.say("Where are the keys?")

    def posted(self) -> str:
        ts: str = self.web.chat_postMessage(channel=self.room.id, text="In the blue tin.")["ts"]
        return ts

    def at(self, ts: str, **more: Any) -> Args:
        return {"channel": self.room.id, "ts": ts, **more}

    def mark(self, ts: str, **more: Any) -> Args:
        return {"channel": self.room.id, "timestamp": ts, **more}

    def stream(self) -> Args:
        who = {"recipient_team_id": self.team, "recipient_user_id": self.people["tom"]}
        return {"channel": self.room.id, "thread_ts": self.said(), **who}

    def streaming(self) -> Args:
        return {"channel": self.room.id, "ts": self.web.chat_startStream(**self.stream())["ts"]}

    def direct(self, user: str = "tom") -> str:
        channel: str = self.web.conversations_open(users=self.people[user])["channel"]["id"]
        return channel

    def reacted(self) -> Args:
        mark = self.mark(self.said(), name="eyes")
        self.web.reactions_add(**mark)
        return mark

    def pinned(self) -> Args:
        mark = self.mark(self.said())
        self.web.pins_add(**mark)
        return mark

    def uploaded(self) -> str:
        answer = self.web.files_getUploadURLExternal(filename="a.txt", length=2)
        urllib.request.urlopen(urllib.request.Request(answer["upload_url"], data=b"hi", method="POST")).close()
        file_id: str = answer["file_id"]
        return file_id

    def file(self) -> str:
        content = base64.b64encode(b"hi").decode()
        shared = self.room.slack.control(
            "upload", user="tom", channel=self.room.id, name="a.txt", content_base64=content
        )
        file_id: str = shared["message"]["files"][0]["id"]
        return file_id

    def own_file(self) -> str:
        file_id = self.uploaded()
        self.web.files_completeUploadExternal(files=[{"id": file_id}], channel_id=self.room.id)
        return file_id

    def trigger(self, user: str = "maya") -> str:
        trigger_id: str = self.room.slack.control("shortcut", user=user, callback_id="greet")["trigger_id"]
        return trigger_id

    def view(self) -> str:
        view_id: str = self.web.views_open(trigger_id=self.trigger(), view=MODAL)["view"]["id"]
        return view_id

    def fresh_group(self) -> str:
        name = f"Group {self.said()}"
        group_id: str = self.web.usergroups_create(name=name, handle=name.replace(" ", "-"))["usergroup"]["id"]
        return group_id

    def elsewhere(self) -> str:
        """A public channel that the bot is not in."""
        name = f"elsewhere-{self.said().replace('.', '-')}"
        channel = self.room.slack.control("channel", user="tom", act="create", name=name)["channel"]
        channel_id: str = channel["id"]
        return channel_id

    def joined(self) -> str:
        channel = self.elsewhere()
        self.web.conversations_join(channel=channel)
        return channel


@dataclass(frozen=True)
class Example:
    """How to call a method so that it works, and what its answer holds besides `ok`."""

    args: Callable[[Scene], Args]
    keys: str = ""


def _keys(prefix: str, keys: str) -> str:
    return " ".join(f"{prefix}.{key}" for key in keys.split())


EXAMPLES: dict[str, Example] = {
    "assistant.threads.setStatus": Example(
        lambda s: {"channel_id": s.room.id, "thread_ts": s.said(), "status": "is thinking…", "loading_messages": ["Hm"]}
    ),
    "assistant.threads.setSuggestedPrompts": Example(
        lambda s: {"channel_id": s.direct(), "prompts": [{"title": "Keys", "message": "Where?"}], "title": "Try"}
    ),
    "assistant.threads.setTitle": Example(
        lambda s: {
            "channel_id": s.direct(),
            "thread_ts": s.web.chat_postMessage(channel=s.direct(), text="x")["ts"],
            "title": "Keys",
        }
    ),
    "auth.test": Example(lambda _: {}, "url team user team_id user_id bot_id is_enterprise_install"),
    "bots.info": Example(
        lambda s: {"bot": s.bot_id},
        _keys("bot", "id deleted name updated app_id user_id icons"),
    ),
    "chat.appendStream": Example(lambda s: s.streaming() | {"markdown_text": "more"}, WHERE),
    "chat.delete": Example(lambda s: s.at(s.posted()), WHERE),
    "chat.getPermalink": Example(lambda s: {"channel": s.room.id, "message_ts": s.said()}, "channel permalink"),
    "chat.postEphemeral": Example(
        lambda s: {"channel": s.room.id, "user": s.people["tom"], "text": "Only you"}, "message_ts"
    ),
    "chat.postMessage": Example(
        lambda s: {
            "channel": s.room.id,
            "text": "Hi",
            "thread_ts": s.said(),
            "reply_broadcast": True,
            "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*Hi*"}}],
            "attachments": [{"text": "a"}],
            "metadata": {"event_type": "answer", "event_payload": {"id": 7}},
        },
        f"{WHERE} {_keys('message', MESSAGE + ' blocks attachments metadata thread_ts parent_user_id subtype root')}",
    ),
    "chat.startStream": Example(lambda s: s.stream() | {"markdown_text": "So"}, WHERE),
    "chat.stopStream": Example(lambda s: s.streaming() | {"blocks": [{"type": "divider"}]}, f"{WHERE} message.text"),
    "chat.update": Example(lambda s: s.at(s.posted(), text="Better"), f"{WHERE} text {_keys('message', MESSAGE)}"),
    "conversations.history": Example(
        lambda s: {"channel": s.room.id, "oldest": s.said(), "latest": s.posted(), "inclusive": True, "limit": 1},
        f"{_keys('messages', MESSAGE)} has_more pin_count channel_actions_ts channel_actions_count "
        "response_metadata.next_cursor",
    ),
    "conversations.info": Example(
        lambda s: {"channel": s.room.id, "include_num_members": True},
        _keys("channel", f"{CHANNEL} num_members last_read"),
    ),
    "conversations.join": Example(lambda s: {"channel": s.elsewhere()}, _keys("channel", CHANNEL)),
    "conversations.leave": Example(lambda s: {"channel": s.joined()}),
    "conversations.list": Example(
        lambda _: {"types": "public_channel,private_channel", "exclude_archived": True, "limit": 1, "cursor": ""},
        f"{_keys('channels', CHANNEL + ' num_members')} response_metadata.next_cursor",
    ),
    "conversations.members": Example(
        lambda s: {"channel": s.room.id, "limit": 1, "cursor": ""}, "members response_metadata.next_cursor"
    ),
    "conversations.open": Example(
        lambda s: {"users": [s.people["maya"], s.people["ines"]], "return_im": True}, "channel.id channel.is_mpim"
    ),
    "conversations.replies": Example(
        lambda s: {
            "channel": s.room.id,
            "ts": s.web.chat_postMessage(channel=s.room.id, text="A", thread_ts=s.posted())["message"]["thread_ts"],
            "limit": 10,
        },
        _keys("messages", MESSAGE + " thread_ts reply_count reply_users reply_users_count latest_reply is_locked")
        + " has_more",
    ),
    "files.completeUploadExternal": Example(
        lambda s: {
            "files": [{"id": s.uploaded(), "title": "A"}],
            "channel_id": s.room.id,
            "initial_comment": "See",
            "thread_ts": s.said(),
        },
        _keys("files", FILE),
    ),
    "files.delete": Example(lambda s: {"file": s.own_file()}),
    "files.getUploadURLExternal": Example(
        lambda _: {"filename": "a.txt", "length": 2, "alt_txt": "A"}, "upload_url file_id"
    ),
    "files.info": Example(lambda s: {"file": s.file()}, f"{_keys('file', FILE)} comments"),
    "pins.add": Example(lambda s: s.mark(s.said())),
    "pins.list": Example(
        lambda s: {"channel": s.pinned()["channel"]},
        _keys("items", "type channel created created_by message.ts message.text message.pinned_to"),
    ),
    "pins.remove": Example(lambda s: s.pinned()),
    "reactions.add": Example(lambda s: s.mark(s.said(), name="tada")),
    "reactions.get": Example(
        lambda s: s.mark(s.reacted()["timestamp"], full=True),
        f"type channel {_keys('message', 'ts permalink reactions.name reactions.users reactions.count')}",
    ),
    "reactions.list": Example(
        lambda s: {"user": s.people["timbre"], "limit": 1, "cursor": "", "_": s.reacted()},
        "items.type items.channel items.message.reactions response_metadata.next_cursor",
    ),
    "reactions.remove": Example(lambda s: s.reacted()),
    "team.info": Example(lambda _: {}, _keys("team", "id name domain url email_domain icon.image_default")),
    "usergroups.create": Example(
        lambda s: {"name": f"Night {s.said()}", "handle": f"night-{s.posted()}", "description": "Late"},
        _keys("usergroup", GROUP),
    ),
    "usergroups.disable": Example(lambda s: {"usergroup": s.fresh_group()}, _keys("usergroup", GROUP)),
    "usergroups.enable": Example(lambda s: {"usergroup": s.fresh_group()}, _keys("usergroup", GROUP)),
    "usergroups.list": Example(
        lambda _: {"include_users": True, "include_count": True, "include_disabled": True},
        _keys("usergroups", GROUP + " users"),
    ),
    "usergroups.update": Example(
        lambda s: {"usergroup": s.fresh_group(), "description": "Later"}, _keys("usergroup", GROUP + " users")
    ),
    "usergroups.users.list": Example(lambda s: {"usergroup": s.group}, "users"),
    "usergroups.users.update": Example(
        lambda s: {"usergroup": s.fresh_group(), "users": s.people["tom"]}, _keys("usergroup", GROUP + " users")
    ),
    "users.conversations": Example(
        lambda s: {"user": s.people["tom"], "types": "public_channel", "limit": 1, "exclude_archived": True},
        f"{_keys('channels', CHANNEL)} response_metadata.next_cursor",
    ),
    "users.getPresence": Example(lambda s: {"user": s.people["tom"]}, "presence"),
    "users.info": Example(lambda s: {"user": s.people["tom"]}, _keys("user", USER)),
    "users.list": Example(lambda _: {}, f"cache_ts response_metadata.next_cursor {_keys('members', USER)}"),
    "users.lookupByEmail": Example(lambda _: {"email": "tom@lanternhouse.example"}, _keys("user", USER)),
    "users.profile.get": Example(
        lambda s: {"user": s.people["tom"]}, " ".join(key for key in USER.split() if key.startswith("profile."))
    ),
    "views.open": Example(lambda s: {"trigger_id": s.trigger(), "view": MODAL}, _keys("view", VIEW)),
    "views.publish": Example(lambda s: {"user_id": s.people["tom"], "view": HOME}, _keys("view", VIEW)),
    "views.push": Example(lambda s: {"_": s.view(), "trigger_id": s.trigger(), "view": MODAL}, _keys("view", VIEW)),
    "views.update": Example(lambda s: {"view_id": s.view(), "view": MODAL}, _keys("view", VIEW)),
}


def missing(answer: Any, key: str) -> bool:
    """Say whether a dotted key is missing from an answer; of a list, the first item but the bot has to have it."""
    for name in key.split("."):
        if isinstance(answer, list):
            answer = next((one for one in answer if not one.get("is_bot")), {})
        if not isinstance(answer, dict) or name not in answer:
            return True
        answer = answer[name]
    return False
