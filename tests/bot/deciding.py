"""A team with approved answers, and candidates for its voice: complete on disk, made without training."""

import json
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

from bot.settings import Settings
from bot.training_config import training_config
from storage.adapters import live_voice
from storage.ballots import Ballot
from storage.database import Database
from storage.pairs import Candidate, Origin, PairStatus, add_candidate, set_context, set_status
from storage.runs import add_run, claim_run
from tests.bot.conftest import NOW, TEAM
from training import checkpoints, outcome
from training.checkpoints import CONFIG, WEIGHTS, publish, read_manifest
from training.dataset import make_dataset, usable_pairs, write_dataset
from training.folders import RunFolders

REPORT: dict[str, Any] = {
    "verdict": "The new voice foresees your answers better than the base model.",
    "loss": {"base": 4.25, "candidate": 0.125},
    "differences": {"base": {"difference": -4.125, "low": -4.5, "high": -4.0}},
    "samples": [{"question": "Keys?", "answers": {"base": "Hm.", "candidate": "Ahoy!"}}],
    "cases": 12,
}
ASKED = ("What does the {} cost?", "How heavy is a {}?", "Where can I find our {}?")
SUBJECTS = ("skiff", "mast", "anchor", "lantern", "compass", "barrel", "hammock", "rudder", "pennant", "cutlass")
RESULT = {"report": REPORT, "train_pairs": 24, "seconds": 61.5, "val_loss_start": 4.0, "val_loss_end": 1.25}


def approve_answers(database: Database, *, team_id: str = TEAM) -> None:
    """Store thirty approved pairs about as many questions, whose passages have been looked up."""
    with database.writing() as session:
        for number, (asked, subject) in enumerate(product(ASKED, SUBJECTS)):
            said: Any = {"question": asked.format(subject), "answer": f"Ahoy! The {subject} be number {number}. Arr!"}
            stamps: Any = {"thread_ts": f"{number}.0", "question_ts": f"{number}.0", "answer_ts": f"{number}.1"}
            people: Any = {"asked_by": "UTOM", "answered_by": "UMIA", "permalink": f"https://tin.example/{number}"}
            # As from a file: no message in Slack would be found for them.
            place: Any = {"team_id": team_id, "channel_id": "CHELP", "origin": Origin.FILE}
            candidate = Candidate(**place, **stamps, **said, **people, channel_is_private=False)
            pair = add_candidate(session, candidate, now=NOW)
            set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
            set_context(session, pair.id, [{"title": "Stock", "text": f"The {subject}: {number}."}])


def propose_voice(
    settings: Settings, database: Database, *, team_id: str = TEAM, failed_gates: tuple[str, ...] = ()
) -> Ballot:
    """Return the ballot about a new candidate, as a worker opens it."""
    with database.writing() as session:
        add_run(session, team_id=team_id, requested_by="UADA", channel_id="CHELP", now=NOW)
        run = claim_run(session, worker="worker-1", stale_before=NOW, now=NOW)
    assert run is not None
    folders = RunFolders(settings.data, run.id)
    publish(folders.adapter, checkpoints.Origin("base", "", "0" * 64, NOW), partial(_write_files, run_id=run.id))
    with database.reading() as session:
        dataset = make_dataset(usable_pairs(session, team_id=team_id), training_config(settings))
        live = live_voice(session, team_id=team_id)
    write_dataset(folders.run, dataset)
    report = json.dumps(RESULT).encode()
    folders.report.write_bytes(report)
    made = outcome.Candidate(
        adapter_sha256=read_manifest(folders.adapter).adapter_hash,
        dataset_sha256=dataset.sha256,
        report_sha256=sha256(report).hexdigest(),
        live_version=live.version,
        result=RESULT,
        failed_gates=failed_gates,
    )
    with database.writing() as session:
        return outcome.propose(session, run, made, folders=folders, worker="worker-1", ballot_days=7, now=NOW)


def live_name(database: Database) -> str | None:
    """Return the adapter in use, None for the base model."""
    with database.reading() as session:
        voice = live_voice(session, team_id=TEAM)
    return voice.adapter.name if voice.adapter else None


def _write_files(folder: Path, *, run_id: int) -> None:
    (folder / WEIGHTS).write_bytes(bytes([run_id]))
    (folder / CONFIG).write_text("{}")
