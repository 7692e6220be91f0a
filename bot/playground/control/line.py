"""How the bot is reached, and trouble on the way."""

import re
from dataclasses import replace
from typing import Any

from bot.playground import messaging
from bot.playground.control.request import ControlRequest
from bot.playground.delivery import Timings
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.subscriptions import EVENT_NAMES, checked_names

_SCOPE = re.compile(r"[a-z_.]+(?::[a-z_.]+)*")
_DISCONNECTS = ("drop", "refresh", "warning")


async def app(call: ControlRequest) -> Json:
    """Choose how the bot is reached, what it may do and hears, and how patient Slack is with it."""
    values = call.args.values
    scopes, events, timings = _scopes(call), _events(call), _timings(call)
    call.workspace.save_app(replace(call.workspace.app, scopes=scopes, events=events))
    call.playground.timings = call.playground.delivery.timings = timings
    if "request_url" in values or not values.keys() & {"scopes", "events", "retry_delays", "ack_timeout"}:
        await _reach_by(call, call.args.text("request_url"))
    call.playground.save_line()
    return {
        "connections": len(call.playground.delivery.links),
        "request_url": next((link.url for link in call.playground.http_links), ""),
        "scopes": list(call.workspace.app.granted),
        "events": None if events is None else list(events),
        "never_sent": sorted(set(events or ()) - EVENT_NAMES),
        "retry_delays": list(timings.retry_delays),
        "ack_timeout": timings.ack_timeout,
    }


async def _reach_by(call: ControlRequest, request_url: str) -> None:
    """Use HTTP mode with a `request_url`, the bot's own connections without."""
    playground = call.playground
    for link in playground.http_links:
        playground.delivery.remove(link)
    if not request_url:
        return
    link = playground.http_link(request_url)
    await link.verify()
    playground.delivery.add(link)


def _scopes(call: ControlRequest) -> tuple[str, ...] | None:
    """Return what the token is granted from now on; null stands for everything."""
    if "scopes" not in call.args.values:
        return call.workspace.app.scopes
    scopes = call.args.json("scopes", list)
    if scopes is None:
        return None
    odd = [scope for scope in scopes if not (isinstance(scope, str) and _SCOPE.fullmatch(scope))]
    if odd:
        raise SlackError("invalid_arguments", f"{odd[0]!r} is not a scope; one looks like channels:history.")
    return tuple(dict.fromkeys(scopes))


def _events(call: ControlRequest) -> tuple[str, ...] | None:
    """Return what the app subscribes to from now on; null stands for everything."""
    if "events" not in call.args.values:
        return call.workspace.app.events
    events = call.args.values["events"]
    return None if events is None else checked_names(events)


def _timings(call: ControlRequest) -> Timings:
    """Return how long Slack waits from now on."""
    timings = call.playground.timings
    try:
        if "ack_timeout" in call.args.values:
            timings = replace(timings, ack_timeout=_seconds(call.args.values["ack_timeout"], low=0.05))
        delays = call.args.json("retry_delays", list)
        if delays is not None:
            timings = replace(timings, retry_delays=tuple(_seconds(delay, low=0) for delay in delays))
    except (TypeError, ValueError, OverflowError):
        raise SlackError(
            "invalid_arguments", "ack_timeout is a number of seconds, retry_delays a list of them."
        ) from None
    return timings


def _seconds(value: Any, *, low: float) -> float:
    seconds = float(value)
    if not low <= seconds <= 3600:
        raise ValueError(f"{seconds} is not between {low} and 3600")
    return seconds


def trouble(call: ControlRequest) -> Json:
    """Add trouble, or end it all; returns what is in force."""
    playground = call.playground
    disconnect = call.args.text("disconnect")
    if disconnect and disconnect not in _DISCONNECTS:
        raise SlackError("invalid_arguments", f"disconnect is one of {', '.join(_DISCONNECTS)}.")
    if call.args.flag("clear"):
        playground.faults.clear()
    playground.faults.order(call.args.values)
    if call.args.flag("end_streams"):
        _end_streams(call)
    for link in list(playground.delivery.links):
        if disconnect == "refresh":
            link.warn("refresh_requested")
        elif disconnect == "warning":
            link.warn("warning")
        if disconnect in ("drop", "refresh"):
            link.end()
    return playground.faults.describe()


def _end_streams(call: ControlRequest) -> None:
    """End every stream as Slack does when nothing has come for minutes: what was written so far stays."""
    for channel_id in call.workspace.channels:
        for message in list(call.workspace.log(channel_id)):
            if message.streaming:
                messaging.refresh(call.workspace, message, streaming=False)
