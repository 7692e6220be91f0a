"""Ten seconds of a busy Slack."""

import http.client
import json
import threading
import time
from pathlib import Path

import pytest
from slack_sdk import WebClient
from websockets.sync.client import connect

from bot.playground.playground import Tokens
from tests.bot.playground.conftest import SEED
from tests.bot.playground.test_state import playground_process, post

MESSAGES = 5_000


@pytest.mark.slow
def test_ten_seconds_at_500_messages_a_second_arrive_in_order_with_none_lost(tmp_path: Path) -> None:
    seen: list[str] = []
    with playground_process(tmp_path / "playground.sqlite") as (_process, url):
        post(url, "seed", **SEED)
        address = WebClient(base_url=f"{url}/api/").apps_connections_open(app_token=Tokens().app)["url"]
        with connect(address) as socket:
            socket.recv()

            def read() -> None:
                while len(seen) < MESSAGES:
                    frame = json.loads(socket.recv(timeout=30))
                    socket.send(json.dumps({"envelope_id": frame["envelope_id"]}))
                    seen.append(frame["payload"]["event"]["text"])

            reader = threading.Thread(target=read)
            reader.start()
            connection = http.client.HTTPConnection(url.removeprefix("http://"))
            started = time.monotonic()
            for number in range(MESSAGES):
                body = json.dumps({"user": "tom", "channel": "help", "text": str(number)})
                connection.request("POST", "/control/post", body)
                connection.getresponse().read()
            rate = MESSAGES / (time.monotonic() - started)
            connection.close()
            reader.join(30)
    print(f"{rate:.0f} messages a second")  # noqa: T201  the figure is what the test is run for
    assert seen == [str(number) for number in range(MESSAGES)]
