"""Ten seconds of a busy Slack: 500 messages a second, posted one by one through the control API."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import pytest
from slack_sdk import WebClient
from websockets.sync.client import connect

from bot.playground.playground import Tokens
from tests.bot.playground.conftest import SEED
from tests.bot.playground.test_state import playground_process, post

RATE = 500  # messages a second
SECONDS = 10
MESSAGES = RATE * SECONDS


@dataclass
class Heard:
    """What a connected client got: texts in the order of their arrival, and when each came."""

    texts: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    retries: int = 0


@contextmanager
def listening(url: str, heard: Heard) -> Iterator[None]:
    """A Socket Mode client that acknowledges everything; ends once all messages have come, or none for 30 s."""
    address = WebClient(base_url=f"{url}/api/").apps_connections_open(app_token=Tokens().app)["url"]
    with connect(address) as socket:
        socket.recv()

        def read() -> None:
            while len(heard.texts) < MESSAGES:
                frame = json.loads(socket.recv(timeout=30))
                socket.send(json.dumps({"envelope_id": frame["envelope_id"]}))
                heard.texts.append(frame["payload"]["event"]["text"])
                heard.times.append(time.monotonic())
                heard.retries += bool(frame["retry_attempt"])

        reader = threading.Thread(target=read)
        reader.start()
        yield
        reader.join(40)


def post_on_schedule(url: str) -> tuple[list[float], float]:
    """Post message after message, none before its time; returns when each was posted, and how long all took."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    posted = []
    started = time.monotonic()
    for number in range(MESSAGES):
        time.sleep(max(0.0, started + number / RATE - time.monotonic()))
        posted.append(time.monotonic())
        body = json.dumps({"user": "tom", "channel": "help", "text": str(number)})
        connection.request("POST", "/control/post", body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    taken = time.monotonic() - started
    connection.close()
    return posted, taken


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("kept", [False, True], ids=["memory", "file"])
def test_ten_seconds_at_500_messages_a_second_arrive_in_order_with_none_lost(tmp_path: Path, kept: bool) -> None:
    heard = Heard()
    with playground_process(tmp_path / "playground.sqlite" if kept else None) as (_process, url):
        post(url, "seed", **SEED)
        with listening(url, heard):
            posted, taken = post_on_schedule(url)
    assert heard.texts == [str(number) for number in range(MESSAGES)]
    assert heard.retries == 0
    lags = quantiles((came - sent for came, sent in zip(heard.times, posted, strict=True)), n=100)
    figures = f"{MESSAGES / taken:.0f} messages a second, arriving after {lags[49] * 1000:.1f} ms"
    print(f"{figures} (99 in 100 within {lags[98] * 1000:.1f} ms)")  # noqa: T201  the figures are what it is run for
    assert taken < SECONDS * 1.02, "this machine did not keep up with the rate"
