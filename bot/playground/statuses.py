""" "Is thinking…" and suggested prompts: what an agent shows in a conversation besides messages."""

import asyncio

from bot.playground.changes import PromptsChanged, StatusChanged
from bot.playground.entities import Json
from bot.playground.workspace import Workspace

STATUS_LIFETIME_S = 120.0


def set_status(workspace: Workspace, channel_id: str, thread_ts: str, status: str, loading: tuple[str, ...]) -> None:
    """Show a status until it is cleared, the app posts in the thread, or two minutes have passed."""
    if not status:
        clear_status(workspace, channel_id, thread_ts)
        return
    entry: Json = {"channel": channel_id, "thread_ts": thread_ts, "status": status, "loading_messages": list(loading)}
    workspace.statuses[channel_id, thread_ts] = entry
    workspace.announce(StatusChanged(channel_id, thread_ts, status, loading))

    def expire() -> None:
        if workspace.statuses.get((channel_id, thread_ts)) is entry:
            clear_status(workspace, channel_id, thread_ts)

    asyncio.get_running_loop().call_later(STATUS_LIFETIME_S, expire)


def clear_status(workspace: Workspace, channel_id: str, thread_ts: str) -> None:
    """Show no status any more."""
    if workspace.statuses.pop((channel_id, thread_ts), None) is not None:
        workspace.announce(StatusChanged(channel_id, thread_ts, "", ()))


def set_prompts(workspace: Workspace, channel_id: str, thread_ts: str, title: str, prompts: tuple[Json, ...]) -> None:
    """Offer things to ask; no prompts take the offer back."""
    entry: Json = {"channel": channel_id, "thread_ts": thread_ts, "title": title, "prompts": list(prompts)}
    if prompts:
        workspace.prompts[channel_id, thread_ts] = entry
    else:
        workspace.prompts.pop((channel_id, thread_ts), None)
    workspace.announce(PromptsChanged(channel_id, thread_ts, title, prompts))
