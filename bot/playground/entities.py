"""What a workspace is made of. Entities are values: a change makes a new one. Their fields are what JSON can hold."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.playground.scope_names import ALL_SCOPES

Json = dict[str, Any]

ChannelKind = Literal["channel", "group", "im", "mpim"]


@dataclass(frozen=True)
class Team:
    id: str
    name: str
    domain: str
    number: int = 0  # 0 for the first workspace of the playground


@dataclass(frozen=True)
class App:
    """The app under development, as installed in one workspace."""

    id: str
    bot_id: str
    bot_user_id: str
    commands: tuple[Json, ...] = ()
    shortcuts: tuple[Json, ...] = ()
    guide: Json | None = None  # what the page's guide leads to: {"channel", "question"}
    scopes: tuple[str, ...] | None = None  # what the bot's token is granted; None for everything there is
    events: tuple[str, ...] | None = None  # what the app subscribes to; None for everything there is

    @property
    def granted(self) -> tuple[str, ...]:
        return ALL_SCOPES if self.scopes is None else self.scopes


@dataclass(frozen=True)
class Person:
    """Somebody who can write: a person, or the app's bot user. `display_name`: None where it is the handle."""

    id: str
    name: str
    real_name: str
    title: str = ""
    color: str = "#5b6770"
    is_admin: bool = False
    is_bot: bool = False
    updated: int = 0  # seconds since 1970
    display_name: str | None = None


@dataclass(frozen=True)
class UserGroup:
    id: str
    handle: str
    name: str
    members: tuple[str, ...] = ()
    updated: int = 0  # seconds since 1970
    description: str = ""
    created: int = 0  # seconds since 1970
    created_by: str = ""
    updated_by: str = ""
    disabled: int = 0  # seconds since 1970, 0 while it is in use


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    kind: ChannelKind
    members: tuple[str, ...] = ()
    topic: str = ""
    purpose: str = ""
    creator: str = ""
    created: int = 0  # seconds since 1970
    is_archived: bool = False

    @property
    def is_direct(self) -> bool:
        return self.kind in ("im", "mpim")

    @property
    def is_private(self) -> bool:
        return self.kind != "channel"


@dataclass(frozen=True)
class Message:
    """One message. `thread_ts` is set on replies only; `visible_to` on ephemeral messages only."""

    channel_id: str
    ts: str
    user_id: str
    text: str
    thread_ts: str | None = None
    subtype: str | None = None
    by_app: bool = False
    broadcast: bool = False
    visible_to: str | None = None
    streaming: bool = False
    edited_by: str | None = None
    edited_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)  # emoji name to user ids, in order of reacting
    extra: Json = field(default_factory=dict)  # keys that Slack puts beside the others: metadata, inviter, username

    @property
    def root_ts(self) -> str:
        """The timestamp of the thread's first message, its own when it starts one."""
        return self.thread_ts or self.ts

    @property
    def at_top_level(self) -> bool:
        return self.thread_ts is None or self.broadcast
