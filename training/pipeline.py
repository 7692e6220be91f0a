"""One attempt at a run, from approved pairs to a candidate: snapshot, fit, save, evaluate, propose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from storage import adapters, lineage, runs
from storage.adapters import LiveVoice
from storage.ballots import Ballot
from storage.database import Database
from storage.runs import Run, RunStatus
from training.adapters import detach_adapters
from training.base_licence import base_licence
from training.checkpoints import AdapterIncomplete, Manifest, Origin, read_manifest, save_adapter
from training.config import TrainingConfig
from training.dataset import Dataset, is_current, make_dataset, read_dataset, usable_pairs, write_dataset
from training.erasing import discard_adapter
from training.errors import TrainingError
from training.evaluation.comparison import compare
from training.evaluation.report import Report
from training.examples import PairsFileError
from training.findings import describe, write_report
from training.folders import RunFolders
from training.hyperparameters import LoraSettings
from training.lora import ALONE, Fit, Progress, fit
from training.models import Base, load_base
from training.outcome import Candidate, RunLostError, propose
from training.processes import Processes
from training.progress import ProgressLog
from training.resuming import Checkpoints
from training.runs import pairs_needed, require_enough

EXAMPLES = 3
"""Held-out questions that are answered by each voice, for people to read."""


class AnswersErased(TrainingError):  # noqa: N818 - the name says what is the case
    """What a run learns from was taken back while it learnt."""

    def __init__(self) -> None:
        super().__init__("Answers were erased while a voice was learnt from them, so it was discarded: retrain.")


@dataclass(frozen=True)
class Attempt:
    """A claimed run and what is needed to work on it."""

    database: Database
    config: TrainingConfig
    run: Run
    worker: str
    now: Callable[[], datetime]
    processes: Processes = ALONE

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
    attempt.processes.meet()
    progress.phase("loading", train_pairs=len(dataset.split.train), batch_size=attempt.config.lora.batch_size)
    base = load_base(attempt.config.base_model, device=attempt.config.device)
    progress.phase("training")
    checkpoints = _checkpoints(attempt, base, dataset)
    fitted = _fit(base, dataset, attempt, checkpoints, progress)
    progress.phase("saving")
    manifest = _save(attempt, base, dataset, fitted)
    detach_adapters(fitted.model)
    _enter_evaluation(attempt)
    progress.phase("evaluating")
    live, report, note = _evaluate(attempt, base, dataset, progress)
    result = describe(base, dataset, fitted, report, live, note)
    progress.phase("done")
    with _holding(attempt) as session:
        _refuse_erased(session, attempt)
        report_sha256 = write_report(attempt.folders.report, result)
        candidate = Candidate(manifest.adapter_hash, dataset.sha256, report_sha256, live.version, result)
        ballot = propose(
            session,
            attempt.run,
            candidate,
            folders=attempt.folders,
            worker=attempt.worker,
            ballot_days=attempt.config.ballot_days,
            now=attempt.now(),
        )
    checkpoints.remove()
    return ballot


@contextmanager
def _holding(attempt: Attempt) -> Iterator[Session]:
    """Yield a transaction during which nobody can take the run: only in one may its files be touched.

    A process that slept for so long that another worker took its run up would otherwise overwrite the other's files
    when it wakes, those of a voice in use among them. Raises `RunLostError` when the run was taken or cancelled before.
    """
    now = attempt.now()
    with attempt.database.writing() as session:
        if not runs.heartbeat(session, attempt.run.id, worker=attempt.worker, now=now):
            raise RunLostError(f"run {attempt.run.id} is not {attempt.worker}'s any more")
        yield session


def _snapshot(attempt: Attempt) -> Dataset:
    """Return the run's dataset: the one an earlier attempt wrote, if nothing in it was changed or taken back, or anew.

    A checkpoint is bound to the dataset it was made from, so that with a new one the training begins anew, too.
    """
    with attempt.database.reading() as session:
        usable = usable_pairs(session, team_id=attempt.run.team_id)
    require_enough(usable, pairs_needed(attempt.config.min_pairs, forced=attempt.run.is_forced))
    fresh = make_dataset(usable, attempt.config)
    earlier = _earlier_snapshot(attempt)
    is_new = earlier is None or earlier.settings != fresh.settings or not is_current(earlier, fresh)
    dataset = fresh if is_new or earlier is None else earlier
    with _holding(attempt) as session:
        if is_new:
            write_dataset(attempt.folders.run, dataset)
        runs.set_run_pairs(session, attempt.run.id, dataset.pair_splits)
    return dataset


def _earlier_snapshot(attempt: Attempt) -> Dataset | None:
    try:
        return read_dataset(attempt.folders.run)
    except PairsFileError:
        # Damaged, or nothing is left in a part of it because it was erased.
        return None


def _checkpoints(attempt: Attempt, base: Base, dataset: Dataset) -> Checkpoints:
    def saved() -> None:
        # Only an attempt that dies before it got any further counts towards the few that a run has.
        with attempt.database.writing() as session:
            runs.forgive_attempts(session, attempt.run.id, worker=attempt.worker)

    made_for = f"{dataset.sha256} {base.revision} {base.model.dtype}"
    seconds = attempt.config.checkpoint_seconds
    return Checkpoints(attempt.folders.checkpoint, made_for=made_for, seconds=seconds, on_saved=saved)


def _fit(base: Base, dataset: Dataset, attempt: Attempt, checkpoints: Checkpoints, progress: ProgressLog) -> Fit:
    def report(step: Progress) -> None:
        progress.step(
            step=step.step,
            steps=step.steps,
            loss=step.loss,
            val_loss=step.val_loss,
            tokens_per_s=round(step.tokens_per_s, 1),
            seconds_left=round(step.seconds_left, 1),
            micro_batch_size=step.micro_batch_size,
        )

    return fit(
        base,
        dataset.split.train,
        dataset.split.validation,
        _frugal(attempt.config.lora, attempt.run.attempts),
        on_progress=report,
        checkpoints=checkpoints,
        processes=attempt.processes,
    )


def assist(attempt: Attempt) -> None:
    """Compute this process's share of what the first one learns; that one does everything else."""
    attempt.processes.meet()
    dataset = read_dataset(attempt.folders.run)
    if dataset is None:
        raise PairsFileError(f"{attempt.folders.run} holds no dataset: retrain")
    base = load_base(attempt.config.base_model, device=attempt.config.device)
    settings = _frugal(attempt.config.lora, attempt.run.attempts)
    checkpoints = _checkpoints(attempt, base, dataset)
    parts, processes = dataset.split, attempt.processes
    fit(base, parts.train, parts.validation, settings, checkpoints=checkpoints, processes=processes)


