"""The command that brings answers out."""

from datetime import UTC, datetime
from pathlib import Path

from bot.answering.exporting import export_answers
from bot.commands.opening import open_database, open_kept, team_of
from bot.console import say
from storage.answer_log import AnswerFilter


def answers_export(
    data: Path | None, out: Path, since: datetime | None, until: datetime | None, include_private: bool
) -> None:
    """Write answers as JSON lines."""
    database = open_database(open_kept(data))
    wanted = AnswerFilter(_utc(since), _utc(until), include_private)
    try:
        count = export_answers(database, wanted, out, team_id=team_of(database))
    finally:
        database.close()
    say(f"{count} answers in {out}")


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None
