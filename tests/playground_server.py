"""A playground on a free port, in a thread of the test's own process."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from slack_sdk import WebClient
from starlette.applications import Starlette

from bot.playground.app import create_app
from bot.playground.delivery import Timings
from bot.playground.playground import Playground, Tokens
from bot.playground.server import PlaygroundServer, address_of, listen
from bot.playground.store import MemoryStore, SqliteStore

# As patient as Slack, so that a busy machine is not taken for a bot that fails; only retries come sooner. A test that
# waits for the end of that patience shortens it: `slack.control("app", ack_timeout=IMPATIENT_S)`.
QUICK = Timings(retry_delays=(0.0, 0.1, 0.1))
IMPATIENT_S = 0.4


class ControlError(AssertionError):
    """The control API said no: `error` is Slack's word for why."""

    def __init__(self, status: int, error: str, hint: str) -> None:
        super().__init__(f"{error} ({status}): {hint}")
        self.status = status
        self.error = error
        self.hint = hint


class RunningPlayground:
    """Serves from `with` to its end. `control` calls the control API, `web` is the bot's WebClient."""

    def __init__(self, *, timings: Timings = QUICK, data_file: Path | None = None) -> None:
        store = SqliteStore(data_file) if data_file else MemoryStore()
        self.app: Starlette = create_app(store=store, timings=timings)
        self._listener = listen("127.0.0.1", 0)
        self.url = address_of(self._listener)
        self._server = PlaygroundServer(self.app)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self._server.started, "the playground serves")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive(), "the playground did not stop"

    @property
    def playground(self) -> Playground:
        """The state behind the server, for a test to look at."""
        playground: Playground = self.app.state.playground
        return playground

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def web(self) -> WebClient:
        return WebClient(token=Tokens().bot, base_url=self.api_url)

    def control(self, name: str, /, **fields: Any) -> dict[str, Any]:
        """Call `POST /control/<name>`; raises ControlError."""
        request = urllib.request.Request(
            f"{self.url}/control/{name}",
            data=json.dumps(fields).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        return _answer(request)

    def look(self, name: str, /, **query: Any) -> dict[str, Any]:
        """Call `GET /control/<name>`; `as_` stands for `as`. Raises ControlError."""
        pairs = {key.rstrip("_"): value for key, value in query.items() if value is not None}
        return _answer(urllib.request.Request(f"{self.url}/control/{name}?{urlencode(pairs)}"))

    def messages(self, channel: str, *, as_: str | None = None, thread_ts: str | None = None) -> list[dict[str, Any]]:
        """Return a conversation's messages, or a thread's, oldest first."""
        found: list[dict[str, Any]] = self.look("messages", channel=channel, as_=as_, thread_ts=thread_ts, limit=1000)[
            "messages"
        ]
        return found

    def texts(self, channel: str, *, as_: str | None = None, thread_ts: str | None = None) -> list[str]:
        """Return only what the messages say."""
        return [message["text"] for message in self.messages(channel, as_=as_, thread_ts=thread_ts)]


def wait_until(holds: Callable[[], object], what: str, *, timeout: float = 10.0) -> None:
    """Wait until `holds()` is true; fails naming `what`."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"waited {timeout:g} s in vain until {what}"
        time.sleep(0.01)


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as err:
        with err:
            body = json.load(err)
        raise ControlError(err.code, body["error"], body["hint"]) from None
