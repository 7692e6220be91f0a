"""How the bot is reached, and trouble on the way."""

from bot.playground import messaging
from bot.playground.control.request import ControlRequest
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.http_mode import HttpLink

_DISCONNECTS = ("drop", "refresh", "warning")


async def app(call: ControlRequest) -> Json:
    """Choose how the bot is reached: by `request_url` (HTTP mode), or without one by its own connections."""
    playground = call.playground
    for link in [link for link in playground.delivery.links if isinstance(link, HttpLink)]:
        playground.delivery.remove(link)
    if call.args.has("request_url"):
        link = HttpLink(
            call.args.text("request_url"),
            signing_secret=playground.tokens.signing_secret,
            delivery=playground.delivery,
            traffic=playground.traffic,
            now=call.workspace.now,
            timeout_s=playground.timings.ack_timeout,
        )
        await link.verify()
        playground.delivery.add(link)
    return {"connections": len(playground.delivery.links)}


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
