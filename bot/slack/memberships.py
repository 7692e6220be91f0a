"""Who is in which conversation, and who belongs to the workspace: what permission to read rests on."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Generic, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

CHANNEL_SECONDS = 30.0
"""Events tell of who comes and goes; this is for when one gets lost."""
PEOPLE_SECONDS = 300.0
PAGE = 1000
SHARED = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")
"""What says that others than the workspace's own people read along, or may at any moment."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class UnreadableError(Exception):
    """Slack does not say who reads along, so nobody may be taken to."""


@dataclass(frozen=True)
class Conversation:
    """A place in Slack. `is_shared`: with another organisation or workspace, or about to be."""

    id: str
    is_private: bool
    is_shared: bool


@dataclass(frozen=True)
class Everybody:
    """The workspace's people. `full`: those who may read every public channel. `has_guests`: some may not."""

    full: frozenset[str]
    bots: frozenset[str]
    has_guests: bool


class Memberships:
    """Remembers what it read for a short while, and forgets at once what an event says has changed.

    Every method raises `UnreadableError` where Slack does not answer. With `fresh`, Slack is asked anew.
    """

    def __init__(self, client: WebClient, *, team_id: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._team_id = team_id
        self._members = _Remembered(self._read_members, CHANNEL_SECONDS, monotonic)
        self._conversations = _Remembered(self._read_conversation, CHANNEL_SECONDS, monotonic)
        self._everybody = _Remembered(self._read_everybody, PEOPLE_SECONDS, monotonic)

    def members(self, channel_id: str, *, fresh: bool = False) -> frozenset[str]:
        """Return who is in a conversation, bots included."""
        return self._members.of(channel_id, fresh=fresh)

    def conversation(self, channel_id: str, *, fresh: bool = False) -> Conversation:
        """Return what a conversation is."""
        return self._conversations.of(channel_id, fresh=fresh)

    def everybody(self) -> Everybody:
        """Return who belongs to the workspace."""
        return self._everybody.of("")

    def forget_channel(self, channel_id: str) -> None:
        """Somebody came or left, or it was made private or public."""
        self._members.forget(channel_id)
        self._conversations.forget(channel_id)

    def follow_person(self, person: dict[str, Any]) -> None:
        """Forget who belongs to the workspace when it is news of somebody: most of what changes is a status."""
        known = self._everybody.known("")
        if known is None or not self._is_known(person, known):
            self._everybody.forget("")

    def _read_members(self, channel_id: str) -> frozenset[str]:
        return frozenset(self._pages(self._client.conversations_members, "members", channel=channel_id))

    def _read_conversation(self, channel_id: str) -> Conversation:
        channel = _answer(self._client.conversations_info, channel=channel_id)["channel"]
        is_private = any(channel.get(name) for name in ("is_private", "is_im", "is_mpim"))
        return Conversation(channel_id, is_private, any(channel.get(name) for name in SHARED))

    def _read_everybody(self, _key: str) -> Everybody:
        people = [one for one in self._pages(self._client.users_list, "members") if not one.get("deleted")]
        bots = frozenset(one["id"] for one in people if one.get("is_bot"))
        full = frozenset(one["id"] for one in people if self._is_full(one)) - bots
        return Everybody(full, bots, has_guests=any(one["id"] not in full | bots for one in people))

    def _is_known(self, person: dict[str, Any], known: Everybody) -> bool:
        id_, is_gone = person.get("id"), bool(person.get("deleted"))
        is_bot = bool(person.get("is_bot")) and not is_gone
        is_full = self._is_full(person) and not (is_bot or is_gone)
        # Of somebody gone who was none of those, a guest may be left in the count: that allows less, for a while.
        is_counted = known.has_guests or is_bot or is_full or is_gone
        return (id_ in known.bots) == is_bot and (id_ in known.full) == is_full and is_counted

    def _is_full(self, person: dict[str, Any]) -> bool:
        is_ours = person.get("team_id", self._team_id) == self._team_id
        return is_ours and not any(person.get(name) for name in ("is_restricted", "is_ultra_restricted", "is_stranger"))

    def _pages(self, method: Callable[..., Any], name: str, **arguments: str) -> list[Any]:
        found: list[Any] = []
        cursor = ""
        while True:
            page = _answer(method, limit=PAGE, cursor=cursor, **arguments)
            found += page[name]
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return found


def _answer(method: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return method(**arguments)
    except (SlackClientError, OSError, HTTPException) as err:
        raise UnreadableError(f"Slack does not say who reads along: {type(err).__name__}") from err


class _Remembered(Generic[Key, Value]):
    """Values by key, each for so many seconds. What is forgotten while it is being read is not remembered."""

    def __init__(self, read: Callable[[Key], Value], seconds: float, monotonic: Callable[[], float]) -> None:
        self._read = read
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[Key, tuple[float, Value]] = {}
        self._forgotten: dict[Key, int] = {}

    def of(self, key: Key, *, fresh: bool = False) -> Value:
        with self._lock:
            known, version = self._known.get(key), self._forgotten.get(key, 0)
        if known and not fresh and self._monotonic() - known[0] <= self._seconds:
            return known[1]
        at = self._monotonic()
        value = self._read(key)
        with self._lock:
            if self._forgotten.get(key, 0) == version:
                self._known[key] = (at, value)
        return value

    def known(self, key: Key) -> Value | None:
        with self._lock:
            known = self._known.get(key)
        return known[1] if known else None

    def forget(self, key: Key) -> None:
        with self._lock:
            self._known.pop(key, None)
            self._forgotten[key] = self._forgotten.get(key, 0) + 1
