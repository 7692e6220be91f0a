"""People who are not learnt from."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from storage.database import add_if_new, row_count
from storage.tables import OptOutRow

LOCK = 7_146_274  # any number, as long as nothing else in the database locks it


def opt_out(session: Session, *, team_id: str, user_id: str, by: str, now: datetime) -> bool:
    """Record that somebody's messages are not collected; returns False when that was so before."""
    _wait_for_others(session)
    return add_if_new(session, OptOutRow, {"team_id": team_id, "user_id": user_id}, {"by": by, "at": now})


def opt_in(session: Session, *, team_id: str, user_id: str) -> bool:
    """Let somebody's messages be collected again; returns whether they were not."""
    theirs = (OptOutRow.team_id == team_id, OptOutRow.user_id == user_id)
    return row_count(session.execute(delete(OptOutRow).where(*theirs))) > 0


def opted_out(session: Session, *, team_id: str) -> frozenset[str]:
    """Return whose messages are not collected."""
    return frozenset(session.scalars(select(OptOutRow.user_id).where(OptOutRow.team_id == team_id)))


def refusing(session: Session, *, team_id: str) -> frozenset[str]:
    """Return whose messages are not collected, for a transaction that stores some: nobody opts out until it ends.

    Call it before any row is locked.
    """
    _wait_for_others(session)
    return opted_out(session, team_id=team_id)


def _wait_for_others(session: Session) -> None:
    # On SQLite there is one writer at a time. On PostgreSQL somebody could opt out, and find nothing of theirs to be
    # erased yet, while another transaction stores it.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
