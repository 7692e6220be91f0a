"""Slack's cursors: opaque text that holds where the next page starts."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bot.playground.errors import SlackError

T = TypeVar("T")


def cursor_to(position: str) -> str:
    """Return a cursor for a position."""
    return base64.urlsafe_b64encode(f"next:{position}".encode()).decode()


def position_of(cursor: str) -> str | None:
    """Return a cursor's position, None for an empty one; raises SlackError `invalid_cursor`."""
    if not cursor:
        return None
    try:
        word, _, position = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError):
        raise SlackError("invalid_cursor") from None
    if word != "next" or not position:
        raise SlackError("invalid_cursor")
    return position


def numbered_page(items: Sequence[T], cursor: str, limit: int) -> tuple[list[T], str]:
    """Return one page of a list and the cursor to the next, empty at the end."""
    position = position_of(cursor) or "0"
    if not (position.isdecimal() and len(position) < 10):
        raise SlackError("invalid_cursor")
    start = int(position)
    end = start + limit
    return list(items[start:end]), cursor_to(str(end)) if end < len(items) else ""