def _frugal(settings: LoraSettings, attempts: int) -> LoraSettings:
    """Return settings that take half the memory with each attempt that got nowhere, and come to the same result.

    When memory runs out, the system may kill a process before it can say so.
    """
    at_once = settings.micro_batch_size or settings.batch_size
    return replace(settings, micro_batch_size=max(1, at_once >> (attempts - 1))) if attempts > 1 else settings


def _save(attempt: Attempt, base: Base, dataset: Dataset, fitted: Fit) -> Manifest:
    with _holding(attempt) as session:
        _refuse_erased(session, attempt)
        # An earlier attempt may have been killed after saving. Nobody knows its adapter: only `propose` names one.
        discard_adapter(attempt.folders)
    origin = Origin(
        base_model=base.name,
        base_revision=base.revision,
        base_licence=base_licence(base.name),
        fingerprint=dataset.sha256,
        created_at=attempt.now(),
        settings=asdict(attempt.config.lora),
        scores={"val_loss_start": fitted.val_loss_start, "val_loss": fitted.val_loss_end},
    )
    return save_adapter(fitted.model, attempt.folders.adapter, origin)


def _refuse_erased(session: Session, attempt: Attempt) -> None:
    """Raise `AnswersErased` when what was learnt from was taken back meanwhile; the adapter goes, too."""
    if lineage.erased_of_run(session, attempt.run.id):
        discard_adapter(attempt.folders)
        raise AnswersErased


def _enter_evaluation(attempt: Attempt) -> None:
    evaluating, working = RunStatus.EVALUATING, runs.WORKING
    with _holding(attempt) as session:
        runs.move_run(session, attempt.run.id, to=evaluating, only_from=working, now=attempt.now())


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
