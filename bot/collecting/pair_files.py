"""Pairs out of the database into a file of chats, and out of such files into the review queue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.collecting.candidates import edited_text
from bot.collecting.lineage import listed
from bot.exporting import write_lines
from storage.database import Database
from storage.listing import PairFilter, every_pair, known_texts
from storage.pairs import Candidate, Origin, Pair, PairStatus, Priority, add_if_missing, content_hash
from storage.reviews import reviews_of
from training.examples import BadLine, each_example

CHANNEL = "file"
"""What stands in place of a channel for pairs that come from a file."""
AT_ONCE = 100


@dataclass
class Imported:
    """What became of a file's lines. `refused`: a line for each that can't be used."""

    proposed: int = 0
    already_known: int = 0
    without_system: int = 0
    refused: list[str] = field(default_factory=list)


def provenance_file(out: Path) -> Path:
    """Return the file that says where the pairs in `out` come from, in the same order."""
    return out.with_name(f"{out.name.removesuffix(out.suffix)}.provenance.jsonl")


def export_pairs(database: Database, wanted: PairFilter, out: Path, *, team_id: str) -> int:
    """Write the pairs that match as chats, their provenance beside them, and return how many.

    Raises `bot.exporting.ExportError`.
    """
    return write_lines((out, provenance_file(out)), _lines(database, wanted, team_id))


def import_pairs(database: Database, file: Path, *, team_id: str, region: str, now: Callable[[], datetime]) -> Imported:
    """Put the pairs of a file into the review queue. Raises `training.examples.PairsFileError`."""
    done = Imported()
    candidates = _candidates(file, done, team_id=team_id, region=region)
    with database.reading() as session:
        known = known_texts(session, team_id=team_id)
    while batch := list(islice(candidates, AT_ONCE)):
        with database.writing() as session:
            for candidate in batch:
                is_new = candidate.content_hash not in known and _add(session, candidate, now())
                known.add(candidate.content_hash)
                done.proposed += is_new
                done.already_known += not is_new
    return done


def _add(session: Session, candidate: Candidate, now: datetime) -> bool:
    return add_if_missing(session, candidate, now=now, priority=Priority.PROPOSED)[1]


def _candidates(file: Path, done: Imported, *, team_id: str, region: str) -> Iterator[Candidate]:
    for line in each_example(file):
        if isinstance(line, BadLine):
            done.refused.append(str(line))
            continue
        asked = [message for message in line.example.prompt if message["role"] != "system"]
        if len(asked) != 1:
            done.refused.append(f"{line}: has several turns; a pair is one question and one answer")
            continue
        # No database takes NUL, and where nothing else was said nothing is left.
        texts = (message["content"].replace("\x00", "") for message in (*asked, *line.example.completion))
        question, answer, redactions = edited_text(*texts, region=region)
        if not question or not answer:
            done.refused.append(f"{line}: the {'answer' if question else 'question'} is empty")
            continue
        done.without_system += len(asked) != len(line.example.prompt)
        yield _candidate(team_id, question, answer, redactions)


def _candidate(team_id: str, question: str, answer: str, redactions: tuple[dict[str, Any], ...]) -> Candidate:
    """Return a pair that no message stands behind: its key is what it says, and one question is one thread."""
    asked = content_hash(question, "")
    return Candidate(
        team_id=team_id,
        channel_id=CHANNEL,
        channel_is_private=False,
        thread_ts=asked,
        question_ts=asked,
        answer_ts=content_hash(question, answer),
        question=question,
        answer=answer,
        asked_by="",
        answered_by="",
        permalink="",
        origin=Origin.FILE,
        redactions=redactions,
    )


def _lines(database: Database, wanted: PairFilter, team_id: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    with database.reading() as session:
        for pair in every_pair(session, wanted, team_id=team_id):
            if pair.status is not PairStatus.ERASED:  # it says nothing any more
                yield _chat(pair), _provenance(session, pair)


def _chat(pair: Pair) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": pair.question}, {"role": "assistant", "content": pair.answer}],
    }


def _provenance(session: Session, pair: Pair) -> dict[str, Any]:
    reviews = [review for review in reviews_of(session, pair.id) if review.stands]
    reviewers = [{"by": review.reviewer_id, "verdict": review.verdict.value} for review in reviews]
    return {**listed(pair), "edited_by": pair.edited_by, "reviewers": reviewers}
