"""Where a pair comes from and what became of it, as one document."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.lineage import uses_of
from storage.pairs import Pair, get_pair
from storage.reviews import reviews_of
from storage.twins import known_twins


def lineage(session: Session, pair_id: int) -> dict[str, Any]:
    """Return who asked, answered and decided, when and where, and what learnt from it. Raises `KeyError`."""
    pair = get_pair(session, pair_id)
    return {
        **listed(pair),
        "question": pair.question,
        "answer": pair.answer,
        "edited_by": pair.edited_by,
        "previous": None
        if pair.previous_question is None
        else {"question": pair.previous_question, "answer": pair.previous_answer},
        "thread_ts": pair.thread_ts,
        "question_ts": pair.question_ts,
        "answer_parts": list(pair.answer_parts),
        "files_left_out": pair.file_count,
        "replaced": list(pair.redactions),
        "replaced_by": pair.replaced_by,
        "reviews": [
            {
                "by": review.reviewer_id,
                "verdict": review.verdict.value,
                "via": review.via.value,
                "at": _iso(review.created_at),
                "taken_back_at": _iso(review.withdrawn_at),
                "on_these_words": review.content_hash == pair.content_hash,
            }
            for review in reviews_of(session, pair_id)
        ],
        "near_duplicates": [
            {
                "id": twin.pair_id if twin.other_id == pair_id else twin.other_id,
                "similarity": round(twin.similarity, 3),
                "disagrees": twin.disagrees,
                "decision": twin.decision.value if twin.decision else None,
            }
            for twin in known_twins(session, pair_id)
        ],
        "uses": [
            {
                "run": use.run_id,
                "status": use.run_status,
                "at": _iso(use.run_at),
                "split": use.split,
                "dataset_sha256": use.dataset_sha256,
                "adapter": use.adapter,
            }
            for use in uses_of(session, [pair_id])
        ],
    }


def listed(pair: Pair) -> dict[str, Any]:
    """Return of a pair what places it among others: never what it says."""
    return {
        "id": pair.id,
        "status": pair.status.value,
        "origin": pair.origin.value,
        "channel": pair.channel_id,
        "channel_is_private": pair.channel_is_private,
        "permalink": pair.permalink,
        "asked_by": pair.asked_by,
        "answered_by": pair.answered_by,
        "answer_ts": pair.answer_ts,
        "answered_at": _iso(_moment(pair.answer_ts)),
        "created_at": _iso(pair.created_at),
        "decided_at": _iso(pair.decided_at),
        "hash": pair.content_hash,
    }


def _moment(ts: str) -> datetime | None:
    """Return when a message was posted, None for what was none."""
    seconds, dot, _ = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC) if dot and seconds.isdecimal() else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
