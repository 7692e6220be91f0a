"""What was made of pairs: which runs learnt from them, and which voices came of that."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.pairs import PairStatus
from storage.tables import AdapterRow, PairRow, RunPairRow, RunRow


@dataclass(frozen=True)
class Use:
    """One run's dataset that a pair was in. `split`: which part of it. `adapter`: the voice, if one came of it."""

    pair_id: int
    run_id: int
    split: str
    run_status: str
    run_at: datetime
    dataset_sha256: str | None
    adapter: str | None


def uses_of(session: Session, pair_ids: Collection[int]) -> list[Use]:
    """Return every dataset that pairs were in, earliest run first."""
    rows = session.execute(
        select(RunPairRow, RunRow, AdapterRow.name)
        .join(RunRow, RunRow.id == RunPairRow.run_id)
        .outerjoin(AdapterRow, AdapterRow.run_id == RunRow.id)
        .where(RunPairRow.pair_id.in_(pair_ids))
        .order_by(RunRow.id, RunPairRow.pair_id)
    )
    return [
        Use(
            pair_id=used.pair_id,
            run_id=run.id,
            split=used.split,
            run_status=run.status,
            run_at=run.created_at,
            dataset_sha256=run.result.get("dataset_sha256"),
            adapter=name,
        )
        for used, run, name in rows
    ]


def erased_of_run(session: Session, run_id: int) -> frozenset[int]:
    """Return the pairs of a run's dataset that were erased since."""
    rows = session.scalars(
        select(PairRow.id)
        .join(RunPairRow, RunPairRow.pair_id == PairRow.id)
        .where(RunPairRow.run_id == run_id, PairRow.status == PairStatus.ERASED)
    )
    return frozenset(rows)


def voices_that_learnt(session: Session, pair_ids: Collection[int]) -> list[str]:
    """Return the names of the voices that pairs shaped, oldest first; those only tested on them are not here."""
    shaped = [use.adapter for use in uses_of(session, pair_ids) if use.adapter and use.split != "test"]
    return list(dict.fromkeys(shaped))
