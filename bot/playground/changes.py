"""What can happen in a workspace. The bot hears of it as Slack's events, the page as items of the live feed."""

from dataclasses import dataclass
from typing import Literal

from bot.playground.entities import Channel, Json, Message, Person, UserGroup


@dataclass(frozen=True)
class MessagePosted:
    message: Message


@dataclass(frozen=True)
class MessageEdited:
    """Text, blocks or files are different now, or a tombstone took a deleted message's place."""

    before: Message
    after: Message


@dataclass(frozen=True)
class MessageRefreshed:
    """Only what Slack counts on a message is different: its replies, its streaming state."""

    message: Message


@dataclass(frozen=True)
class MessageDeleted:
    message: Message
    deleted_ts: str


@dataclass(frozen=True)
class ReactionChanged:
    message: Message
    name: str
    user_id: str
    added: bool
    event_ts: str


@dataclass(frozen=True)
class MemberChanged:
    channel: Channel
    user_id: str
    joined: bool
    inviter: str | None
    event_ts: str


@dataclass(frozen=True)
class ChannelChanged:
    """A conversation was made or renamed, or (for `only_for`) read, or (`was_public`) hidden from who isn't in it."""

    channel: Channel
    only_for: str | None = None
    was_public: bool = False


@dataclass(frozen=True)
class ChannelAltered:
    """Slack has an event for this: `what` is created, rename, archive or unarchive."""

    channel: Channel
    what: str
    user_id: str
    event_ts: str


@dataclass(frozen=True)
class PersonChanged:
    person: Person


@dataclass(frozen=True)
class UserGroupChanged:
    """A user group is different now; `before` is None when it was just made."""

    user_group: UserGroup
    before: UserGroup | None


@dataclass(frozen=True)
class PinChanged:
    message: Message
    pin: Json  # Slack's `created` and `created_by`
    user_id: str
    added: bool
    event_ts: str


@dataclass(frozen=True)
class AppChanged:
    """The app's name, commands or shortcuts are different now."""


@dataclass(frozen=True)
class Reseeded:
    """So much changed at once, silently, that everything is to be looked at again."""


@dataclass(frozen=True)
class ViewChanged:
    """A modal was opened, updated or closed."""

    user_id: str
    view: Json
    what: Literal["opened", "updated", "closed"]


@dataclass(frozen=True)
class HomePublished:
    user_id: str
    view: Json


@dataclass(frozen=True)
class HomeOpened:
    user_id: str
    tab: Literal["home", "messages"]
    channel_id: str
    view: Json | None
    event_ts: str


@dataclass(frozen=True)
class FileShared:
    file_id: str
    channel: Channel
    user_id: str
    event_ts: str


@dataclass(frozen=True)
class StatusChanged:
    channel_id: str
    thread_ts: str
    status: str
    loading_messages: tuple[str, ...]


@dataclass(frozen=True)
class PromptsChanged:
    channel_id: str
    thread_ts: str
    title: str
    prompts: tuple[Json, ...]


Change = (
    MessagePosted
    | MessageEdited
    | MessageRefreshed
    | MessageDeleted
    | ReactionChanged
    | MemberChanged
    | ChannelChanged
    | ChannelAltered
    | PersonChanged
    | UserGroupChanged
    | PinChanged
    | AppChanged
    | Reseeded
    | ViewChanged
    | HomePublished
    | HomeOpened
    | FileShared
    | StatusChanged
    | PromptsChanged
)
