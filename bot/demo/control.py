"""Acts as people in a playground, through its control API."""

import time
from collections.abc import Iterator
from typing import Any

import httpx

TIMEOUT_S = 30.0


class ControlError(RuntimeError):
    """The playground refused a call; the message says which and why."""


class AlreadyDoneError(ControlError):
    """What was asked for is so already."""


class Control:
    """One playground. Users and channels are given by id or name."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_S)

    def call(self, act: str, **body: Any) -> dict[str, Any]:
        """Act: `post`, `react`, `click`, `command`, `seed` …; returns the answer."""
        return self._checked(act, self._client.post(f"/control/{act}", json=body))

    def look(self, what: str, **query: Any) -> dict[str, Any]:
        """Look: `state`, `messages` …; returns the answer."""
        return self._checked(what, self._client.get(f"/control/{what}", params=query))

    def messages(self, channel: str, *, user: str, thread_ts: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield all messages `user` sees in a channel's top level or a thread, newest page first."""
        query: dict[str, Any] = {"channel": channel, "as": user, "limit": 500}
        if thread_ts:
            query["thread_ts"] = thread_ts
        while True:
            page = self.look("messages", **query)
            yield from page["messages"]
            if not page["has_more"] or not page["messages"]:
                return
            query["before"] = page["messages"][0]["ts"]

    def ask(self, question: str, *, channel: str, user: str, seconds: float) -> dict[str, Any] | None:
        """Ask Timbre in a channel and return its whole reply in the thread; None after `seconds` without one."""
        ts = self.call("post", user=user, channel=channel, text=f"@timbre {question}")["ts"]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.messages(channel, user=user, thread_ts=ts):
                if message.get("bot_id") and not message.get("streaming"):  # it is whole only when it is
                    return {**message, "question_ts": ts}
            time.sleep(0.05)
        return None

    def close(self) -> None:
        self._client.close()

    def _checked(self, call: str, response: httpx.Response) -> dict[str, Any]:
        answer: dict[str, Any] = response.json()
        if answer.get("error") == "already_reacted":
            raise AlreadyDoneError("that reaction is there already")
        if not answer.get("ok"):
            raise ControlError(f"the playground refused {call}: {answer.get('error')} {answer.get('hint', '')}")
        return answer
