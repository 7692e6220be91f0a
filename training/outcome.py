"""How a run ends: with a candidate that people are asked about, or with a reason. Each in one transaction."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from storage import adapters, audit, ballots, outbox, runs
from storage.ballots import Ballot, NewBallot
from storage.runs import Run, RunStatus
from training.folders import RunFolders

logger = logging.getLogger(__name__)
ACTOR = "timbre"
"""Who did it, in the audit, when no person did."""


class RunLostError(Exception):
    """The run is no longer this worker's: it was cancelled, or taken up by another one."""


@dataclass(frozen=True)
class Candidate:
    """What an attempt made, complete on disk, and how it compares with the voice that was live at `live_version`."""

    adapter_sha256: str
    dataset_sha256: str
    report_sha256: str
    live_version: int
    result: Mapping[str, Any]
    failed_gates: tuple[str, ...] = ()
    """What it must not be approved for, unless an admin says why."""


def propose(
    session: Session,
    run: Run,
    candidate: Candidate,
    *,
    folders: RunFolders,
    worker: str,
    ballot_days: float,
    now: datetime,
) -> Ballot:
    """Store a candidate and ask people about it. Raises `RunLostError` when the run is not `worker`'s any more.

    Open ballots about earlier candidates stay open: whichever is approved first, the others are void from then on,
    because the voice they were compared with is no longer the one in use.
    """
    done, working = RunStatus.AWAITING_APPROVAL, runs.WORKING
    if not runs.move_run(session, run.id, to=done, only_from=working, now=now, result=candidate.result, worker=worker):
        raise RunLostError(f"run {run.id} is not {worker}'s any more")
    adapter = adapters.add_adapter(
        session,
        team_id=run.team_id,
        name=folders.voice,
        run_id=run.id,
        path=str(folders.adapter),
        sha256=candidate.adapter_sha256,
        now=now,
    )
    hashes = {
        "adapter_sha256": candidate.adapter_sha256,
        "dataset_sha256": candidate.dataset_sha256,
        "report_sha256": candidate.report_sha256,
    }
    asked = NewBallot(
        team_id=run.team_id,
        adapter_id=adapter.id,
        live_version=candidate.live_version,
        expires_at=now + timedelta(days=ballot_days),
        failed_gates=candidate.failed_gates,
        **hashes,
    )
    ballot = ballots.open_ballot(session, asked, now=now)
    details: dict[str, Any] = {"run_id": run.id, "adapter": adapter.name, "ballot_id": ballot.id, **hashes}
    details["failed_gates"] = list(candidate.failed_gates)
    audit.append(session, team_id=run.team_id, actor=ACTOR, action="voice.proposed", details=details, now=now)
    payload = {"run_id": run.id, "ballot_id": ballot.id, "adapter": adapter.name}
    outbox.enqueue(session, team_id=run.team_id, key=f"run:{run.id}:report", kind="report", payload=payload, now=now)
    return ballot


def fail(session: Session, run: Run, error: str, *, worker: str, now: datetime) -> bool:
    """End a run with the reason in one sentence; returns False when the run is not `worker`'s any more."""
    failed, working = RunStatus.FAILED, runs.WORKING
    if not runs.move_run(session, run.id, to=failed, only_from=working, now=now, error=error, worker=worker):
        return False
    details = {"run_id": run.id, "attempts": run.attempts}
    audit.append(session, team_id=run.team_id, actor=ACTOR, action="run.failed", details=details, now=now)
    payload = {"run_id": run.id, "error": error}
    outbox.enqueue(
        session, team_id=run.team_id, key=f"run:{run.id}:failed", kind="run_failed", payload=payload, now=now
    )
    logger.warning("run %s failed", run.id)
    return True
