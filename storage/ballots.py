"""What reviewers were asked about a voice, bound by hashes to exactly what they were shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import add_if_new, find_or_add, row_count
from storage.tables import BallotRow, BallotVoteRow


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
    failed_gates: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ballot(NewBallot):
    """A stored ballot. `override_by`: the admin who let it be approved in spite of its failed gates."""

    id: int
    status: BallotStatus
    decided_by: str | None
    override_by: str | None
    override_reason: str | None


class VoteKind(StrEnum):
    """What somebody says on a ballot, once each."""

    APPROVE = "approve"
    MORE = "more"


@dataclass(frozen=True)
class Votes:
    """Who said what on a ballot so far, earliest first."""

    approvals: tuple[str, ...]
    asked_for_more: tuple[str, ...]


def open_ballot(session: Session, ballot: NewBallot, *, now: datetime) -> Ballot:
    """Open a ballot; asked again for the same adapter, returns the first."""
    values = {**vars(ballot), "failed_gates": list(ballot.failed_gates)}
    values |= {"status": BallotStatus.OPEN, "opened_at": now}
    row, _ = find_or_add(session, BallotRow, {"adapter_id": values.pop("adapter_id")}, values)
    return _ballot(row)


def get_ballot(session: Session, ballot_id: int) -> Ballot:
    """Return one ballot. Raises `KeyError` when there is none."""
    row = session.get(BallotRow, ballot_id)
    if row is None:
        raise KeyError(f"there is no ballot {ballot_id}")
    return _ballot(row)


def ballot_about(session: Session, *, adapter_id: int) -> Ballot | None:
    """Return the ballot about an adapter, if there is one."""
    row = session.scalar(select(BallotRow).where(BallotRow.adapter_id == adapter_id))
    return _ballot(row) if row else None


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


def override_ballot(session: Session, ballot_id: int, *, by: str, reason: str) -> bool:
    """Let an open ballot be approved in spite of its failed gates; returns False when it was closed, or let before."""
    is_stopped = (BallotRow.id == ballot_id, BallotRow.status == BallotStatus.OPEN, BallotRow.override_by.is_(None))
    changed = update(BallotRow).where(*is_stopped).values(override_by=by, override_reason=reason)
    return row_count(session.execute(changed)) == 1


def vote(session: Session, ballot_id: int, kind: VoteKind, *, by: str, now: datetime) -> bool:
    """Store what somebody says; returns False when they said it before."""
    key = {"ballot_id": ballot_id, "user_id": by, "kind": kind}
    return add_if_new(session, BallotVoteRow, key, {"at": now})


def votes_on(session: Session, ballot_id: int) -> Votes:
    """Return what was said on a ballot so far. Whoever else votes waits until this transaction ends."""
    # The ballot, because a vote that is not there yet can't be locked: of the last two, one must see both.
    session.execute(select(BallotRow.id).where(BallotRow.id == ballot_id).with_for_update())
    rows = session.scalars(
        select(BallotVoteRow)
        .where(BallotVoteRow.ballot_id == ballot_id)
        .order_by(BallotVoteRow.at, BallotVoteRow.user_id)
    ).all()
    approvals, more = (tuple(row.user_id for row in rows if row.kind == kind) for kind in VoteKind)
    return Votes(approvals, more)


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
        failed_gates=tuple(row.failed_gates),
        override_by=row.override_by,
        override_reason=row.override_reason,
    )
