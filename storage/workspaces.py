"""The Slack workspaces Timbre serves."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import Database, find_or_add
from storage.tables import ChunkRow, DocumentRow, OptOutRow, PairRow, WorkspaceRow

# What was ingested or imported before the bot first connected: it is not known yet which workspace it is for.
UNCLAIMED = "unclaimed"


def register_workspace(session: Session, *, team_id: str, name: str, now: datetime) -> None:
    """Remember a workspace. The first one takes over what was ingested and imported before it was known."""
    is_first = session.scalar(select(WorkspaceRow.team_id).limit(1)) is None
    row, added = find_or_add(session, WorkspaceRow, {"team_id": team_id}, {"name": name, "first_seen_at": now})
    row.name = name
    if is_first and added:
        for table in (DocumentRow, PairRow, OptOutRow):
            session.execute(update(table).where(table.team_id == UNCLAIMED).values(team_id=team_id))
        session.execute(update(ChunkRow).where(ChunkRow.team_id == UNCLAIMED).values(team_id=team_id, indexed_at=None))
    session.flush()


def workspaces(session: Session) -> dict[str, str]:
    """Return the name of every workspace by its id, the first one seen first."""
    rows = session.scalars(select(WorkspaceRow).order_by(WorkspaceRow.first_seen_at))
    return {row.team_id: row.name for row in rows}


def other_workspaces(database: Database, *, team_id: str) -> dict[str, str]:
    """Return the workspaces of a database beside `team_id`, before anything is written to it: it may have no tables.

    Raises `storage.database.DatabaseError` when it can't be opened.
    """
    if not database.has_table(WorkspaceRow.__tablename__):
        return {}
    with database.reading() as session:
        return {id_: name for id_, name in workspaces(session).items() if id_ != team_id}
