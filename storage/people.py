"""People who are not learnt from."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.database import add_if_new, row_count
from storage.tables import OptOutRow


def opt_out(session: Session, *, team_id: str, user_id: str, by: str, now: datetime) -> bool:
    """Record that somebody's messages are not collected; returns False when that was so before."""
    return add_if_new(session, OptOutRow, {"team_id": team_id, "user_id": user_id}, {"by": by, "at": now})


def opt_in(session: Session, *, team_id: str, user_id: str) -> bool:
    """Let somebody's messages be collected again; returns whether they were not."""
    theirs = (OptOutRow.team_id == team_id, OptOutRow.user_id == user_id)
    return row_count(session.execute(delete(OptOutRow).where(*theirs))) > 0


def opted_out(session: Session, *, team_id: str) -> frozenset[str]:
    """Return whose messages are not collected."""
    return frozenset(session.scalars(select(OptOutRow.user_id).where(OptOutRow.team_id == team_id)))
