"""What is left of the loop when every process is killed on the way, and what is left of the processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.processes import free_port, is_listening
from storage.adapters import list_adapters
from storage.ballots import BallotStatus
from storage.runs import RunStatus
from storage.tables import BallotRow
from tests.end_to_end.commands import environment
from tests.end_to_end.yard import Yard, beside, children, is_running
from tests.playground_server import wait_until
from training.checkpoints import read_manifest
from training.folders import RunFolders

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]

PAIRS = 80


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
    assert yard.run.status is RunStatus.AWAITING_APPROVAL, yard.run.error
    # Not `attempts`: one that got as far as a checkpoint is not counted.
    assert RunFolders(yard.data, run.id).log.read_text().count(f"run {run.id}: process ") == 2
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
