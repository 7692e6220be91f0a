"""One attempt at a run, from approved pairs to a candidate: snapshot, fit, save, evaluate, propose."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage import adapters, runs
from storage.adapters import LiveVoice
from storage.ballots import Ballot
from storage.database import Database
from storage.runs import Run, RunStatus
from training.adapters import detach_adapters
from training.checkpoints import AdapterIncomplete, Manifest, Origin, read_manifest, save_adapter
from training.config import TrainingConfig
from training.dataset import Dataset, asked, make_dataset, read_dataset, settings_of, usable_pairs, write_dataset
from training.evaluation.comparison import compare
from training.evaluation.report import Report
from training.folders import RunFolders
from training.lora import Fit, Progress, fit
from training.models import Base, load_base
from training.outcome import Candidate, RunLostError, propose
from training.progress import ProgressLog
from training.runs import require_enough

EXAMPLES = 3
"""Held-out questions that are answered by each voice, for people to read."""


@dataclass(frozen=True)
class Attempt:
    """A claimed run and what is needed to work on it."""

    database: Database
    config: TrainingConfig
    run: Run
    worker: str
    now: Callable[[], datetime]

    @property
    def folders(self) -> RunFolders:
        return RunFolders(self.config.data_folder, self.run.id)


def complete(attempt: Attempt) -> Ballot:
    """Work on a run until people are asked about its candidate.

    Raises `NotEnoughPairs`, `TooLittleVarietyError`, `BaseModelMissing`, `NonFiniteLoss` and what else stops a run, or
    `RunLostError` when the run was cancelled or taken up by another worker.
    """
    progress = ProgressLog(attempt.database, attempt.run.id)
    progress.phase("snapshot")
    dataset = _snapshot(attempt)
    progress.phase("loading", train_pairs=len(dataset.split.train))
    base = load_base(attempt.config.base_model)
    progress.phase("training")
    fitted = _fit(base, dataset, attempt.config, progress)
    progress.phase("saving")
    manifest = _save(attempt, base, dataset, fitted)
    detach_adapters(fitted.model)
    _enter_evaluation(attempt)
    progress.phase("evaluating")
    live, report, note = _evaluate(attempt, base, dataset, progress)
    result = _result(base, dataset, fitted, report, live, note)
    report_sha256 = write_report(attempt.folders.report, result)
    candidate = Candidate(manifest.adapter_hash, dataset.sha256, report_sha256, live.version, result)
    progress.phase("done")
    with attempt.database.writing() as session:
        return propose(
            session,
            attempt.run,
            candidate,
            folders=attempt.folders,
            worker=attempt.worker,
            ballot_days=attempt.config.ballot_days,
            now=attempt.now(),
        )


def _snapshot(attempt: Attempt) -> Dataset:
    """Return the run's dataset: the one an earlier attempt wrote, if its settings are still these, or a new one."""
    dataset = read_dataset(attempt.folders.run)
    if dataset is None or dataset.settings != settings_of(attempt.config):
        with attempt.database.reading() as session:
            usable = usable_pairs(session, team_id=attempt.run.team_id)
        require_enough(usable, attempt.config.min_pairs)
        dataset = make_dataset(usable, attempt.config)
        write_dataset(attempt.folders.run, dataset)
    with attempt.database.writing() as session:
        runs.set_run_pairs(session, attempt.run.id, dataset.pair_splits)
    return dataset


def _fit(base: Base, dataset: Dataset, config: TrainingConfig, progress: ProgressLog) -> Fit:
    def report(step: Progress) -> None:
        progress.step(
            step=step.step,
            steps=step.steps,
            loss=step.loss,
            val_loss=step.val_loss,
            tokens_per_s=round(step.tokens_per_s, 1),
            seconds_left=round(step.seconds_left, 1),
        )

    return fit(base, dataset.split.train, dataset.split.validation, config.lora, on_progress=report)


