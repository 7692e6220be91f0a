"""The whole loop, as `timbre tour` walks it, and what is left of it when every process is killed on the way."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.processes import free_port, is_listening
from storage.adapters import list_adapters
from storage.ballots import BallotStatus
from storage.runs import RunStatus
from storage.tables import BallotRow
from tests.end_to_end.commands import Timbre, environment
from tests.end_to_end.yard import Yard, beside, children, is_running
from tests.playground_server import wait_until
from training.checkpoints import read_manifest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]


@pytest.fixture(autouse=True)
def _default_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TIMBRE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


PAIRS = 80
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
    was_idle = os.getloadavg()[0] < cores
    finished = Timbre(folder, seconds=1500, threads=cores)("tour", "--json", "found.json", "--data", "data", **settings)
    found = json.loads((folder / "found.json").read_text())
    assert json.loads(finished.out) == found
    worker_log = (folder / "data" / "logs" / "worker.log").read_text()
    return Toured(folder / "data", finished.code, found, finished.err, worker_log, was_idle)


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


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(tmp_path / "data", epochs=1, min_pairs=20)
    yard.open()
    yield yard
    yard.close()


def test_killed_while_people_approve_while_it_trains_and_while_voices_are_swapped_it_goes_on(yard: Yard) -> None:
    kill_while_people_approve(yard)
    kill_while_it_trains(yard)
    kill_while_voices_are_swapped(yard)

    question = next(q for q in yard.stage.content.questions if q.document)
    channel = next(c for c in yard.stage.content.company.channels if c.id == question.channel)
    answer = yard.ask(question.text, channel=channel.id, user=channel.members[0])
    assert answer["model"] == f"voice-{yard.run.id}"
    assert answer["sources"]


def kill_while_people_approve(yard: Yard) -> None:
    """Kill in the midst of approvals: those the playground took arrive, each once, and the rest can be given."""
    conversations = [c for c in yard.stage.content.conversations if is_public(yard, c.channel)][:PAIRS]
    given: list[str] = []
    with beside(lambda: given.extend(yard.approve(conversations))):
        yard.until(lambda: yard.approved >= PAIRS // 8, "some answers are approved")
        yard.kill()
    # The playground takes reactions faster than Timbre can follow.
    assert PAIRS // 8 <= yard.approved < len(given)

    yard.open()
    # Of the reaction that was under way when the playground died, nobody was told whether it counts.
    yard.until(lambda: yard.approved >= len(given), "what was approved before arrives", seconds=120)
    assert len(list(yard.approve(conversations))) == PAIRS
    yard.until(lambda: yard.approved == PAIRS and yard.is_indexed, "the rest is approved and indexed")
    rows = yard.rows()
    assert (rows["pairs"], rows["reviews"]) == (PAIRS, PAIRS)


def kill_while_it_trains(yard: Yard) -> None:
    """Kill in the midst of a run: it is taken up again, and makes one adapter."""
    yard.command("retrain")
    yard.until(lambda: bool(yard.runs), "a run is queued", seconds=60)
    yard.until(lambda: yard.run.progress.get("step", 0) >= 1, "it trains")
    run = yard.run
    assert (run.status, run.attempts) == (RunStatus.RUNNING, 1)
    yard.kill()

    yard.open()
    assert yard.run.id == run.id
    assert yard.approved == PAIRS
    yard.until(lambda: yard.run.status not in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.EVALUATING), "it ends")
    assert (yard.run.status, yard.run.attempts) == (RunStatus.AWAITING_APPROVAL, 2), yard.run.error
    with yard.stage.database.reading() as session:
        (adapter,) = list_adapters(session, team_id=yard.stage.team_id)
    assert [folder.name for folder in (yard.data / "adapters").iterdir()] == [adapter.name]
    assert read_manifest(Path(adapter.path)).adapter_hash == adapter.sha256


def kill_while_voices_are_swapped(yard: Yard) -> None:
    """Kill right after the click: the voice is in use or it is not, never half, and another click is enough."""
    yard.approve_voice(wait=False)
    yard.kill()

    yard.open()
    before = yard.live
    with yard.stage.database.reading() as session:
        (ballot,) = session.query(BallotRow).all()
        states = (before.adapter is not None, ballot.status == BallotStatus.APPROVED)
    assert states in [(True, True), (False, False)]
    if before.adapter is None:
        yard.approve_voice(wait=True)
    yard.until(lambda: yard.live.adapter is not None, "the voice is in use")
    assert (yard.live.version, yard.run.status) == (1, RunStatus.LIVE)


def is_public(yard: Yard, channel_id: str) -> bool:
    return not next(channel.private for channel in yard.stage.content.company.channels if channel.id == channel_id)


def test_a_killed_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port)]
    with (
        (tmp_path / "said").open("w") as said,
        subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=said, stderr=said) as demo,
    ):
        try:
            wait_until(lambda: "is open at" in (tmp_path / "said").read_text(), "the demo is open", timeout=300)
            assert is_listening(f"http://127.0.0.1:{port}")
            started = children(demo.pid)
            assert len(started) == 4
        finally:
            demo.kill()

    wait_until(lambda: not any(map(is_running, started)), "the demo's processes have ended", timeout=60)
    assert not is_listening(f"http://127.0.0.1:{port}")
