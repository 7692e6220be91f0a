"""The live feed: every change, numbered, kept for a while so that a page that lost its connection can catch up."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.playground import changes
from bot.playground.entities import Channel, Json, Message
from bot.playground.page_views import channel_view, message_view, person_view, user_group_view
from bot.playground.workspace import Workspace

KEPT_ITEMS = 10_000


@dataclass(frozen=True)
class FeedItem:
    """One change. `render` turns it into what `viewer` gets to see of it, or None."""

    number: int
    render: Callable[[str | None], Json | None]
    team_id: str | None = None
    is_traffic: bool = False


class Feed:
    """A ring of numbered changes, and a bell for each reader."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch  # tells the numbers of this start from those of an earlier one
        self._items: deque[FeedItem] = deque(maxlen=KEPT_ITEMS)
        self._last = 0
        self._bells: set[asyncio.Event] = set()
        self.closed = False

    @property
    def cursor(self) -> str:
        """Where the feed is now."""
        return self.cursor_of(self._last)

    def cursor_of(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    def position(self, cursor: str | None) -> int | None:
        """Return the number to read on from: now without a cursor, None when what came after it is no longer held."""
        if cursor is None:
            return self._last
        epoch, _, number = cursor.rpartition("-")
        if epoch != self._epoch or not (number.isdecimal() and len(number) < 20) or int(number) > self._last:
            return None
        oldest = self._items[0].number if self._items else self._last + 1
        return int(number) if int(number) >= oldest - 1 else None

    def after(self, number: int) -> Iterator[FeedItem]:
        """Yield what came after a number, oldest first."""
        missed = self._last - number
        start = max(0, len(self._items) - missed)
        return iter([self._items[index] for index in range(start, len(self._items))])

    def publish(
        self, render: Callable[[str | None], Json | None], *, team_id: str | None = None, is_traffic: bool = False
    ) -> None:
        """Add an item and wake every reader."""
        self._last += 1
        self._items.append(FeedItem(self._last, render, team_id, is_traffic))
        for bell in self._bells:
            bell.set()

    def subscribe(self) -> asyncio.Event:
        """Return an event that is set whenever there is something new; give it back to `unsubscribe`."""
        bell = asyncio.Event()
        self._bells.add(bell)
        return bell

    def unsubscribe(self, bell: asyncio.Event) -> None:
        self._bells.discard(bell)

    def close(self) -> None:
        """Send every reader home."""
        self.closed = True
        for bell in self._bells:
            bell.set()

    def publish_change(self, workspace: Workspace, change: changes.Change) -> None:
        """Add what the page shows of a change in a workspace."""
        to_items = _ITEMS.get(type(change))
        for render in to_items(workspace, change) if to_items else ():
            self.publish(render, team_id=workspace.team.id)


Render = Callable[[str | None], Json | None]


def _in_channel(workspace: Workspace, channel_id: str, data: Json, *, only_for: str | None = None) -> Render:
    def render(viewer: str | None) -> Json | None:
        if viewer is None:
            return data
        if only_for is not None and viewer != only_for:
            return None
        return data if workspace.may_see(viewer, workspace.channels[channel_id]) else None

    return render


def _for_user(user_id: str, data: Json) -> Render:
    return lambda viewer: data if viewer in (None, user_id) else None


def _for_all(data: Json) -> Render:
    return lambda _viewer: data


def _message(workspace: Workspace, kind: str, message: Message) -> Render:
    data = {"type": kind, "channel": message.channel_id, "message": message_view(workspace, message)}
    return _in_channel(workspace, message.channel_id, data, only_for=message.visible_to)


def _posted(workspace: Workspace, change: changes.MessagePosted) -> list[Render]:
    return [_message(workspace, "message", change.message)]


def _edited(workspace: Workspace, change: changes.MessageEdited) -> list[Render]:
    return [_message(workspace, "message_changed", change.after)]


def _refreshed(workspace: Workspace, change: changes.MessageRefreshed) -> list[Render]:
    return [_message(workspace, "message_changed", change.message)]


def _deleted(workspace: Workspace, change: changes.MessageDeleted) -> list[Render]:
    gone = change.message
    data: Json = {"type": "message_deleted", "channel": gone.channel_id, "ts": gone.ts}
    if gone.thread_ts:
        data["thread_ts"] = gone.thread_ts
    return [_in_channel(workspace, gone.channel_id, data, only_for=gone.visible_to)]


def _marked(workspace: Workspace, change: changes.ReactionChanged | changes.PinChanged) -> list[Render]:
    return [_message(workspace, "message_changed", change.message)]


def _member(workspace: Workspace, change: changes.MemberChanged) -> list[Render]:
    return [_channel_item(workspace, change.channel, gone_for=None if change.joined else change.user_id)]


def _channel(workspace: Workspace, change: changes.ChannelChanged) -> list[Render]:
    return [_channel_item(workspace, change.channel, only_for=change.only_for, gone_for_all=change.was_public)]


def _channel_item(
    workspace: Workspace,
    channel: Channel,
    *,
    only_for: str | None = None,
    gone_for: str | None = None,
    gone_for_all: bool = False,
) -> Render:
    def render(viewer: str | None) -> Json | None:
        current = workspace.channels[channel.id]
        if viewer is not None and not workspace.may_see(viewer, current):
            return {"type": "channel_gone", "channel": channel.id} if gone_for_all or viewer == gone_for else None
        if only_for is not None and viewer not in (None, only_for):
            return None
        return {"type": "channel", "channel": channel_view(workspace, current, viewer)}

    return render


def _person(workspace: Workspace, change: changes.PersonChanged) -> list[Render]:
    return [_for_all({"type": "person", "person": person_view(workspace, change.person)})]


def _user_group(_workspace: Workspace, change: changes.UserGroupChanged) -> list[Render]:
    return [_for_all({"type": "user_group", "user_group": user_group_view(change.user_group)})]


def _app(workspace: Workspace, _change: changes.AppChanged) -> list[Render]:
    app = workspace.app
    data: Json = {"type": "app", "bot": person_view(workspace, workspace.bot)}
    return [_for_all({**data, "commands": list(app.commands), "shortcuts": list(app.shortcuts)})]


def _reseeded(_workspace: Workspace, _change: changes.Reseeded) -> list[Render]:
    return [_for_all({"type": "reset"})]


def _view(_workspace: Workspace, change: changes.ViewChanged) -> list[Render]:
    data: Json = {"type": f"view_{change.what}", "user": change.user_id}
    data |= {"view_id": change.view["id"]} if change.what == "closed" else {"view": change.view}
    return [_for_user(change.user_id, data)]


def _home(_workspace: Workspace, change: changes.HomePublished) -> list[Render]:
    return [_for_user(change.user_id, {"type": "home", "user": change.user_id, "view": change.view})]


def _status(workspace: Workspace, change: changes.StatusChanged) -> list[Render]:
    data: Json = {
        "type": "status",
        "channel": change.channel_id,
        "thread_ts": change.thread_ts,
        "status": change.status,
    }
    data |= {"loading_messages": list(change.loading_messages)}
    return [_in_channel(workspace, change.channel_id, data)]


def _prompts(workspace: Workspace, change: changes.PromptsChanged) -> list[Render]:
    data: Json = {"type": "prompts", "channel": change.channel_id, "thread_ts": change.thread_ts}
    data |= {"title": change.title, "prompts": list(change.prompts)}
    return [_in_channel(workspace, change.channel_id, data)]


_ITEMS: dict[type, Callable[[Workspace, Any], list[Render]]] = {
    changes.MessagePosted: _posted,
    changes.MessageEdited: _edited,
    changes.MessageRefreshed: _refreshed,
    changes.MessageDeleted: _deleted,
    changes.ReactionChanged: _marked,
    changes.PinChanged: _marked,
    changes.MemberChanged: _member,
    changes.ChannelChanged: _channel,
    changes.PersonChanged: _person,
    changes.UserGroupChanged: _user_group,
    changes.AppChanged: _app,
    changes.Reseeded: _reseeded,
    changes.ViewChanged: _view,
    changes.HomePublished: _home,
    changes.StatusChanged: _status,
    changes.PromptsChanged: _prompts,
}
