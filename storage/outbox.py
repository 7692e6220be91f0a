"""Notices out: what has to be said in Slack is written in the transaction that makes it true, and posted once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import add_if_new
from storage.tables import OutboxRow


@dataclass(frozen=True)
class Notice:
    """Something to post. `kind` names who renders `payload`; `channel_id`, `message_ts`: where it was posted."""

    id: int
    team_id: str
    key: str
    kind: str
    payload: dict[str, Any]
    attempts: int
    channel_id: str | None
    message_ts: str | None


def enqueue(session: Session, *, team_id: str, key: str, kind: str, payload: dict[str, Any], now: datetime) -> bool:
    """Leave a notice; returns False when one with this key exists already."""
    values = {"team_id": team_id, "kind": kind, "payload": payload, "attempts": 0, "due_at": now, "created_at": now}
    return add_if_new(session, OutboxRow, {"key": key}, values)


def due(session: Session, *, now: datetime, limit: int = 20) -> list[Notice]:
    """Return notices that wait to be posted, oldest first."""
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.posted_at.is_(None), OutboxRow.due_at <= now)
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [_notice(row) for row in rows]


def posted(session: Session, notice_id: int, *, channel_id: str, message_ts: str, now: datetime) -> None:
    """Record where a notice was posted."""
    row = session.get_one(OutboxRow, notice_id)
    row.posted_at, row.channel_id, row.message_ts = now, channel_id, message_ts


def postpone(session: Session, notice_id: int, *, now: datetime) -> None:
    """Try again later: after 2 s, 4 s, 8 s … and at most 5 minutes."""
    row = session.get_one(OutboxRow, notice_id)
    row.attempts += 1
    # The exponent has a limit of its own: 2.0**1024, three days of failing, would overflow.
    row.due_at = now + timedelta(seconds=min(2.0 ** min(row.attempts, 10), 300.0))


def find(session: Session, key: str) -> Notice | None:
    """Return the notice with this key, posted or not."""
    row = session.scalar(select(OutboxRow).where(OutboxRow.key == key))
    return _notice(row) if row else None


def known(session: Session, keys: Collection[str]) -> frozenset[str]:
    """Return those of `keys` under which there are notices, posted or not."""
    return frozenset(session.scalars(select(OutboxRow.key).where(OutboxRow.key.in_(keys))))


def done(session: Session, notice_id: int, *, now: datetime) -> None:
    """Record that a notice was carried out where nothing had to be posted."""
    session.get_one(OutboxRow, notice_id).posted_at = now


def with_prefix(session: Session, prefix: str, *, kind: str) -> list[Notice]:
    """Return the notices of a kind whose keys begin with `prefix`, posted or not, earliest first."""
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.key.startswith(prefix, autoescape=True), OutboxRow.kind == kind)
        .order_by(OutboxRow.id)
    )
    return [_notice(row) for row in rows]


def _notice(row: OutboxRow) -> Notice:
    return Notice(
        id=row.id,
        team_id=row.team_id,
        key=row.key,
        kind=row.kind,
        payload=dict(row.payload),
        attempts=row.attempts,
        channel_id=row.channel_id,
        message_ts=row.message_ts,
    )
