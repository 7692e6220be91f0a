"""Slack events in: kept before they are acknowledged, handled once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.tables import InboxRow

MAX_ATTEMPTS = 3


@dataclass(frozen=True)
class Event:
    """An event that waits to be handled. `payload`: the body as Slack sent it."""

    event_id: str
    payload: dict[str, Any]
    attempts: int


def receive(session: Session, event_id: str, payload: dict[str, Any], *, now: datetime) -> bool:
    """Keep an event; returns False when it came before, so that a redelivery does nothing twice."""
    try:
        with session.begin_nested():
            session.add(InboxRow(event_id=event_id, payload=payload, attempts=0, received_at=now))
    except IntegrityError:
        return False
    return True


def start(session: Session, event_id: str) -> None:
    """Count an attempt before it is made, so that an event that kills the process is not tried for ever."""
    session.get_one(InboxRow, event_id).attempts += 1


def finish(session: Session, event_id: str, *, now: datetime) -> None:
    """Record that an event was handled, and let go of what it said."""
    row = session.get_one(InboxRow, event_id)
    row.handled_at, row.payload = now, None


def unhandled(session: Session) -> list[Event]:
    """Return events that were acknowledged but not handled, oldest first: what a crash left behind."""
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.handled_at.is_(None), InboxRow.attempts < MAX_ATTEMPTS)
        .order_by(InboxRow.received_at)
    )
    return [Event(row.event_id, dict(row.payload or {}), row.attempts) for row in rows]
