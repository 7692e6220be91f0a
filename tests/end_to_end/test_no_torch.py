"""Processes stay small: the bot answers, approves and asks for a run without torch, commands load what they need."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database, sqlite_url
from storage.knowledge import count_chunks
from storage.pairs import PairStatus, count_by_status
from storage.runs import Run, RunStatus, list_runs
from storage.waiting import pairs_without_context
from tests.end_to_end.commands import environment
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until

# `timbre bot` itself, which tells at its end what it came to hold.
PROGRAM = """
import atexit, json, sys
from bot.cli import main

def tell():
    # Not getrusage: what that says includes the process which started this one.
    status = dict(line.split(":") for line in open("/proc/self/status"))
    print(json.dumps({"modules": sorted(sys.modules), "peak": status["VmHWM"]}))

atexit.register(tell)
main()
"""
HEAVY = {"torch", "transformers", "peft", "sentence_transformers"}
PEAK_MIB = 300
PAIRS = 10
WAIT = 60.0
TEAM = "THARBOUR"
SEED: dict[str, Any] = {
    "team": {"id": TEAM, "name": "Harbour"},
    "app": {"name": "timbre", "commands": [{"command": "/timbre", "description": "Learn"}]},
    "people": [
        {"name": "maya", "real_name": "Maya Ito", "is_admin": True},
        {"name": "tom", "real_name": "Tom Reed"},
        {"name": "ines", "real_name": "Inés Vega"},
    ],
    "user_groups": [{"handle": "reviewers", "name": "Reviewers", "members": ["maya"]}],
    "channels": [
        {"name": "help", "members": ["maya", "tom", "ines", "timbre"]},
        {"name": "timbre-review", "members": ["maya", "timbre"]},
    ],
}
BERTHS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")


@pytest.fixture
def slack() -> Iterator[RunningPlayground]:
    with RunningPlayground() as running:
        running.control("seed", **SEED)
        yield running


def approved(database: Database) -> int:
    with database.reading() as session:
        return count_by_status(session, team_id=TEAM).get(PairStatus.APPROVED, 0)


def is_indexed(database: Database) -> bool:
    with database.reading() as session:
        return count_chunks(session, team_id=TEAM)[1] == 0 and not pairs_without_context(session, limit=1)


def asked_for(database: Database) -> list[Run]:
    with database.reading() as session:
        return list_runs(session, team_id=TEAM)


def live_through_a_day(slack: RunningPlayground, database: Database) -> None:
    """Talk, approve, ask, and ask for a run."""
    for berth in BERTHS:
        asked = slack.control("post", user="tom", channel="help", text=f"What does a night at {berth} pier cost?")["ts"]
        reply = f"Ahoy, {berth} be {len(berth)} crowns a night."
        said = slack.control("post", user="ines", channel="help", text=reply, thread_ts=asked)["ts"]
        slack.control("react", user="maya", channel="help", ts=said, name="white_check_mark")
    wait_until(lambda: approved(database) == PAIRS, "the answers are approved", timeout=WAIT)
    wait_until(lambda: is_indexed(database), "the answers are indexed", timeout=WAIT)

    asked = slack.control("post", user="tom", channel="help", text="@timbre What is a night at Cedar pier?")["ts"]
    wait_until(lambda: len(slack.texts("help", as_="tom", thread_ts=asked)) > 1, "Timbre answers", timeout=WAIT)
    assert "Cedar be 5 crowns" in slack.texts("help", as_="tom", thread_ts=asked)[-1]

    slack.control("command", user="maya", channel="timbre-review", command="/timbre", text="retrain", wait=True)
    # The command is acknowledged before it is carried out.
    wait_until(lambda: asked_for(database), "a run is asked for", timeout=WAIT)
    (run,) = asked_for(database)
    assert run.status is RunStatus.QUEUED


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_bot_answers_approves_and_starts_a_run_without_torch_in_memory(
    slack: RunningPlayground, tmp_path: Path
) -> None:
    with FakeModelServer() as models, (tmp_path / "log").open("wb") as log:
        settings = environment(
            data=tmp_path,
            slack_api_url=slack.api_url,
            slack_bot_token="xoxb-playground",
            slack_app_token="xapp-playground",
            models_url=models.url,
            min_pairs=PAIRS,
        )
        command = [sys.executable, "-c", PROGRAM, "bot"]
        with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            try:
                wait_until(lambda: slack.look("state", as_="maya")["connections"], "the bot connects", timeout=WAIT)
                database = Database(sqlite_url(tmp_path))
                live_through_a_day(slack, database)
                database.close()
            finally:
                process.send_signal(signal.SIGTERM)
                told, _ = process.communicate(timeout=30)

    assert process.returncode == 0, (tmp_path / "log").read_text()
    found = json.loads(told)
    assert {"bot.bootstrap", "training.promotion", "chromadb"} <= set(found["modules"])
    assert HEAVY.isdisjoint(found["modules"])
    peak_mib = int(found["peak"].split()[0]) / 1024
    print(f"the bot's memory peaked at {peak_mib:.0f} MiB")  # noqa: T201 (a figure for whoever asks with -s)
    assert peak_mib < PEAK_MIB


def test_a_command_that_leaves_the_index_alone_does_not_load_it() -> None:
    program = "import sys, bot.commands; print('chromadb' in sys.modules)"

    told = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    )

    assert told.stdout == "False\n"
