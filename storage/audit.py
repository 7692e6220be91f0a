"""Who did what, in a chain of hashes: a changed or dropped entry breaks every hash after it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage.tables import AuditRow

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One act. `details` carries ids and hashes, never message text."""

    id: int
    team_id: str
    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    hash: str


def append(session: Session, *, team_id: str, actor: str, action: str, details: dict[str, Any], now: datetime) -> Entry:
    """Add an entry at the end of the team's chain."""
    if session.get_bind().dialect.name == "postgresql":
        # Two writers must not build on the same last entry; SQLite has one writer anyway.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:team_id))"), {"team_id": team_id})
    previous = session.scalar(
        select(AuditRow.hash).where(AuditRow.team_id == team_id).order_by(AuditRow.id.desc()).limit(1)
    )
    # Hashed as they will be read back: in UTC, and as JSON has them (its keys are text, its tuples lists).
    said: dict[str, Any] = json.loads(json.dumps(details))
    row = AuditRow(team_id=team_id, at=now.astimezone(UTC), actor=actor, action=action, details=said)
    row.previous_hash = previous or GENESIS
    row.hash = _digest(row)
    session.add(row)
    session.flush()
    return _entry(row)


def entries(session: Session, *, team_id: str) -> list[Entry]:
    """Return the team's entries, oldest first."""
    rows = session.scalars(select(AuditRow).where(AuditRow.team_id == team_id).order_by(AuditRow.id))
    return [_entry(row) for row in rows]


def first_broken(session: Session, *, team_id: str) -> int | None:
    """Return the id of the first entry whose hash does not follow from the chain, None when all do."""
    previous = GENESIS
    for row in session.scalars(select(AuditRow).where(AuditRow.team_id == team_id).order_by(AuditRow.id)):
        if row.previous_hash != previous or row.hash != _digest(row):
            return row.id
        previous = row.hash
    return None


def _digest(row: AuditRow) -> str:
    said = [row.previous_hash, row.team_id, row.at.isoformat(), row.actor, row.action, row.details]
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _entry(row: AuditRow) -> Entry:
    return Entry(row.id, row.team_id, row.at, row.actor, row.action, dict(row.details), row.hash)
