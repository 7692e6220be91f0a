"""Channels: when Timbre speaks in them, and what it knows from which."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import find_or_add
from storage.tables import ChannelModeRow, ChunkRow


class Mode(StrEnum):
    """When Timbre speaks in a channel: when it is mentioned, at any question it knows the answer to, or not at all."""

    MENTION = "mention"
    QUESTIONS = "questions"
    OFF = "off"


def set_mode(session: Session, *, team_id: str, channel_id: str, mode: Mode, by: str, now: datetime) -> None:
    """Decide when Timbre speaks in a channel."""
    key = {"team_id": team_id, "channel_id": channel_id}
    values = {"mode": mode, "set_by": by, "set_at": now}
    row, _ = find_or_add(session, ChannelModeRow, key, values)
    row.mode, row.set_by, row.set_at = mode, by, now
    session.flush()


def mode_of(session: Session, *, team_id: str, channel_id: str) -> Mode:
    """Return when Timbre speaks in a channel."""
    row = session.get(ChannelModeRow, (team_id, channel_id))
    return Mode(row.mode) if row else Mode.MENTION


def modes(session: Session, *, team_id: str) -> dict[str, Mode]:
    """Return the channels in which Timbre does something else than to wait for a mention."""
    rows = session.scalars(
        select(ChannelModeRow)
        .where(ChannelModeRow.team_id == team_id, ChannelModeRow.mode != Mode.MENTION)
        .order_by(ChannelModeRow.channel_id)
    )
    return {row.channel_id: Mode(row.mode) for row in rows}


def private_channels_with_chunks(session: Session, *, team_id: str) -> list[str]:
    """Return the private channels from which there is knowledge that only their members may read."""
    private = (ChunkRow.team_id == team_id, ChunkRow.channel_id.is_not(None), ChunkRow.removed_at.is_(None))
    return [str(id_) for id_ in session.scalars(select(ChunkRow.channel_id).where(*private).distinct())]
