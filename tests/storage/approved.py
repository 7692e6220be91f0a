"""Pairs to try things on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.database import Database
from storage.pairs import Candidate, Pair, PairStatus, add_candidate, set_status

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SAID = Candidate("T1", "C1", False, "1.0", "1.0", "1.1", "Who hums?", "Ada hums.", "U1", "U2", "https://x")


def pair(
    database: Database, number: int, *, status: PairStatus = PairStatus.APPROVED, at: datetime = NOW, **said: Any
) -> Pair:
    """Store a pair, decided at some time."""
    with database.writing() as session:
        candidate = replace(SAID, answer_ts=f"{number}.1", **said)
        stored = add_candidate(session, candidate, now=at)
        return stored if status is stored.status else set_status(session, stored.id, status, now=at)
