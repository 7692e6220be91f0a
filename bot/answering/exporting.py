"""What Timbre answered, out of the database into a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.exporting import write_lines
from storage.answer_log import AnswerFilter, Logged, every_answer
from storage.database import Database


def export_answers(database: Database, wanted: AnswerFilter, out: Path, *, team_id: str) -> int:
    """Write the answers that match as JSON lines, and return how many. Raises `bot.exporting.ExportError`."""
    return write_lines([out], _lines(database, wanted, team_id))


def _lines(database: Database, wanted: AnswerFilter, team_id: str) -> Iterator[tuple[dict[str, Any]]]:
    with database.reading() as session:
        for logged in every_answer(session, wanted, team_id=team_id):
            yield (_line(logged),)


def _line(logged: Logged) -> dict[str, Any]:
    answer = logged.answer
    return {
        "id": answer.id,
        "at": answer.created_at.isoformat(),
        "channel": answer.channel_id,
        "is_private": answer.is_private,
        "asked_by": answer.asked_by,
        "question": answer.question,
        "answer": answer.text,
        "kind": answer.kind.value,
        "model": answer.model or None,
        "verified_pair": answer.verified_pair_id,
        "passages": _passages(logged),
        "ms": answer.latency_ms,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "thumbs": {"up": list(logged.thumbs.values()).count(1), "down": list(logged.thumbs.values()).count(-1)},
    }


def _passages(logged: Logged) -> list[dict[str, Any]]:
    """Return what an answer was made from; the text of what is no longer kept is missing."""
    known = {chunk.id: chunk for chunk in logged.passages}
    numbers = {source["chunk_id"]: source["number"] for source in logged.answer.sources if source["is_cited"]}
    return [
        {
            "id": id_,
            "cited_as": numbers.get(id_),
            "title": known[id_].title if id_ in known else None,
            "text": known[id_].text if id_ in known else None,
        }
        for id_ in logged.answer.read_chunks
    ]
