"""What the file beside exported pairs tells of them: whose words they are, and who may read them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from storage.pairs import PairStatus, pair_for_answer


@dataclass(frozen=True)
class Source:
    """Where a pair was found, and whose words it is made of."""

    channel_id: str
    is_private: bool
    answer_ts: str
    asked_by: str
    answered_by: str


Sources = dict[str, list[Source]]
"""By the content hash of what a pair says: the same may have been said twice."""


def provenance_file(out: Path) -> Path:
    """Return the file that says where the pairs in `out` come from, in the same order."""
    return out.with_name(f"{out.name.removesuffix(out.suffix)}.provenance.jsonl")


def read_sources(file: Path) -> Sources | None:
    """Return where the pairs of a file come from, None when nothing beside it says so.

    A line that can't be read tells of no pair.
    """
    try:
        lines = provenance_file(file).read_bytes().splitlines()
    except FileNotFoundError:
        return None
    sources: Sources = {}
    for content_hash, source in _read(lines):
        sources.setdefault(content_hash, []).append(source)
    return sources


def standing(
    session: Session, sources: Collection[Source], *, team_id: str, refusing: Collection[str]
) -> Source | None:
    """Return a source that may be learnt from, a public one before others; None when there is none.

    Not one in which somebody refuses, nor one whose pair was erased.
    """
    for source in sorted(sources, key=lambda one: one.is_private):
        known = pair_for_answer(session, team_id=team_id, channel_id=source.channel_id, answer_ts=source.answer_ts)
        is_erased = known is not None and known.status is PairStatus.ERASED
        if not is_erased and not {source.asked_by, source.answered_by} & set(refusing):
            return source
    return None


def _read(lines: Collection[bytes]) -> Iterator[tuple[str, Source]]:
    for line in lines:
        try:
            row = json.loads(line)
            people = (str(row["asked_by"]), str(row["answered_by"]))
            # What does not say that it is public is not.
            is_private = row["channel_is_private"] is not False
            yield str(row["hash"]), Source(str(row["channel"]), is_private, str(row["answer_ts"]), *people)
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
