"""What was said in a thread before is put before the model, as far as its readers may read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from bot.answering.history import Turn
from bot.answering.prompting import newest
from bot.answering.questions import Questions
from bot.assembly.knowledge import Knowledge, answerer_of
from bot.settings import Settings
from bot.slack.payloads import Asked
from storage.answers import Answer, answer_to
from storage.knowledge import NewDocument, put_document
from storage.people import opt_in, opt_out
from tests.bot.answering.test_questions import questions_of
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.running import Channel
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground

KEYS = "The spare keys hang behind the stove."
SAFE = "The safe's combination is under the floorboard."


@dataclass(frozen=True)
class Desk:
    """Where people ask, and what the model was asked for it."""

    questions: Questions
    knowledge: Knowledge
    town: RunningPlayground
    models: FakeModelServer

    def know(self, title: str, text: str, channel_id: str | None = None) -> None:
        with self.knowledge.database.writing() as session:
            put_document(session, NewDocument(TEAM, title, title, channel_id, (text,)), now=NOW)
        self.knowledge.indexing.follow()

    def ask(self, user: str, text: str, *, room: Channel, thread_ts: str | None = None) -> Answer:
        ts = room.say(user, text, thread_ts=thread_ts)
        is_direct = room.id.startswith("D")
        self.questions.answer(Asked(TEAM, room.id, is_direct, ts, thread_ts or ts, user, text))
        with self.knowledge.database.reading() as session:
            answer = answer_to(session, team_id=TEAM, channel_id=room.id, question_ts=ts)
        assert answer is not None
        return answer

    @property
    def earlier(self) -> list[str]:
        """What the model was last told of what was said before."""
        prompt = self.models.asked[-1]["messages"][-1]["content"]
        _, found, rest = prompt.partition("Earlier in this thread:\n")
        return rest.partition("\n\nQuestion: ")[0].splitlines() if found else []


@pytest.fixture
def desk(knowledge: Knowledge, town: RunningPlayground, clock: Clock, model_server: FakeModelServer) -> Desk:
    desk = Desk(questions_of(knowledge, town, town.web, clock), knowledge, town, model_server)
    desk.know("Keys", KEYS)
    return desk


@pytest.fixture
def direct(town: RunningPlayground) -> Channel:
    """Mia's own conversation with the bot."""
    return Channel(town, town.web.conversations_open(users="UMIA")["channel"]["id"])


@contextmanager
def away(town: RunningPlayground, user: str, channel_id: str) -> Iterator[None]:
    town.control("leave", user=user, channel=channel_id)
    try:
        yield
    finally:
        town.control("invite", user="UADA", channel=channel_id, invitee=user)


def test_a_follow_up_is_put_with_what_was_said_before_it_and_without_numbers_of_other_passages(
    desk: Desk, help_room: Channel
) -> None:
    first = desk.ask("UTOM", "Where do the spare keys hang?", room=help_room)
    help_room.say("UMIA", "<@UTOM> mind the heat", thread_ts=first.question_ts)

    desk.ask("UTOM", "And which spare keys hang there?", room=help_room, thread_ts=first.question_ts)

    assert desk.earlier == [
        "> They: Where do the spare keys hang?",
        f"> You: {KEYS} (base)",
        "> They: mind the heat",
    ]


def test_a_question_that_says_nothing_by_itself_is_looked_up_by_what_was_said_before(
    desk: Desk, help_room: Channel
) -> None:
    root = help_room.say("UTOM", "Does anybody know where the spare keys hang?")

    answer = desk.ask("UMIA", "any idea?", room=help_room, thread_ts=root)

    assert KEYS in answer.text


def test_nothing_is_said_before_a_question_that_begins_a_thread(desk: Desk, help_room: Channel) -> None:
    help_room.say("UTOM", "Something about spare keys.")
    desk.ask("UTOM", "Where do the spare keys hang?", room=help_room)

    assert desk.earlier == []


def test_what_timbre_said_from_a_channel_that_its_reader_has_left_is_not_before_the_model(
    desk: Desk, town: RunningPlayground, direct: Channel
) -> None:
    for number in range(3):
        desk.know(f"Shed {number}", f"The spare keys of shed {number} hang there.")
    desk.know("Safe", SAFE, "CVAULT")
    first = desk.ask("UMIA", "Where is the safe's combination?", room=direct)
    assert SAFE in first.text
    told = desk.ask("UMIA", "where do the spare keys hang?", room=direct, thread_ts=first.question_ts)
    assert any(SAFE in line for line in desk.earlier)

    with away(town, "UMIA", "CVAULT"):
        later = desk.ask("UMIA", "and the spare keys hang?", room=direct, thread_ts=first.question_ts)

    assert desk.earlier == [
        "> They: Where is the safe's combination?",
        # What was said in between was written with the combination before the model, so it goes, too.
        "> They: where do the spare keys hang?",
    ]
    (safe,) = (source["chunk_id"] for source in first.sources if source["title"] == "Safe")
    assert safe in told.read_chunks
    assert safe not in [source["chunk_id"] for source in told.sources]
    assert safe not in later.read_chunks


