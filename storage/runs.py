"""Training runs: requested by the bot, claimed by one worker, decided by people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import row_count
from storage.tables import RunPairRow, RunRow


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    EVALUATING = "evaluating"
    AWAITING_APPROVAL = "awaiting_approval"
    LIVE = "live"
    REJECTED = "rejected"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"


WORKING = (RunStatus.RUNNING, RunStatus.EVALUATING)
UNFINISHED = (RunStatus.QUEUED, *WORKING)
FAILED_STATUSES = (RunStatus.FAILED, RunStatus.CANCELLED)
"""No voice came of these."""


@dataclass(frozen=True)
class Run:
    """A training run. `progress` and `result` are what its worker reported, ready for JSON."""

    id: int
    team_id: str
    requested_by: str
    channel_id: str
    status: RunStatus
    attempts: int
    worker: str | None
    heartbeat_at: datetime | None
    progress: dict[str, Any]
    result: dict[str, Any]
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_forced(self) -> bool:
        """Return whether it was asked for in spite of too few pairs; told until it has a result."""
        return bool(self.result.get("forced"))


def add_run(
    session: Session, *, team_id: str, requested_by: str, channel_id: str, now: datetime, forced: bool = False
) -> Run:
    """Queue a run, or return the one of this team that is unfinished: there is never more than one."""
    row = RunRow(
        team_id=team_id,
        requested_by=requested_by,
        channel_id=channel_id,
        status=RunStatus.QUEUED,
        attempts=0,
        progress={},
        result={"forced": True} if forced else {},
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        if (unfinished := unfinished_run(session, team_id=team_id)) is None:
            raise
        return unfinished
    return _run(row)


def get_run(session: Session, run_id: int, *, lock: bool = False) -> Run:
    """Return one run. Raises `KeyError` when there is none."""
    row = session.get(RunRow, run_id, with_for_update=lock or None)
    if row is None:
        raise KeyError(f"there is no run {run_id}")
    return _run(row)


def list_runs(session: Session, *, team_id: str, limit: int = 20) -> list[Run]:
    """Return the newest runs, newest first."""
    rows = session.scalars(select(RunRow).where(RunRow.team_id == team_id).order_by(RunRow.id.desc()).limit(limit))
    return [_run(row) for row in rows]


def unfinished_run(session: Session, *, team_id: str) -> Run | None:
    """Return the run that is queued or being worked on, if there is one."""
    row = session.scalar(select(RunRow).where(RunRow.team_id == team_id, RunRow.status.in_(UNFINISHED)))
    return _run(row) if row else None


def claim_run(session: Session, *, worker: str, stale_before: datetime, now: datetime) -> Run | None:
    """Take the oldest run that is queued, or whose worker has not been heard of since `stale_before`."""
    row = session.scalar(
        select(RunRow)
        .where(
            (RunRow.status == RunStatus.QUEUED) | (RunRow.status.in_(WORKING) & (RunRow.heartbeat_at < stale_before))
        )
        .order_by(RunRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.status = RunStatus.RUNNING
    row.worker, row.heartbeat_at, row.error = worker, now, None
    row.started_at = row.started_at or now
    row.attempts += 1
    session.flush()
    return _run(row)


def heartbeat(session: Session, run_id: int, *, worker: str, now: datetime) -> bool:
    """Say that `worker` still works on a run; returns False when it is no longer that worker's."""
    mine = (RunRow.id == run_id, RunRow.worker == worker, RunRow.status.in_(WORKING))
    return row_count(session.execute(update(RunRow).where(*mine).values(heartbeat_at=now))) == 1


def set_result(session: Session, run_id: int, result: Mapping[str, Any]) -> None:
    """Replace what a run came to."""
    session.get_one(RunRow, run_id).result = dict(result)


def forgive_attempts(session: Session, run_id: int, *, worker: str) -> None:
    """Count only the attempt that goes on: what it has done is kept, so those before it were not in vain."""
    mine = (RunRow.id == run_id, RunRow.worker == worker, RunRow.status.in_(WORKING))
    session.execute(update(RunRow).where(*mine).values(attempts=1))


def report_progress(session: Session, run_id: int, progress: Mapping[str, Any]) -> None:
    """Replace what is known of a run's progress."""
    session.get_one(RunRow, run_id).progress = dict(progress)


def move_run(
    session: Session,
    run_id: int,
    *,
    to: RunStatus,
    only_from: tuple[RunStatus, ...],
    now: datetime,
    result: Mapping[str, Any] | None = None,
    error: str | None = None,
    worker: str | None = None,
) -> bool:
    """Change where a run stands; returns False, changing nothing, when it stands in none of `only_from`.

    A worker gives its name: it may have slept so long that the run is another's by now, and then changes nothing.
    """
    row = session.scalar(
        select(RunRow)
        .where(RunRow.id == run_id, RunRow.status.in_(only_from))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or (worker is not None and row.worker != worker):
        return False
    row.status, row.error = to, error
    if result is not None:
        row.result = dict(result)
    if to not in UNFINISHED:
        row.finished_at = row.finished_at or now
    session.flush()
    return True


def release_run(session: Session, run_id: int, *, worker: str, now: datetime) -> bool:
    """Queue a run again for the next worker without counting the attempt: its worker was asked to stop."""
    if not move_run(session, run_id, to=RunStatus.QUEUED, only_from=WORKING, now=now, worker=worker):
        return False
    session.get_one(RunRow, run_id).attempts -= 1
    session.flush()
    return True


def set_run_pairs(session: Session, run_id: int, splits: Mapping[int, str]) -> None:
    """Record which pairs a run learns from, by pair id, replacing what an earlier attempt recorded."""
    session.execute(delete(RunPairRow).where(RunPairRow.run_id == run_id))
    session.add_all(RunPairRow(run_id=run_id, pair_id=pair_id, split=split) for pair_id, split in splits.items())
    session.flush()


def run_pairs(session: Session, run_id: int) -> dict[int, str]:
    """Return the split each pair of a run is in, by pair id."""
    rows = session.execute(select(RunPairRow.pair_id, RunPairRow.split).where(RunPairRow.run_id == run_id))
    return {row.pair_id: row.split for row in rows}


def _run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        team_id=row.team_id,
        requested_by=row.requested_by,
        channel_id=row.channel_id,
        status=RunStatus(row.status),
        attempts=row.attempts,
        worker=row.worker,
        heartbeat_at=row.heartbeat_at,
        progress=dict(row.progress),
        result=dict(row.result),
        error=row.error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
