"""Slack events in: kept before they are acknowledged, handled once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from storage.database import add_if_new, row_count
from storage.tables import InboxRow

MAX_ATTEMPTS = 3


@dataclass(frozen=True)
class Event:
    """An event that waits to be handled. `payload`: what the handler needs of the body."""

    event_id: str
    payload: dict[str, Any]
    attempts: int


def receive(session: Session, event_id: str, payload: dict[str, Any], *, now: datetime) -> bool:
    """Keep an event; returns False when it came before, so that a redelivery does nothing twice."""
    return add_if_new(
        session, InboxRow, {"event_id": event_id}, {"payload": payload, "attempts": 0, "received_at": now}
    )


def start(session: Session, event_id: str) -> int:
    """Count an attempt before it is made, so that an event that kills the process is not tried for ever.

    Returns how many there have been with this one. Raises `KeyError` when there is no such event.
    """
    # Counted by the database: two processes that start the same event make two attempts.
    counted = update(InboxRow).where(InboxRow.event_id == event_id).values(attempts=InboxRow.attempts + 1)
    attempts: int | None = session.scalar(counted.returning(InboxRow.attempts))
    if attempts is None:
        raise KeyError(f"there is no event {event_id}")
    return attempts


def finish(session: Session, event_id: str, *, now: datetime) -> None:
    """Record that an event was handled, and let go of what it said. Raises `KeyError` when there is none."""
    done = update(InboxRow).where(InboxRow.event_id == event_id).values(handled_at=now, payload=None)
    if row_count(session.execute(done)) == 0:
        raise KeyError(f"there is no event {event_id}")


def unhandled(session: Session) -> list[Event]:
    """Return events that were acknowledged but not handled, oldest first: what a crash left behind."""
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.handled_at.is_(None), InboxRow.attempts < MAX_ATTEMPTS)
        .order_by(InboxRow.received_at)
    )
    return [Event(row.event_id, dict(row.payload or {}), row.attempts) for row in rows]


def forget(session: Session, *, received_before: datetime) -> int:
    """Delete old events that were handled or given up, and with the latter what they said; returns how many.

    Slack delivers an event again for up to an hour: let `received_before` be well before that.
    """
    is_over = InboxRow.handled_at.is_not(None) | (InboxRow.attempts >= MAX_ATTEMPTS)
    return row_count(session.execute(delete(InboxRow).where(is_over, InboxRow.received_at < received_before)))