def test_what_timbre_said_in_a_private_channel_is_gone_when_its_document_is(desk: Desk, vault_room: Channel) -> None:
    desk.know("Safe", SAFE, "CVAULT")
    first = desk.ask("UTOM", "Where is the safe's combination?", room=vault_room)
    desk.know("Safe", "The safe was sold.", "CVAULT")

    desk.ask("UTOM", "where do the spare keys hang?", room=vault_room, thread_ts=first.question_ts)

    assert desk.earlier == ["> They: Where is the safe's combination?"]


def test_what_people_say_who_opted_out_is_left_out(desk: Desk, help_room: Channel) -> None:
    root = help_room.say("UTOM", "Anybody seen the spare keys?")
    help_room.say("UMIA", "Not me.", thread_ts=root)
    with desk.knowledge.database.writing() as session:
        opt_out(session, team_id=TEAM, user_id="UMIA", by="UMIA", now=NOW)
    try:
        desk.ask("UTOM", "where do the spare keys hang?", room=help_room, thread_ts=root)
    finally:
        with desk.knowledge.database.writing() as session:
            opt_in(session, team_id=TEAM, user_id="UMIA")

    assert desk.earlier == ["> They: Anybody seen the spare keys?"]


def test_secrets_that_people_said_in_a_thread_do_not_reach_the_model(desk: Desk, help_room: Channel) -> None:
    root = help_room.say("UTOM", "Ring me about the spare keys, (212) 555-0147")

    desk.ask("UTOM", "where do the spare keys hang?", room=help_room, thread_ts=root)

    assert len(desk.earlier) == 1
    assert "555" not in desk.earlier[0]


def test_a_thread_that_slack_does_not_show_leaves_the_question_to_stand_by_itself(
    desk: Desk, town: RunningPlayground, help_room: Channel
) -> None:
    root = help_room.say("UTOM", "Anybody seen the spare keys?")
    town.control("trouble", api=[{"method": "conversations.replies", "answer": "missing_scope", "calls": 2}])

    answer = desk.ask("UTOM", "where do the spare keys hang?", room=help_room, thread_ts=root)
    town.control("trouble", clear=True)

    assert KEYS in answer.text
    assert desk.earlier == []


def test_the_newest_of_a_long_thread_is_kept_by_the_models_own_count(
    desk: Desk, knowledge: Knowledge, settings: Settings, help_room: Channel, clock: Clock
) -> None:
    root = help_room.say("UTOM", "Anybody seen the spare keys?")
    for number in range(60):
        help_room.say("UMIA", f"Line {number} of what was said", thread_ts=root)
    forgetful = settings.model_copy(update={"history_tokens": 40})
    answerer = answerer_of(forgetful, knowledge.database, knowledge.retriever, knowledge.models)
    knowledge = replace(knowledge, answerer=answerer)
    desk = replace(desk, questions=questions_of(knowledge, desk.town, desk.town.web, clock))

    desk.ask("UTOM", "where do the spare keys hang?", room=help_room, thread_ts=root)

    # The fake counts words: four for the heading, eight for each line.
    assert desk.earlier == [f"> They: Line {number} of what was said" for number in range(56, 60)]


@pytest.mark.parametrize(("tokens", "kept"), [(0, 0), (3, 0), (4, 1), (8, 2), (1_000, 5)])
def test_the_end_of_what_was_said_is_kept(tokens: int, kept: int) -> None:
    turns = [Turn({"role": "user", "content": f"w{number}"}) for number in range(5)]

    found = newest(turns, lambda text: 4 * text.count("They"), tokens=tokens)

    assert list(found) == turns[len(turns) - kept :]


def test_where_the_window_is_small_what_was_said_before_gives_way_to_what_is_known(
    desk: Desk, help_room: Channel, model_server: FakeModelServer
) -> None:
    first = desk.ask("UTOM", "Where do the spare keys hang?", room=help_room)
    model_server.window = sum(len(message["content"]) for message in model_server.asked[-1]["messages"]) + 30

    answer = desk.ask("UTOM", "and which spare keys hang there?", room=help_room, thread_ts=first.question_ts)

    assert KEYS in answer.text
    assert desk.earlier == []
