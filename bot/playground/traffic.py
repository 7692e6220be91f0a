"""The last raw frames between Slack and the bot, for the inspector."""

import json
from collections import deque
from collections.abc import Callable
from typing import Literal

from starlette.responses import Response

from bot.playground.entities import Json
from bot.playground.ids import Clock

KEPT_FRAMES = 1000
_SECRET_KEYS = frozenset({"token", "authorization", "client_secret", "ticket"})


class Traffic:
    """A ring of frames. Tokens never get into it."""

    def __init__(self, now: Clock, on_frame: Callable[[Json], None]) -> None:
        self._now = now
        self._on_frame = on_frame
        self._frames: deque[Json] = deque(maxlen=KEPT_FRAMES)
        self._last = 0

    def record(
        self,
        direction: Literal["to_bot", "from_bot"],
        kind: Literal["socket", "http"],
        name: str,
        body: Json | None,
        **more: object,
    ) -> None:
        """Keep one frame; `more` is `answer`, `status` and `ms` of an HTTP call."""
        self._last += 1
        frame: Json = {"seq": self._last, "at": self._now().timestamp(), "direction": direction, "kind": kind}
        frame |= {"name": name, "body": _without_secrets(body), **more}
        self._frames.append(frame)
        self._on_frame(frame)

    def record_call(self, method: str, sent: Json | None, response: Response, elapsed_ms: float) -> None:
        """Keep one Web API call with its answer."""
        body = bytes(response.body)
        is_json = response.media_type == "application/json"
        answer = _without_secrets(json.loads(body)) if is_json else {"text": body.decode(errors="replace")}
        self.record("from_bot", "http", method, sent, answer=answer, status=response.status_code, ms=elapsed_ms)

    def after(self, number: int, limit: int) -> list[Json]:
        """Return at most `limit` frames after a number: the oldest of them when following, the newest from 0."""
        frames = [frame for frame in self._frames if frame["seq"] > number]
        return frames[:limit] if number else frames[-limit:]


def _without_secrets(body: Json | None) -> Json | None:
    if body is None:
        return None
    cut = {key: "(cut)" if key.lower() in _SECRET_KEYS and value else value for key, value in body.items()}
    if str(cut.get("url", "")).startswith("ws"):
        cut["url"] = str(cut["url"]).partition("?")[0] + "?ticket=(cut)"
    return cut
