"""Runs a bot in a process of its own and prints what it did, then which model libraries it imported."""

import sys
from pathlib import Path

from bot.settings import Settings
from storage.adapters import live_voice
from storage.database import Database, sqlite_url
from storage.knowledge import NewDocument, count_chunks, put_document
from storage.runs import list_runs
from tests.bot.conftest import NOW, Clock, settings_of
from tests.bot.deciding import approve_answers, propose_voice
from tests.bot.running import SEED, Channel, for_playground, running_bot, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until

HEAVY = ("torch", "transformers", "peft", "sentence_transformers")


def indexed(database: Database, team_id: str) -> bool:
    with database.reading() as session:
        return count_chunks(session, team_id=team_id)[1] == 0


def answer(help_room: Channel, database: Database, team_id: str) -> None:
    wait_until(lambda: indexed(database, team_id), "the document is indexed", timeout=30)
    assert "behind the stove" in said_in(help_room.ask("UTOM", "Where do the spare keys hang?"))
    print("answered")  # noqa: T201 (read by the test)


def approve(help_room: Channel, review: Channel, database: Database, team_id: str) -> None:
    """Approve the voice whose report was posted."""
    wait_until(lambda: review.slack.messages(review.id, as_="UBEN"), "the report is posted", timeout=30)
    (report,) = review.slack.messages(review.id, as_="UBEN")
    review.slack.control("click", user="UBEN", channel=review.id, ts=report["ts"], action_id="ballot_approve")

    def is_live() -> bool:
        with database.reading() as session:
            return live_voice(session, team_id=team_id).adapter is not None

    wait_until(is_live, "the voice is live", timeout=30)
    print("approved")  # noqa: T201


def retrain(help_room: Channel, database: Database, team_id: str) -> None:
    help_room.slack.control("command", user="UADA", channel="CHELP", command="/timbre", text="retrain")

    def is_queued() -> bool:
        with database.reading() as session:
            return len(list_runs(session, team_id=team_id)) == 2

    wait_until(is_queued, "the run is queued", timeout=30)
    print("queued")  # noqa: T201


def main(data: Path) -> None:
    with FakeModelServer() as models, RunningPlayground() as slack:
        slack.control("seed", **SEED)
        settings: Settings = for_playground(settings_of(data, models), slack)
        database = Database(sqlite_url(data))
        database.upgrade()
        team_id = slack.web.auth_test()["team_id"]
        approve_answers(database, team_id=team_id)
        propose_voice(settings, database, team_id=team_id)
        document = NewDocument(team_id, "keys", "Keys", None, ("The spare keys hang behind the stove.",))
        with database.writing() as session:
            put_document(session, document, now=NOW)
        help_room, review = Channel(slack, "CHELP"), Channel(slack, "CREVIEW")
        with running_bot(settings, slack, now=Clock()):
            answer(help_room, database, team_id)
            approve(help_room, review, database, team_id)
            retrain(help_room, database, team_id)
        database.close()
    print("modules:", *(name for name in HEAVY if name in sys.modules))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
