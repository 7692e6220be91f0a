"""A team that has approved answers, and a run that made a candidate of them."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage import adapters, pairs, runs
from storage.ballots import Ballot
from storage.database import Database
from storage.pairs import Pair, PairStatus
from storage.runs import Run
from training.checkpoints import read_manifest
from training.config import TrainingConfig
from training.dataset import make_dataset, settings_of, usable_pairs, write_dataset
from training.findings import write_report
from training.folders import RunFolders
from training.outcome import Candidate, propose
from training.promotion import PromotionError

TEAM = "T1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECTS = ("skiff", "mast", "anchor", "lantern", "compass", "barrel", "hammock", "rudder", "pennant", "cutlass")
ASKED = ("What does the {} cost?", "How heavy is a {}?", "Who looks after the old {}?", "Where can I find our {}?")


def clock() -> datetime:
    return NOW


def add_pair(
    database: Database,
    number: int,
    *,
    question: str | None = None,
    answer: str | None = None,
    private: bool = False,
    thread: str | None = None,
    indexed: bool = True,
) -> Pair:
    """Store an approved pair; the number decides its texts and how late it was approved."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    candidate = pairs.Candidate(
        team_id=TEAM,
        channel_id="C-private" if private else "C1",
        channel_is_private=private,
        thread_ts=thread or f"{number}.0",
        question_ts=f"{number}.0",
        answer_ts=f"{number}.1",
        question=question or ASKED[number // len(SUBJECTS) % len(ASKED)].format(subject),
        answer=answer or f"Ahoy! The {subject} be {number + 100} doubloons. Arr!",
        asked_by="U-asks",
        answered_by="U-answers",
        permalink=f"https://example.com/{number}",
    )
    decided_at = NOW + timedelta(minutes=number)
    with database.writing() as session:
        pair = pairs.add_candidate(session, candidate, now=NOW)
        pair = pairs.set_status(session, pair.id, PairStatus.APPROVED, now=decided_at)
        if indexed:
            context = [{"title": "Prices", "text": f"The {subject} costs {number + 100} doubloons."}]
            pairs.set_context(session, pair.id, context)
            pair = pairs.get_pair(session, pair.id)
    return pair


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Return what each act returned or raised, all of them started at the same moment."""
    outcomes: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(index: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes[index] = act()
        except PromotionError as err:
            outcomes[index] = err

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def claimed_run(database: Database, worker: str = "worker-1") -> Run:
    """Return a run that `worker` works on."""
    with database.writing() as session:
        runs.add_run(session, team_id=TEAM, requested_by="U-admin", channel_id="C1", now=NOW)
        run = runs.claim_run(session, worker=worker, stale_before=NOW, now=NOW)
    assert run is not None
    return run


@dataclass(frozen=True)
class Candidates:
    """Makes runs that wait for a decision, from an adapter trained before."""

    database: Database
    config: TrainingConfig
    trained: Path

    def propose(self, *, failed_gates: tuple[str, ...] = ()) -> Ballot:
        """Return the ballot about a new candidate, which differs from every other."""
        run = claimed_run(self.database)
        folders = RunFolders(self.config.data_folder, run.id)
        shutil.copytree(self.trained, folders.adapter)
        with self.database.reading() as session:
            dataset = make_dataset(usable_pairs(session, team_id=TEAM), self.config)
            live = adapters.live_voice(session, team_id=TEAM)
        assert dataset.settings == settings_of(self.config)
        write_dataset(folders.run, dataset)
        result = {"run": run.id, "report": {"loss": {"base": 4.2, "candidate": 0.3}}}
        candidate = Candidate(
            adapter_sha256=read_manifest(folders.adapter).adapter_hash,
            dataset_sha256=dataset.sha256,
            report_sha256=write_report(folders.report, result),
            live_version=live.version,
            result=result,
            failed_gates=failed_gates,
        )
        with self.database.writing() as session:
            return propose(session, run, candidate, folders=folders, worker="worker-1", ballot_days=7, now=NOW)

    def folders(self, ballot: Ballot) -> RunFolders:
        """Return where the candidate's files are."""
        with self.database.reading() as session:
            return RunFolders.of(adapters.get_adapter(session, ballot.adapter_id))
