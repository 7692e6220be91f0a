"""Adapters, and the pointer to the one in use."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import add_if_new, find_or_add, row_count
from storage.tables import AdapterRow, LiveVoiceRow


class AdapterStatus(StrEnum):
    """Where a voice stands. Candidates have never been live; retired ones can be rolled back to."""

    CANDIDATE = "candidate"
    LIVE = "live"
    RETIRED = "retired"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Adapter:
    """A voice. `path`: its folder; `sha256`: over its manifest's file hashes."""

    id: int
    team_id: str
    name: str
    run_id: int
    path: str
    sha256: str
    status: AdapterStatus
    created_at: datetime


@dataclass(frozen=True)
class LiveVoice:
    """What answers now. `adapter` is None for the base model. `version` goes up by one at each change."""

    team_id: str
    adapter: Adapter | None
    version: int


def add_adapter(
    session: Session, *, team_id: str, name: str, run_id: int, path: str, sha256: str, now: datetime
) -> Adapter:
    """Store a candidate. One run makes one adapter: asked again for the same run, returns the first."""
    values = {"team_id": team_id, "name": name, "path": path, "sha256": sha256, "created_at": now}
    row, _ = find_or_add(session, AdapterRow, {"run_id": run_id}, {**values, "status": AdapterStatus.CANDIDATE})
    return _adapter(row)


def get_adapter(session: Session, adapter_id: int) -> Adapter:
    """Return one adapter. Raises `KeyError` when there is none."""
    row = session.get(AdapterRow, adapter_id)
    if row is None:
        raise KeyError(f"there is no adapter {adapter_id}")
    return _adapter(row)


def adapter_by_name(session: Session, *, team_id: str, name: str) -> Adapter | None:
    """Return the adapter of that name, if the team has it."""
    row = session.scalar(select(AdapterRow).where(AdapterRow.team_id == team_id, AdapterRow.name == name))
    return _adapter(row) if row else None


def list_adapters(session: Session, *, team_id: str) -> list[Adapter]:
    """Return the team's adapters, newest first."""
    rows = session.scalars(select(AdapterRow).where(AdapterRow.team_id == team_id).order_by(AdapterRow.id.desc()))
    return [_adapter(row) for row in rows]


def set_adapter_status(session: Session, adapter_id: int, status: AdapterStatus) -> None:
    """Change where an adapter stands."""
    session.get_one(AdapterRow, adapter_id).status = status
    session.flush()


def live_voice(session: Session, *, team_id: str) -> LiveVoice:
    """Return what answers a team's questions now: the base model until a voice was approved."""
    row = session.get(LiveVoiceRow, team_id)
    if row is None:
        return LiveVoice(team_id, None, 0)
    return LiveVoice(team_id, _adapter(row.adapter) if row.adapter else None, row.version)


def move_live_voice(
    session: Session, *, team_id: str, adapter_id: int | None, expected_version: int, now: datetime
) -> bool:
    """Compare-and-swap the pointer; returns False, changing nothing, when it moved since `expected_version`."""
    # Whoever makes the row, the comparison below decides.
    add_if_new(session, LiveVoiceRow, {"team_id": team_id}, {"adapter_id": None, "version": 0, "changed_at": now})
    same = (LiveVoiceRow.team_id == team_id, LiveVoiceRow.version == expected_version)
    changed = update(LiveVoiceRow).where(*same)
    result = session.execute(changed.values(adapter_id=adapter_id, version=expected_version + 1, changed_at=now))
    session.expire_all()
    return row_count(result) == 1


def _adapter(row: AdapterRow) -> Adapter:
    return Adapter(
        id=row.id,
        team_id=row.team_id,
        name=row.name,
        run_id=row.run_id,
        path=row.path,
        sha256=row.sha256,
        status=AdapterStatus(row.status),
        created_at=row.created_at,
    )
