"""Ordering trouble."""

from bot.playground.control.request import ControlRequest
from bot.playground.entities import Json
from bot.playground.errors import SlackError

_DISCONNECTS = ("drop", "refresh", "warning")


def trouble(call: ControlRequest) -> Json:
    """Add trouble, or end it all; returns what is in force."""
    playground = call.playground
    disconnect = call.args.text("disconnect")
    if disconnect and disconnect not in _DISCONNECTS:
        raise SlackError("invalid_arguments", f"disconnect is one of {', '.join(_DISCONNECTS)}.")
    if call.args.flag("clear"):
        playground.faults.clear()
    playground.faults.order(call.args.values)
    for link in list(playground.delivery.links):
        if disconnect == "refresh":
            link.warn("refresh_requested")
        elif disconnect == "warning":
            link.warn("warning")
        if disconnect in ("drop", "refresh"):
            link.end()
    return playground.faults.describe()
