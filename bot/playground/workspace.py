"""One workspace's state: who and what is in it, found by id or name, and kept in a store."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.playground.changes import Change
from bot.playground.entities import App, Channel, Json, Message, Person, Team, UserGroup
from bot.playground.errors import SlackError
from bot.playground.ids import Clock, TimestampSource
from bot.playground.message_log import MessageLog
from bot.playground.store import Store


class Workspace:
    """The state of one team. Changing it through here stores it; `announce` tells the bot and the page about it."""

    def __init__(
        self, team: Team, app: App, *, store: Store, now: Clock, announce: Callable[["Workspace", Change], None]
    ) -> None:
        self.team = team
        self.app = app
        self.now = now
        self.timestamps = TimestampSource(now)
        self.people: dict[str, Person] = {}
        self.user_groups: dict[str, UserGroup] = {}
        self.channels: dict[str, Channel] = {}
        self.homes: dict[str, Json] = {}  # the published App Home by user id
        self.modals: dict[str, list[Json]] = {}  # open modals by user id, the top one last
        self.pins: dict[str, list[Json]] = {}  # by channel id: {"ts", "created", "created_by"}
        self.files: dict[str, Json] = {}  # Slack's file objects by id
        self.file_contents: dict[str, bytes] = {}  # by file id
        self.statuses: dict[tuple[str, str], Json] = {}  # by channel id and thread_ts
        self.prompts: dict[tuple[str, str], Json] = {}  # by channel id and thread_ts
        self._logs: dict[str, MessageLog] = {}
        self._reads: dict[tuple[str, str], str] = {}  # last read ts by user id and channel id
        self._seeded: dict[str, str] = {}  # ts of seeded messages by their key
        self._store = store
        self._announce = announce

    def announce(self, change: Change) -> None:
        """Tell the bot and the page what just changed."""
        self._announce(self, change)

    def seconds(self) -> int:
        """Return the clock's time in whole seconds since 1970."""
        return int(self.now().timestamp())

    # Finding

    @property
    def bot(self) -> Person:
        return self.people[self.app.bot_user_id]

    def person(self, ref: str) -> Person:
        """Return a person by id, name or @name; raises SlackError `user_not_found`."""
        found = self.people.get(ref) or _by_name(self.people, ref.removeprefix("@"))
        if found is None:
            raise SlackError("user_not_found", f"Nobody here is called {ref!r}.")
        return found

    def user_group(self, ref: str) -> UserGroup:
        """Return a user group by id, handle or @handle; raises SlackError `no_such_subteam`."""
        handle = ref.removeprefix("@").lower()
        for group in self.user_groups.values():
            if ref == group.id or group.handle.lower() == handle:
                return group
        raise SlackError("no_such_subteam", f"No user group is called {ref!r}.")

    def channel(self, ref: str) -> Channel:
        """Return a conversation by id, name or #name; raises SlackError `channel_not_found`."""
        found = self.channels.get(ref)
        if found is None:
            name = ref.removeprefix("#").lower()
            found = next((c for c in self.channels.values() if not c.is_direct and c.name.lower() == name), None)
        if found is None:
            raise SlackError("channel_not_found", f"No channel is called {ref!r}.")
        return found

    def log(self, channel_id: str) -> MessageLog:
        """Return a conversation's messages."""
        return self._logs.setdefault(channel_id, MessageLog())

    def message(self, channel_id: str, ts: str) -> Message:
        """Return one message; raises SlackError `message_not_found`."""
        found = self.log(channel_id).get(ts)
        if found is None:
            raise SlackError("message_not_found", f"There is no message {ts} in this conversation.")
        return found

    def may_see(self, user_id: str, channel: Channel) -> bool:
        """Say whether somebody may look into a conversation: a public one, or one they are in."""
        return not channel.is_private or user_id in channel.members

    def last_read(self, user_id: str, channel_id: str) -> str:
        """Return the timestamp up to which somebody has read."""
        return self._reads.get((user_id, channel_id), "0000000000.000000")

    def seeded_ts(self, key: str) -> str | None:
        """Return the timestamp of the seeded message with that key."""
        return self._seeded.get(key)

    # Keeping

    def save_team(self, team: Team) -> None:
        self.team = team
        self._store.put("team", team.id, vars(team))

    def save_app(self, app: App) -> None:
        self.app = app
        self._store.put("app", self.team.id, vars(app))

    def save_person(self, person: Person) -> Person:
        """Add or replace a person, noting when."""
        person = replace(person, updated=self.seconds())
        self.people[person.id] = person
        self._put("person", person.id, vars(person))
        return person

    def save_user_group(self, group: UserGroup) -> UserGroup:
        """Add or replace a user group, noting when."""
        group = replace(group, updated=self.seconds())
        self.user_groups[group.id] = group
        self._put("user_group", group.id, vars(group))
        return group

    def save_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self._put("channel", channel.id, vars(channel))
        return channel

    def save_message(self, message: Message) -> Message:
        self.log(message.channel_id).put(message)
        self.timestamps.note(message.ts)
        self._put("message", f"{message.channel_id}/{message.ts}", vars(message))
        return message

    def remove_message(self, message: Message) -> None:
        self.log(message.channel_id).remove(message)
        self._store.drop("message", f"{self.team.id}/{message.channel_id}/{message.ts}")

    def save_home(self, user_id: str, view: Json) -> None:
        self.homes[user_id] = view
        self._put("home", user_id, view)

    def save_last_read(self, user_id: str, channel_id: str, ts: str) -> None:
        self._reads[user_id, channel_id] = ts
        self._put("read", f"{user_id}/{channel_id}", ts)

    def save_pins(self, channel_id: str, pins: list[Json]) -> None:
        self.pins[channel_id] = pins
        self._put("pins", channel_id, pins)

    def save_file(self, record: Json, content: bytes | None = None) -> Json:
        """Add or replace a file's record, and its content when given."""
        self.files[record["id"]] = record
        self._put("file", record["id"], record)
        if content is not None:
            self.file_contents[record["id"]] = content
            self._put("file_content", record["id"], base64.b64encode(content).decode())
        return record

    def remove_file(self, file_id: str) -> None:
        del self.files[file_id], self.file_contents[file_id]
        for kind in ("file", "file_content"):
            self._store.drop(kind, f"{self.team.id}/{file_id}")

    def save_seeded(self, key: str, ts: str) -> None:
        self._seeded[key] = ts
        self._put("seeded", key, ts)

    def forget(self) -> None:
        """Drop the records of a workspace that holds nothing but its bot."""
        for kind in ("team", "app"):
            self._store.drop(kind, self.team.id)
        for person_id in self.people:
            self._store.drop("person", f"{self.team.id}/{person_id}")

    def restore(self, kind: str, key: str, value: Any) -> None:
        """Take back one record that an earlier start kept; `key` is without the team."""
        _RESTORE[kind](self, key, value)

    def _put(self, kind: str, key: str, value: Any) -> None:
        self._store.put(kind, f"{self.team.id}/{key}", value)

    def _restore_person(self, key: str, value: Json) -> None:
        self.people[key] = Person(**value)

    def _restore_user_group(self, key: str, value: Json) -> None:
        self.user_groups[key] = UserGroup(**value | {"members": tuple(value["members"])})

    def _restore_channel(self, key: str, value: Json) -> None:
        self.channels[key] = Channel(**value | {"members": tuple(value["members"])})

    def _restore_message(self, _key: str, value: Json) -> None:
        message = Message(**value)
        self.log(message.channel_id).put(message)
        self.timestamps.note(message.ts)

    def _restore_home(self, key: str, value: Json) -> None:
        self.homes[key] = value

    def _restore_read(self, key: str, value: str) -> None:
        user_id, _, channel_id = key.partition("/")
        self._reads[user_id, channel_id] = value

    def _restore_pins(self, key: str, value: list[Json]) -> None:
        self.pins[key] = value

    def _restore_file(self, key: str, value: Json) -> None:
        self.files[key] = value

    def _restore_file_content(self, key: str, value: str) -> None:
        self.file_contents[key] = base64.b64decode(value)

    def _restore_seeded(self, key: str, value: str) -> None:
        self._seeded[key] = value


_RESTORE: dict[str, Callable[[Workspace, str, Any], None]] = {
    "person": Workspace._restore_person,
    "user_group": Workspace._restore_user_group,
    "channel": Workspace._restore_channel,
    "message": Workspace._restore_message,
    "home": Workspace._restore_home,
    "read": Workspace._restore_read,
    "pins": Workspace._restore_pins,
    "file": Workspace._restore_file,
    "file_content": Workspace._restore_file_content,
    "seeded": Workspace._restore_seeded,
}
RESTORED_KINDS = tuple(_RESTORE)


def _by_name(people: Mapping[str, Person], name: str) -> Person | None:
    lowered = name.lower()
    return next((person for person in people.values() if person.name.lower() == lowered), None)
