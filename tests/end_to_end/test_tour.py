"""The whole loop, as `timbre tour` walks it: with nothing beside it, because it says how long it takes."""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.runs import RunStatus
from tests.end_to_end.commands import Timbre
from tests.end_to_end.yard import Yard

pytestmark = [
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("elsewhere"),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]


STEPS = [
    "start",
    "talk",
    "approve",
    "take back",
    "ask before",
    "retrain",
    "train",
    "compare",
    "swap",
    "ask after",
]


@dataclass(frozen=True)
class Toured:
    """A data folder that was toured, and what the tour found."""

    data: Path
    code: int
    found: dict[str, Any]
    log: str
    worker_log: str
    was_idle: bool


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    return tour(tmp_path_factory.mktemp("toured"))


def tour(folder: Path, **settings: object) -> Toured:
    """Run the tour with the settings that ship."""
    cores = os.cpu_count() or 1
    was_idle = idle_share() > 0.5
    finished = Timbre(folder, seconds=1500, threads=cores)("tour", "--json", "found.json", "--data", "data", **settings)
    found = json.loads((folder / "found.json").read_text())
    assert json.loads(finished.out) == found
    worker_log = (folder / "data" / "logs" / "worker.log").read_text()
    return Toured(folder / "data", finished.code, found, finished.err, worker_log, was_idle)


def idle_share() -> float:
    """Return how much of the processors nobody used during a second: a load average remembers what ran before."""
    before = processor_times()
    time.sleep(1)
    spent = [now - then for now, then in zip(processor_times(), before, strict=True)]
    return spent[3] / sum(spent)


def processor_times() -> list[int]:
    return [int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def test_every_step_of_the_tour_holds(toured: Toured) -> None:
    assert toured.code == 0, toured.log
    assert [step["name"] for step in toured.found["steps"]] == STEPS
    assert all(step["ok"] is True and step["seconds"] >= 0 for step in toured.found["steps"])
    assert toured.found["pairs_approved"] >= 100
    assert "WARNING" not in toured.worker_log


def test_the_candidate_is_better_than_the_base_model(toured: Toured) -> None:
    run, loss = toured.found["run"], toured.found["report"]["loss"]

    assert isinstance(run["id"], int)
    assert Path(run["base_model"]).is_dir()
    assert run["train_pairs"] >= 80
    assert run["seconds"] > 0
    assert 0 < run["val_loss_end"] < run["val_loss_start"]
    assert 0 < loss["candidate"] < loss["base"]
    # Nothing was live before: what answered was the base model.
    assert loss["live"] == loss["base"]


def test_the_next_answer_sounds_different_and_names_the_new_voice(toured: Toured) -> None:
    before, after = toured.found["answer_before"], toured.found["answer_after"]

    assert before["question"] == after["question"]
    assert before["model"] == "base"
    assert after["model"] == f"voice-{toured.found['run']['id']}"
    assert before["text"] != after["text"]
    assert min(len(before["text"]), len(after["text"])) > 0
    for answer in (before, after):
        assert answer["facts"]
        assert answer["has_facts"] == all(fact in answer["text"] for fact in answer["facts"])
        assert answer["sources"]
        assert all(source["number"] >= 1 and source["title"] for source in answer["sources"])


def test_no_question_fails_while_the_voice_is_swapped(toured: Toured) -> None:
    swap = toured.found["swap"]

    assert swap["failed_requests"] == 0
    assert swap["requests"] >= 8
    assert 0 < swap["ms"] < 60_000


def test_the_tour_takes_less_than_five_minutes(toured: Toured) -> None:
    if not toured.was_idle:
        pytest.skip(f"the machine was busy; it took {toured.found['seconds']:.0f} s")
    assert toured.found["seconds"] < 300


def test_after_the_tour_a_restart_finds_everything_as_it_was(toured: Toured) -> None:
    yard, after = Yard(toured.data), toured.found["answer_after"]
    question = {"channel": "", "user": ""}
    seen = []
    for _ in range(2):
        yard.open()
        try:
            asked = next(q for q in yard.stage.content.questions if q.text == after["question"])
            channel = next(c for c in yard.stage.content.company.channels if c.id == asked.channel)
            question = {"channel": channel.id, "user": channel.members[0]}
            yard.until(lambda: yard.is_indexed, "the index has followed")
            seen.append((yard.rows(), yard.live, yard.run))
            answer = yard.ask(asked.text, **question)
            bot = next(process for process in yard.stage.processes.running if process.name == "bot")
            assert "libtorch" not in Path(f"/proc/{bot.popen.pid}/maps").read_text()
        finally:
            yard.kill()
        assert answer == {name: after[name] for name in answer}

    (rows, live, run), (rows_again, live_again, run_again) = seen
    # One question was asked in between, with what it leaves behind.
    for asked_once in ("answers", "inbox"):
        rows_again[asked_once] -= 1
    assert rows_again == rows
    assert (live_again, run_again) == (live, run)
    assert live.adapter is not None
    assert live.adapter.name == after["model"]
    assert run.status is RunStatus.LIVE


def test_a_second_tour_on_the_same_folder_holds_too(toured: Toured) -> None:
    again = tour(toured.data.parent, epochs=1)

    assert again.code == 0, again.log
    assert again.found["run"]["id"] > toured.found["run"]["id"]
    assert again.found["pairs_approved"] == toured.found["pairs_approved"]
    assert again.found["answer_before"]["model"] == "base"
    assert again.found["answer_after"]["model"] == f"voice-{again.found['run']['id']}"
