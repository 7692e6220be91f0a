"""What outlives the playground: everything it has acknowledged, whenever it is killed."""

import contextlib
import http.client
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from websockets.sync.client import connect

from bot.playground.errors import PlaygroundError
from bot.playground.playground import Tokens
from bot.playground.server import run
from bot.playground.store import SqliteStore
from tests.bot.playground.conftest import SEED
from tests.bot.playground.test_http_mode import listening
from tests.playground_server import QUICK, RunningPlayground, wait_until

SERVE = (
    "import sys; from pathlib import Path; from bot.playground.server import run;"
    "run(port=0, data_file=Path(sys.argv[1]) if sys.argv[1:] else None, on_ready=lambda url: print(url, flush=True))"
)


@contextmanager
def playground_process(data_file: Path | None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A playground in a process of its own, and its address; killed at the end if it is still there."""
    command = [sys.executable, "-c", SERVE, *([str(data_file)] if data_file else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def playground_command(folder: Path, *arguments: str) -> Iterator[str]:
    """`timbre playground` run in a folder; yields its address."""
    command = [sys.executable, "-m", "bot", "playground", "--port", "0", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[-1]
        finally:
            process.terminate()


def post(url: str, call: str, **fields: Any) -> dict[str, Any]:
    request = urllib.request.Request(f"{url}/control/{call}", data=json.dumps(fields).encode())
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def snapshot(slack: RunningPlayground) -> dict[str, Any]:
    state = slack.look("state", as_="maya")
    kept = {key: state[key] for key in ("team", "bot", "people", "user_groups", "channels", "commands", "shortcuts")}
    messages = {name: slack.messages(name, as_="maya") for name in ("help", "vault")}
    return {**kept, "messages": messages, "home": slack.look("home", as_="maya")}


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    with RunningPlayground(data_file=file) as slack:
        slack.control("seed", **SEED)
        root = slack.control("post", user="tom", channel="help", text="Where?")["ts"]
        ts = slack.control("post", user="maya", channel="help", text="Tin", thread_ts=root)["ts"]
        slack.control("react", user="tom", channel="help", ts=ts, name="eyes")
        slack.control("mark", user="maya", channel="help")
        gone = slack.control("post", user="tom", channel="help", text="Oops")["ts"]
        slack.control("delete", user="tom", channel="help", ts=gone)
        maya = slack.look("state", as_="maya")["me"]["id"]
        slack.web.views_publish(user_id=maya, view={"type": "home", "blocks": [{"type": "divider"}]})
        slack.control("upload", user="tom", channel="help", name="a.txt", content_base64="aGk=")
        before = snapshot(slack)
    with RunningPlayground(data_file=file) as slack:
        assert snapshot(slack) == before
        page_url = slack.messages("help")[-1]["files"][0]["page_url"]
        with urllib.request.urlopen(slack.url + page_url) as content:
            assert content.read() == b"hi"
        assert slack.control("post", user="tom", channel="help", text="Later")["ts"] > ts


def bot_by_http() -> App:
    """A bot that answers challenges and asks nobody who it is: its playground comes back at another address."""
    return App(
        signing_secret=Tokens().signing_secret, authorize=lambda: AuthorizeResult(enterprise_id=None, team_id="T")
    )


def test_how_the_bot_is_reached_is_as_it_was_on_a_second_start(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    heard: list[str] = []
    bolt = bot_by_http()
    bolt.event("message")(lambda event: heard.append(event["text"]))
    with listening(bolt) as url:
        with RunningPlayground(data_file=file) as slack:
            slack.control("seed", **SEED)
            chosen = {"request_url": url, "scopes": ["channels:history"], "events": ["message.channels"]}
            before = slack.control("app", **chosen, retry_delays=[5, 6], ack_timeout=7)
        with RunningPlayground(data_file=file) as slack:
            assert slack.control("app", scopes=["channels:history"]) == before
            slack.control("post", user="tom", channel="help", text="still there?")
            wait_until(lambda: heard == ["still there?"], "the bot hears it")
    assert (before["request_url"], before["retry_delays"], before["ack_timeout"]) == (url, [5, 6], 7)


def test_a_way_back_to_socket_mode_is_kept_too(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    with listening(bot_by_http()) as url, RunningPlayground(data_file=file) as slack:
        slack.control("app", request_url=url)
        slack.control("app")
    with RunningPlayground(data_file=file) as slack:
        assert slack.look("state")["connections"] == 0


def test_the_command_keeps_nothing_unless_it_is_given_a_file(tmp_path: Path) -> None:
    for _ in range(2):
        with playground_command(tmp_path) as url:
            assert people(url) == ["timbre"]
            post(url, "seed", **SEED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", ["kept.sqlite", "."])
def test_the_command_keeps_everything_in_the_file_it_is_given(tmp_path: Path, data: str) -> None:
    with playground_command(tmp_path, "--data", data) as url:
        post(url, "seed", **SEED)
    assert (tmp_path / ("playground.db" if data == "." else data)).is_file()
    with playground_command(tmp_path, "--data", data) as url:
        assert people(url) == ["timbre", "maya", "tom", "ines"]


def people(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/control/state", timeout=20) as answer:
        return [person["name"] for person in json.load(answer)["people"]]


def test_a_teams_id_can_be_chosen_and_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    for _ in range(2):
        with RunningPlayground(data_file=file) as slack:
            team = {"id": "T0LANTERN", "name": "Lanternhouse", "domain": "lanternhouse"}
            assert slack.control("seed", **{**SEED, "team": team})["team"]["id"] == "T0LANTERN"
            assert [team["id"] for team in slack.look("state")["teams"]] == ["T0LANTERN"]
            assert slack.web.auth_test()["team_id"] == "T0LANTERN"


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    acknowledged: list[str] = []

    def keep_posting(url: str) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # the end of the process
            while True:
                acknowledged.append(post(url, "post", user="tom", channel="help", text="x")["ts"])

    with playground_process(file) as (process, url):
        post(url, "seed", **SEED)
        writer = threading.Thread(target=keep_posting, args=[url])
        writer.start()
        wait_until(lambda: len(acknowledged) >= 50, "fifty messages are acknowledged")
        process.kill()
        process.wait()
        writer.join(10)
    with RunningPlayground(data_file=file) as slack:
        kept = [message["ts"] for message in slack.messages("help")]
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + 1  # the one whose acknowledgement was on its way


def test_events_the_bot_has_not_acknowledged_are_sent_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    with playground_process(file) as (process, url):
        post(url, "seed", **SEED)
        for text in ("one", "two"):
            post(url, "post", user="tom", channel="help", text=text)
        process.kill()
        process.wait()
    with RunningPlayground(data_file=file) as slack:
        address = WebClient(base_url=slack.api_url).apps_connections_open(app_token=Tokens().app)["url"]
        with connect(address) as socket:
            frames = [json.loads(socket.recv(timeout=5)) for _ in range(3)]
            for frame in frames[1:]:
                socket.send(json.dumps({"envelope_id": frame["envelope_id"]}))
            slack.control("post", user="tom", channel="help", text="three")
            last = json.loads(socket.recv(timeout=5))
        assert [frame["payload"]["event"]["text"] for frame in (*frames[1:], last)] == ["one", "two", "three"]


def test_sigterm_ends_it_at_once_and_cleanly(tmp_path: Path) -> None:
    with (
        playground_process(tmp_path / "playground.sqlite") as (process, url),
        urllib.request.urlopen(f"{url}/control/events") as feed,
    ):
        feed.readline()
        process.terminate()
        assert process.wait(5) == 0


def test_two_playgrounds_do_not_share_a_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "playground.sqlite")
    with pytest.raises(PlaygroundError, match="in use by another playground"):
        SqliteStore(tmp_path / "playground.sqlite")
    store.close()


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database " * 100)
    with pytest.raises(PlaygroundError, match="Move it away"):
        SqliteStore(file)
    assert file.read_text().startswith("not a database")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlaygroundError, match=r"Cannot write .*playground\.sqlite"):
        SqliteStore(tmp_path / "file" / "playground.sqlite")


def test_a_commit_is_all_or_nothing(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    store = SqliteStore(file)
    store.put("message", "1", {"text": "kept"})
    store.commit()
    store.put("message", "2", {"text": "never committed"})
    store.drop("message", "1")
    left_behind = Path(shutil.copytree(tmp_path, tmp_path.with_suffix(".killed")))  # what a kill would leave
    survivor = SqliteStore(left_behind / file.name)
    assert dict(survivor.load("message")) == {"1": {"text": "kept"}}
    survivor.close()
    store.close()


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (lambda port: run(port=port), "Port .* is taken"),
        (lambda _port: run(port=70_000), "70000 is not a port"),
        (lambda _port: run(host="0.0.0.0"), "no passwords"),
        (lambda _port: run(host="203.0.113.7", allow_remote=True), "Cannot listen on 203.0.113.7"),
    ],
)
def test_a_start_that_cannot_be_says_why(start: Callable[[int], None], says: str) -> None:
    with RunningPlayground(timings=QUICK) as slack, pytest.raises(PlaygroundError, match=says):
        start(int(slack.url.rpartition(":")[2]))


def test_the_store_is_one_sqlite_file_anybody_can_read(tmp_path: Path) -> None:
    file = tmp_path / "playground.sqlite"
    with RunningPlayground(data_file=file) as slack:
        slack.control("seed", **SEED)
    with sqlite3.connect(file) as connection:
        kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM records")}
    connection.close()
    assert {"team", "app", "person", "channel", "user_group"} <= kinds
