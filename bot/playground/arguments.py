"""A call's arguments, whichever way they were sent: query, form or JSON."""

import json
import math
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.ids import normal_ts

MAX_DEPTH = 50  # of lists and objects within each other; what Slack itself sends stays below 20


class Arguments:
    """Reads arguments by name and type. A form holds JSON in text; both ways of sending it are taken."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """Return an argument as text."""
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """Return an argument as text; raises SlackError `error` when it is missing or empty."""
        if not self.has(name):
            raise SlackError(error, f"The argument {name!r} is missing.")
        return self.text(name)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an argument as yes or no."""
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")

    def integer(self, name: str, default: int, *, low: int, high: int, error: str = "invalid_arguments") -> int:
        """Return an argument as a whole number of at least `low`, cut off at `high`."""
        if not self.has(name):
            return default
        try:
            value = int(self.values[name])
        except (TypeError, ValueError, OverflowError):
            raise SlackError(error, f"{name!r} is a whole number.") from None
        if value < low:
            raise SlackError(error, f"{name!r} is at least {low}.")
        return min(value, high)

    def ts(self, name: str, error: str) -> str | None:
        """Return an argument as a timestamp of fixed width, None when absent."""
        if not self.has(name):
            return None
        try:
            return normal_ts(str(self.values[name]))
        except ValueError:
            raise SlackError(error, f"{name!r} is not a timestamp.") from None

    def required_ts(self, name: str, error: str) -> str:
        """Return an argument as a timestamp; raises SlackError `error` when it is missing or is none."""
        ts = self.ts(name, error)
        if ts is None:
            raise SlackError(error, f"The argument {name!r} is missing.")
        return ts

    def json(self, name: str, kind: type, error: str = "invalid_arguments") -> Any:
        """Return an argument that is a list or an object, None when absent; raises SlackError `error` otherwise."""
        value = self.values.get(name)
        if value in (None, ""):
            return None
        if isinstance(value, str):
            try:
                value = strict_json(value)
            except ValueError:
                raise SlackError(error, f"{name!r} is not JSON.") from None
        if not isinstance(value, kind):
            raise SlackError(error, f"{name!r} has the wrong type.")
        return value

    def words(self, name: str) -> list[str]:
        """Return an argument that is a list, or text with commas."""
        value = self.values.get(name)
        if isinstance(value, str) and value.startswith("["):
            value = self.json(name, list)
        if isinstance(value, list):
            return [str(word) for word in value]
        return [word.strip() for word in str(value or "").split(",") if word.strip()]


def strict_json(text: str) -> Any:
    """Return parsed JSON.

    Raises ValueError for what could not be sent on: NaN, infinity, half a surrogate pair, lists deep in each other.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("too deep") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise ValueError("too deep")
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large")
    return value


async def read_arguments(request: Request, *, forms: bool = True) -> Arguments:
    """Return a request's arguments, of which `forms` may hold some; raises SlackError `invalid_json` and its like."""
    values: Json = dict(request.query_params)
    body = await request.body()
    if not body:
        return Arguments(values)
    try:
        text = body.decode()
        if not forms or "json" in request.headers.get("content-type", "") or text[:1] in "{[":
            sent = strict_json(text)
            if not isinstance(sent, dict):
                raise SlackError("json_not_object", "The body is a JSON object.")
        else:
            sent = dict(parse_qsl(text, keep_blank_values=True))
    except UnicodeDecodeError:
        raise SlackError("invalid_charset", "The body is UTF-8.") from None
    except ValueError as err:
        raise SlackError("invalid_json", f"The body is not JSON that can be read: {err}.") from None
    return Arguments(values | sent)
