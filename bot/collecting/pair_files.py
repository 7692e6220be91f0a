"""Pairs out of the database into a file of chats, and out of such files into the review queue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.collecting.candidates import edited_text
from bot.collecting.lineage import listed
from bot.collecting.provenance import Source, provenance_file, read_sources, standing
from bot.exporting import write_lines
from storage.database import Database
from storage.listing import PairFilter, every_pair, known_texts
from storage.pairs import Candidate, Origin, Pair, PairStatus, Priority, add_if_missing, content_hash
from storage.people import refusing
from storage.reviews import reviews_of
from training.examples import BadLine, each_example

CHANNEL = "file"
"""What stands in place of a channel for pairs that come from a file."""
AT_ONCE = 100


@dataclass
class Imported:
    """What became of a file's lines. `refused`: a line for each that can't be used.

    `left_out`: how many are of people who are not learnt from, or were erased since.
    """

    proposed: int = 0
    already_known: int = 0
    left_out: int = 0
    without_system: int = 0
    refused: list[str] = field(default_factory=list)


def export_pairs(database: Database, wanted: PairFilter, out: Path, *, team_id: str) -> int:
    """Write the pairs that match as chats, their provenance beside them, and return how many.

    Raises `bot.exporting.ExportError`.
    """
    return write_lines((out, provenance_file(out)), _lines(database, wanted, team_id))


def import_pairs(database: Database, file: Path, *, team_id: str, region: str, now: Callable[[], datetime]) -> Imported:
    """Put the pairs of a file into the review queue. Raises `training.examples.PairsFileError`."""
    done = Imported()
    found = _found(file, done, team_id=team_id, region=region)
    with database.reading() as session:
        known = known_texts(session, team_id=team_id)
    while batch := list(islice(found, AT_ONCE)):
        with database.writing() as session:
            refused_by = refusing(session, team_id=team_id)
            for candidate, sources in batch:
                source = standing(session, sources, team_id=team_id, refusing=refused_by)
                if sources and source is None:
                    done.left_out += 1
                    continue
                is_new = candidate.content_hash not in known and _add(session, candidate, source, now())
                known.add(candidate.content_hash)
                done.proposed += is_new
                done.already_known += not is_new
    return done


def _add(session: Session, candidate: Candidate, source: Source | None, now: datetime) -> bool:
    if source is not None:
        candidate = replace(candidate, asked_by=source.asked_by, answered_by=source.answered_by)
    if source is not None and source.is_private:
        candidate = replace(candidate, channel_id=source.channel_id, channel_is_private=True)
    return add_if_missing(session, candidate, now=now, priority=Priority.PROPOSED)[1]


def _found(file: Path, done: Imported, *, team_id: str, region: str) -> Iterator[tuple[Candidate, list[Source]]]:
    """Yield what a file's lines propose, each with where it comes from, as far as the file beside it says."""
    sources = read_sources(file)
    for line in each_example(file):
        if isinstance(line, BadLine):
            done.refused.append(str(line))
            continue
        asked = [message for message in line.example.prompt if message["role"] != "system"]
        if len(asked) != 1:
            done.refused.append(f"{line}: has several turns; a pair is one question and one answer")
            continue
        # No database takes NUL, and where nothing else was said nothing is left.
        texts = [message["content"].replace("\x00", "") for message in (*asked, *line.example.completion)]
        question, answer, redactions = edited_text(*texts, region=region)
        if not question or not answer:
            done.refused.append(f"{line}: the {'answer' if question else 'question'} is empty")
            continue
        theirs = sources.get(content_hash(*texts), []) if sources is not None else []
        if sources is not None and not theirs:
            done.refused.append(f"{line}: {_unknown(file)}")
            continue
        done.without_system += len(asked) != len(line.example.prompt)
        yield _candidate(team_id, question, answer, redactions), theirs


def _unknown(file: Path) -> str:
    beside = provenance_file(file).name
    return f"{beside} does not say whose words these are; move that file away to propose them as nobody's, and public"


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
