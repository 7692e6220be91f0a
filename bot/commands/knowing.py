"""The command that asks."""

from pathlib import Path

from bot.commands.opening import CommandError, open_database, open_settings, team_of
from bot.console import print_json, say
from storage.database import Database
from storage.knowledge import count_chunks

NOTHING_KNOWN = (
    "Nothing has been ingested or approved yet: add documents with `timbre ingest FOLDER`, "
    "or have reviewers approve answers in Slack."
)


def ask(data: Path | None, question: str, as_json: bool) -> None:
    """Answer one question on standard output."""
    if not question.strip():
        raise CommandError('the question is empty: ask one, like `timbre ask "How much leave do we get?"`')
    from bot.answering.answered import Answered, told_together
    from bot.answering.asking import ask_once
    from bot.processes import model_server

    settings = open_settings(data, at_least="WARNING")
    with model_server(settings) as settings:
        database = open_database(settings)
        try:
            team_id = team_of(database)
            known = _passages(database, team_id)
            answered = (
                ask_once(settings, database, question, team_id=team_id) if known else Answered(NOTHING_KNOWN, "", (), 0)
            )
        finally:
            database.close()
    if as_json:
        sources = [
            {"number": s.number, "title": s.title, "permalink": s.permalink, "is_cited": s.is_cited}
            for s in answered.sources
        ]
        print_json({"text": answered.text, "model": answered.model, "sources": sources, "ms": answered.latency_ms})
        return
    say(answered.text)
    for alike in told_together(answered.sources):
        say(f"  {''.join(f'[{source.number}]' for source in alike)} {alike[0].title}")


def _passages(database: Database, team_id: str) -> int:
    with database.reading() as session:
        return count_chunks(session, team_id=team_id)[0]
