"""Ids and timestamps in Slack's shapes."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]

_MICROSECONDS = 1_000_000
_END_OF_TIME = 10**10 * _MICROSECONDS - 1


def derived_id(prefix: str, *parts: str) -> str:
    """Return an id that is always the same for the same parts, so that a seed run twice names the same things."""
    digest = hashlib.sha256("\x1f".join((prefix, *parts)).encode()).digest()
    return f"{prefix}0{base64.b32encode(digest)[:9].decode()}"


def fresh_id(prefix: str) -> str:
    """Return an id nobody can guess."""
    return f"{prefix}0{base64.b32encode(secrets.token_bytes(10))[:11].decode()}"


class TimestampSource:
    """Hands out message timestamps: the clock's time, moved on by microseconds to stay unique and rising."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._last = 0

    def next(self) -> str:
        """Return a `ts` later than every one handed out or noted before."""
        self._last = max(round(self._now().timestamp() * _MICROSECONDS), self._last + 1)
        return f"{self._last // _MICROSECONDS}.{self._last % _MICROSECONDS:06d}"

    def note(self, ts: str) -> None:
        """Never hand out `ts` or anything before it."""
        self._last = max(self._last, microseconds(ts))


def microseconds(ts: str) -> int:
    """Return `ts` as whole microseconds since 1970; raises ValueError for anything that is not a timestamp."""
    seconds, _, fraction = ts.partition(".")
    if not (ts.isascii() and seconds.isdigit() and (not fraction or fraction.isdigit())):
        raise ValueError(f"{ts!r} is not a timestamp")
    return int(seconds) * _MICROSECONDS + int(fraction.ljust(6, "0")[:6])


def normal_ts(ts: str) -> str:
    """Return `ts` with ten digits and six decimals, so that timestamps compare as text; raises ValueError.

    What is further ahead than ten digits reach (the year 2286) becomes the last moment before that.
    """
    value = min(microseconds(ts), _END_OF_TIME)
    return f"{value // _MICROSECONDS:010d}.{value % _MICROSECONDS:06d}"
