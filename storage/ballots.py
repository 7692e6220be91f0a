"""What reviewers were asked about a voice, bound by hashes to exactly what they were shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import find_or_add, row_count
from storage.tables import BallotRow


class BallotStatus(StrEnum):
    """Where a ballot stands. Void: what it asked about has changed since."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


@dataclass(frozen=True)
class NewBallot:
    """A question to put. `live_version`: the live pointer's version when the comparison was made."""

    team_id: str
    adapter_id: int
    adapter_sha256: str
    dataset_sha256: str
    report_sha256: str
    live_version: int
    expires_at: datetime


@dataclass(frozen=True)
class Ballot(NewBallot):
    """A stored ballot."""

    id: int
    status: BallotStatus
    decided_by: str | None


def open_ballot(session: Session, ballot: NewBallot, *, now: datetime) -> Ballot:
    """Open a ballot; asked again for the same adapter, returns the first."""
    values = {**vars(ballot), "status": BallotStatus.OPEN, "opened_at": now}
    row, _ = find_or_add(session, BallotRow, {"adapter_id": values.pop("adapter_id")}, values)
    return _ballot(row)


def get_ballot(session: Session, ballot_id: int) -> Ballot:
    """Return one ballot. Raises `KeyError` when there is none."""
    row = session.get(BallotRow, ballot_id)
    if row is None:
        raise KeyError(f"there is no ballot {ballot_id}")
    return _ballot(row)


def open_ballots(session: Session, *, team_id: str) -> list[Ballot]:
    """Return the ballots that wait for a decision, oldest first."""
    rows = session.scalars(
        select(BallotRow)
        .where(BallotRow.team_id == team_id, BallotRow.status == BallotStatus.OPEN)
        .order_by(BallotRow.id)
    )
    return [_ballot(row) for row in rows]


def decide_ballot(
    session: Session, ballot_id: int, status: BallotStatus, *, decided_by: str | None, now: datetime
) -> bool:
    """Close an open ballot; returns False when it was closed already, so that two clicks make one decision."""
    is_open = (BallotRow.id == ballot_id, BallotRow.status == BallotStatus.OPEN)
    values = {"status": status, "decided_by": decided_by, "decided_at": now}
    return row_count(session.execute(update(BallotRow).where(*is_open).values(**values))) == 1


def _ballot(row: BallotRow) -> Ballot:
    return Ballot(
        id=row.id,
        team_id=row.team_id,
        adapter_id=row.adapter_id,
        adapter_sha256=row.adapter_sha256,
        dataset_sha256=row.dataset_sha256,
        report_sha256=row.report_sha256,
        live_version=row.live_version,
        status=BallotStatus(row.status),
        expires_at=row.expires_at,
        decided_by=row.decided_by,
    )
