"""What becomes of events when the bot is slow, fails, is cut off, or is there twice: real Bolt apps, real times."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.playground.delivery import Timings
from bot.playground.playground import Tokens
from tests.bot.playground.conftest import SEED, connected
from tests.bot.playground.test_http_mode import listening
from tests.playground_server import RunningPlayground, wait_until

Start = Callable[[App], SocketModeHandler]
Noted = tuple[str, int, str]  # text, number of the retry, why


def noting_app(slack: RunningPlayground, seen: list[Noted], *, sleep_s: float = 0) -> App:
    """A Bolt app that acknowledges once its listener is done, and whose first listener takes a while."""
    app = App(client=slack.web, signing_secret=Tokens().signing_secret, process_before_response=True)

    @app.event("message")
    def note(event: dict[str, Any], request: Any) -> None:
        first = not seen
        number, reason = (request.headers.get(f"x-slack-retry-{name}", [""])[0] for name in ("num", "reason"))
        seen.append((event["text"], int(number or 0), reason))
        if first:
            time.sleep(sleep_s)

    return app


@contextmanager
def over_http(slack: RunningPlayground, app: App) -> Iterator[None]:
    with listening(app) as url:
        slack.control("app", request_url=url)
        yield
        slack.control("app")


@pytest.mark.parametrize(
    ("reach", "reason", "at_most_s"),
    # Bolt's own development server does one thing at a time, so there the retry waits until the listener is done.
    [(connected, "timeout", 4), (over_http, "http_timeout", 5)],
    ids=["socket", "http"],
)
def test_a_listener_that_sleeps_four_seconds_gets_the_event_again_at_once(
    reach: Callable[[RunningPlayground, App], AbstractContextManager[Any]], reason: str, at_most_s: float
) -> None:
    seen: list[Noted] = []
    with RunningPlayground(timings=Timings()) as slack:
        slack.control("seed", **SEED)
        with reach(slack, noting_app(slack, seen, sleep_s=4)):
            started = time.monotonic()
            slack.control("post", user="tom", channel="help", text="anybody?")
            wait_until(lambda: len(seen) == 2, "the event has come again")
            waited = time.monotonic() - started
            time.sleep(max(0, 4.5 - waited))  # until the first listener is done
    assert 3 <= waited < at_most_s
    assert seen == [("anybody?", 0, ""), ("anybody?", 1, reason)]


def test_how_long_slack_waits_can_be_set(slack: RunningPlayground) -> None:
    answer = slack.control("app", ack_timeout=0.2, retry_delays=[0, 0.5])
    assert (answer["ack_timeout"], answer["retry_delays"]) == (0.2, [0, 0.5])
    times: list[float] = []
    app = App(client=slack.web, signing_secret=Tokens().signing_secret, process_before_response=True)

    @app.event("message")
    def note() -> None:
        times.append(time.monotonic())
        time.sleep(2)

    with connected(slack, app):
        started = time.monotonic()
        slack.control("post", user="tom", channel="help", text="anybody?")
        wait_until(lambda: len(times) == 3, "both retries have come")
        time.sleep(0.8)
    assert len(times) == 3
    first, second = times[1] - started, times[2] - started
    assert 0.2 <= first < 0.7
    assert 0.9 <= second < 1.4


def collecting(slack: RunningPlayground, texts: list[str]) -> App:
    """A Bolt app that notes what every message says."""
    app = App(client=slack.web)
    app.event("message")(lambda event: texts.append(event["text"]))
    return app


def test_two_bolt_apps_share_the_events(slack: RunningPlayground, start_bolt: Start) -> None:
    seen: tuple[list[str], list[str]] = ([], [])
    for texts in seen:
        start_bolt(collecting(slack, texts))
    for number in range(20):
        slack.control("post", user="tom", channel="help", text=str(number))
    wait_until(lambda: len(seen[0]) + len(seen[1]) == 20, "every event has come")
    assert [len(texts) for texts in seen] == [10, 10]
    assert Counter([*seen[0], *seen[1]]) == Counter(str(number) for number in range(20))


@pytest.mark.parametrize("disconnect", ["drop", "refresh", "warning"])
def test_a_bolt_app_that_is_disconnected_loses_nothing(
    slack: RunningPlayground, start_bolt: Start, disconnect: str
) -> None:
    seen: list[str] = []
    start_bolt(collecting(slack, seen))
    for number in range(10):
        if number == 5:
            slack.control("trouble", disconnect=disconnect)
        slack.control("post", user="tom", channel="help", text=str(number))
    wait_until(lambda: len(set(seen)) == 10, "every event has come", timeout=20)
    assert slack.look("state")["connections"] == 1


def test_events_that_are_cut_late_doubled_and_swapped_at_random_all_arrive(
    slack: RunningPlayground, start_bolt: Start
) -> None:
    seen: list[str] = []
    for _ in range(2):
        start_bolt(collecting(slack, seen))
    rules = [
        {"trouble": "drop", "calls": 1},
        {"trouble": "duplicate", "rate": 0.3, "seed": 2},
        {"trouble": "reorder", "rate": 0.3, "seed": 3},
        {"trouble": "delay", "rate": 0.3, "seed": 4, "delay_s": 0.1},
    ]
    assert len(slack.control("trouble", events=rules)["events"]) == 4
    for number in range(40):
        slack.control("post", user="tom", channel="help", text=str(number))
    wait_until(lambda: len(set(seen)) == 40, "every event has come", timeout=20)
    assert len(seen) > 40  # some twice
    assert seen != sorted(seen, key=int)


class _Failing(BaseHTTPRequestHandler):
    """Takes the challenge, then fails with HTTP 500 and notes the retry headers."""

    seen: list[tuple[str | None, str | None]]
    no_retry: bool

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "url_verification" in body:
            self.send_response(HTTPStatus.OK)
            self.end_headers()
            self.wfile.write(body.encode())
            return
        self.seen.append((self.headers["X-Slack-Retry-Num"], self.headers["X-Slack-Retry-Reason"]))
        self.send_response(HTTPStatus.INTERNAL_SERVER_ERROR)
        if self.no_retry:
            self.send_header("X-Slack-No-Retry", "1")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name it has in the class above
        """Say nothing."""


@contextmanager
def failing(*, no_retry: bool) -> Iterator[tuple[str, list[tuple[str | None, str | None]]]]:
    handler = type("Handler", (_Failing,), {"seen": [], "no_retry": no_retry})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", handler.seen  # type: ignore[attr-defined]  # made above
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_an_app_that_fails_gets_the_event_again_with_the_reason(slack: RunningPlayground) -> None:
    with failing(no_retry=False) as (url, seen):
        slack.control("app", request_url=url, ack_timeout=5)
        slack.control("post", user="tom", channel="help", text="anybody?")
        wait_until(lambda: len(seen) == 4, "all tries were made")
        slack.control("app")
    assert seen == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]


def test_an_app_that_wants_no_retry_gets_none(slack: RunningPlayground) -> None:
    with failing(no_retry=True) as (url, seen):
        slack.control("app", request_url=url)
        slack.control("post", user="tom", channel="help", text="anybody?")
        wait_until(lambda: seen, "the event has come")
        time.sleep(0.6)
        slack.control("app")
    assert seen == [(None, None)]


def test_a_command_that_fails_over_http_tells_its_caller_at_once(slack: RunningPlayground) -> None:
    with failing(no_retry=False) as (url, _seen):
        slack.control("app", request_url=url, ack_timeout=20)
        started = time.monotonic()
        answer = slack.control("command", user="tom", channel="help", command="/timbre", wait=True)
        assert time.monotonic() - started < 5
        slack.control("app")
    assert answer["acked"] is False


def test_an_app_that_is_gone_is_reached_again_when_it_is_back(slack: RunningPlayground) -> None:
    seen: list[Noted] = []
    app = noting_app(slack, seen)
    with listening(app) as url:
        slack.control("app", request_url=url, retry_delays=[0, 1, 1])
    slack.control("post", user="tom", channel="help", text="anybody?")
    time.sleep(0.3)
    port = int(re.findall(r":(\d+)/", url)[0])
    with listening(app, port=port):
        wait_until(lambda: seen, "the event has come after all")
        slack.control("app")
    assert seen[0][0] == "anybody?"
    assert seen[0][2] == "connection_failed"