def _save(attempt: Attempt, base: Base, dataset: Dataset, fitted: Fit) -> Manifest:
    folder = attempt.folders.adapter
    # An earlier attempt may have been killed after saving. Nobody has heard of its adapter: only `propose` names one.
    shutil.rmtree(folder, ignore_errors=True)
    origin = Origin(
        base_model=base.name,
        base_revision=base.revision,
        fingerprint=dataset.sha256,
        created_at=attempt.now(),
        settings=asdict(attempt.config.lora),
        scores={"val_loss_start": fitted.val_loss_start, "val_loss": fitted.val_loss_end},
    )
    return save_adapter(fitted.model, folder, origin)


def _enter_evaluation(attempt: Attempt) -> None:
    evaluating, working, mine = RunStatus.EVALUATING, runs.WORKING, attempt.worker
    with attempt.database.writing() as session:
        if not runs.move_run(session, attempt.run.id, to=evaluating, only_from=working, now=attempt.now(), worker=mine):
            raise RunLostError(f"run {attempt.run.id} is not {mine}'s any more")


def _evaluate(
    attempt: Attempt, base: Base, dataset: Dataset, progress: ProgressLog
) -> tuple[LiveVoice, Report, str | None]:
    """Return the voice in use, the comparison with it, and why it was left out of that, if it was."""
    with attempt.database.reading() as session:
        live = adapters.live_voice(session, team_id=attempt.run.team_id)
    folder, note = _comparable(live, base)
    report = compare(
        base,
        dataset.split.test,
        candidate=attempt.folders.adapter,
        live=folder,
        batch_size=attempt.config.lora.batch_size,
        max_length=attempt.config.lora.max_length,
        samples=EXAMPLES,
        max_new_tokens=attempt.config.sample_tokens,
        on_progress=lambda done, cases: progress.step(evaluated=done, to_evaluate=cases),
    )
    return live, report, note


def _comparable(live: LiveVoice, base: Base) -> tuple[Path | None, str | None]:
    """Return the folder of the voice in use, or None and a note when there is none or it doesn't fit this base."""
    if live.adapter is None:
        return None, None
    folder = Path(live.adapter.path)
    try:
        revision = read_manifest(folder).origin.base_revision
    except AdapterIncomplete as err:
        return None, f"{live.adapter.name} could not be compared: {err}"
    if revision != base.revision:
        return None, f"{live.adapter.name} could not be compared: it was trained on another base model."
    return folder, None


def _result(
    base: Base, dataset: Dataset, fitted: Fit, report: Report, live: LiveVoice, note: str | None
) -> dict[str, Any]:
    """Return what is known of the run, ready for JSON. Losses are nats per answer token."""
    return {
        "base_model": base.name,
        "base_revision": base.revision,
        "train_pairs": len(dataset.split.train),
        "val_pairs": len(dataset.split.validation),
        "test_pairs": len(dataset.split.test),
        "left_out": dict(dataset.left_out),
        "truncated_pairs": fitted.truncated,
        "epochs": len(fitted.epochs),
        "steps": fitted.steps,
        "train_loss": fitted.train_loss,
        "val_loss_start": fitted.val_loss_start,
        "val_loss_end": fitted.val_loss_end,
        "seconds": fitted.seconds,
        "tokens_per_s": fitted.tokens / fitted.seconds,
        "history": [[record.step, record.loss] for record in fitted.history],
        "dataset_sha256": dataset.sha256,
        "live": live.adapter.name if live.adapter else None,
        "live_note": note,
        "report": _readable(report),
    }


def _readable(report: Report) -> dict[str, Any]:
    """Return the report ready for JSON and for people: the questions without their passages."""
    found: dict[str, Any] = json.loads(report.to_json())
    for sample in found["samples"]:
        sample["question"] = asked(sample["question"])
    # With a single held-out answer an interval has no bounds, and JSON no infinity.
    bounded = {arm: range_ for arm, range_ in found["differences"].items() if math.isfinite(range_["low"])}
    return {**found, "differences": bounded}


def write_report(path: Path, result: dict[str, Any]) -> str:
    """Write the report beside the adapter and return the sha256 of the file."""
    text = json.dumps(result, indent=2, ensure_ascii=False, sort_keys=True).encode()
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(text)
    partial.replace(path)
    return sha256(text).hexdigest()
