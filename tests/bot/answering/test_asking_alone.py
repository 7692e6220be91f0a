"""What only its asker sees is answered, too, whatever becomes of the bot meanwhile."""

import threading
import time

import pytest

from bot.answering.delivering import WITHDRAWN
from bot.answering.places import Places
from bot.answering.sharing import Sharing
from bot.assembly.knowledge import Knowledge
from bot.assembly.threads import ANSWERING_THREADS
from bot.settings import Settings
from bot.slack.memberships import Memberships
from bot.slack.series import Series
from storage import inbox
from storage.database import Database
from storage.knowledge import NewDocument, put_document
from tests.bot.answering.test_questions import KEYS, know, questions_of
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.running import SEED, Channel, for_playground, running_bot, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until

ASKED = 2 * ANSWERING_THREADS


def test_what_waits_when_the_bot_stops_is_answered_by_the_next_start(
    settings: Settings, database: Database, model_server: FakeModelServer
) -> None:
    with RunningPlayground() as slack:
        slack.control("seed", **SEED)
        room = Channel(slack, "CHELP")
        with database.writing() as session:
            put_document(session, NewDocument(slack.web.auth_test()["team_id"], "keys", "Keys", None, (KEYS,)), now=NOW)

        def told() -> list[str]:
            return [said_in(one) for one in slack.messages("CHELP", as_="UTOM") if one.get("is_ephemeral")]

        def ask(number: int) -> None:
            text = f"ask Where do the spare keys hang, shed {number}?"
            slack.control("command", user="UTOM", channel="CHELP", command="/timbre", text=text, wait=True)

        with running_bot(for_playground(settings, slack), slack):
            wait_until(lambda: KEYS in said_in(room.ask("UTOM", "Where do the spare keys hang?")), "it is indexed")
            model_server.asked.clear()
            model_server.is_thinking = True
            for number in range(ASKED):
                ask(number)
            wait_until(lambda: len(model_server.asked) == ANSWERING_THREADS, "every thread waits for the model")
            threading.Thread(target=_let_go_once_stopping, args=(slack, model_server)).start()
        with database.reading() as session:
            assert inbox.unhandled(session), "nothing waited when the bot stopped"

        with running_bot(for_playground(settings, slack), slack):
            wait_until(lambda: len(told()) >= ASKED, "everything asked is answered")

        assert len(told()) == ASKED
        assert all(KEYS in said for said in told())
        with database.reading() as session:
            assert inbox.unhandled(session) == []


def _let_go_once_stopping(slack: RunningPlayground, model_server: FakeModelServer) -> None:
    wait_until(lambda: not slack.playground.delivery.links, "the bot stops")
    time.sleep(1.0)
    model_server.is_thinking = False


@pytest.fixture
def sharing(knowledge: Knowledge, town: RunningPlayground, clock: Clock, model_server: FakeModelServer) -> Sharing:
    know(knowledge)
    places = Places(knowledge.database, Memberships(town.web, team_id=town.web.auth_test()["team_id"]))
    return Sharing(knowledge.database, questions_of(knowledge, town, town.web, clock), places, Series(town.web), clock)


def test_what_was_answered_before_the_bot_died_is_told_again_as_it_was(
    sharing: Sharing, model_server: FakeModelServer
) -> None:
    asked = {"team_id": TEAM, "channel_id": "CHELP", "user_id": "UTOM", "key": "once"}

    first = sharing.ask("Where do the spare keys hang?", **asked)
    again = sharing.ask("Where do the spare keys hang?", **asked)

    assert KEYS in first.text
    assert (again.id, again.text) == (first.id, first.text)
    assert len(model_server.asked) == 1


def test_what_was_answered_before_the_bot_died_is_not_told_when_it_may_not_be_read_any_more(
    sharing: Sharing, knowledge: Knowledge
) -> None:
    asked = {"team_id": TEAM, "channel_id": "CHELP", "user_id": "UTOM", "key": "once"}
    sharing.ask("Where do the spare keys hang?", **asked)
    with knowledge.database.writing() as session:
        put_document(session, NewDocument(TEAM, "keys", "Keys", "CELSEWHERE", (KEYS,)), now=NOW)

    assert sharing.ask("Where do the spare keys hang?", **asked).text == WITHDRAWN
