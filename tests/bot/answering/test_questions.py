"""A question ends in one answer, whatever dies in between."""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.answering import reading
from bot.answering.answerer import DONT_KNOW, Permitted
from bot.answering.asking import ask_once
from bot.answering.delivering import Delivery
from bot.answering.hearing import Hearing
from bot.answering.history import ThreadHistory
from bot.answering.notes import Notes
from bot.answering.places import Places
from bot.answering.questions import Questions
from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge
from bot.settings import Settings
from bot.slack import drafting
from bot.slack.conversations import Conversations
from bot.slack.drafting import Drafts
from bot.slack.memberships import Memberships
from bot.slack.names import Names
from bot.slack.payloads import Asked
from storage.answers import answer_to
from storage.database import Database
from storage.knowledge import NewDocument, put_document
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.running import Channel, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground

KEYS = "The spare keys hang behind the stove."


@dataclass(frozen=True)
class Counter:
    """Questions asked at a counter in #help, which knows where the keys are."""

    questions: Questions
    room: Channel
    database: Database

    def asked(self, text: str = "Where do the spare keys hang?") -> Asked:
        ts = self.room.say("UTOM", text)
        return Asked(TEAM, self.room.id, False, ts, ts, "UTOM", text)


@pytest.fixture
def counter(
    knowledge: Knowledge, town: RunningPlayground, help_room: Channel, clock: Clock, model_server: FakeModelServer
) -> Counter:
    know(knowledge)
    questions = questions_of(knowledge, town, town.web, clock)
    return Counter(questions, help_room, knowledge.database)


def questions_of(knowledge: Knowledge, town: RunningPlayground, client: WebClient, clock: Clock) -> Questions:
    me = town.web.auth_test()
    memberships = Memberships(town.web, team_id=me["team_id"])
    threads, bot_user_id = Conversations(town.web).thread, me["user_id"]
    return Questions(
        knowledge.database,
        knowledge.answerer,
        Delivery(knowledge.database, Drafts(client), clock),
        Places(knowledge.database, memberships),
        Notes(knowledge.database, Names(town.web).of, valid_for=timedelta(days=180), now=clock),
        Hearing(knowledge.database, threads, team_id=TEAM, bot_user_id=bot_user_id),
        ThreadHistory(knowledge.database, threads, bot_user_id=bot_user_id, phone_region="US"),
        lambda channel_id, user_id: None,
        lambda channel_id, thread_ts, question: None,
        clock,
    )


def know(knowledge: Knowledge) -> None:
    with knowledge.database.writing() as session:
        put_document(session, NewDocument(TEAM, "keys", "Keys", None, (KEYS,)), now=NOW)
    knowledge.indexing.follow()


class DyingClient(WebClient):
    """The process dies right before, or right after, a call to Slack."""

    def __init__(self, client: WebClient, method: str, *, after: bool) -> None:
        super().__init__(token=client.token, base_url=client.base_url)
        self.method, self.after = method, after

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        dies = api_method == self.method
        if dies and not self.after:
            self._die()
        answer = super().api_call(api_method, **arguments)
        if dies:
            self._die()
        return answer

    def _die(self) -> NoReturn:
        raise KeyboardInterrupt


LONG = "\n\n".join(f"**Key {number}** hangs behind the stove, and its twin in the tin. [1]" for number in range(600))
STREAMED = ("chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update", "chat.postMessage")


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("method", STREAMED)
def test_an_answer_is_posted_once_though_the_process_dies_while_it_is_written(
    counter: Counter,
    knowledge: Knowledge,
    town: RunningPlayground,
    clock: Clock,
    model_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    after: bool,
) -> None:
    monkeypatch.setattr(drafting, "SHOW_SECONDS", 0.0)
    monkeypatch.setattr(reading, "SHOW_EVERY_S", 0.0)
    model_server.says = LONG
    asked = counter.asked()
    with pytest.raises(KeyboardInterrupt):
        questions_of(knowledge, town, DyingClient(town.web, method, after=after), clock).answer(asked)

    restarted = questions_of(knowledge, town, town.web, clock)
    restarted.answer(asked)
    restarted.answer(asked)

    replies = counter.room.thread(asked.ts)
    said = [said_in(reply) for reply in replies]
    assert "\n".join(said).count("Key 7\n") == 1
    assert "Key 599\n" in said[-1]
    assert [reply["blocks"][-1]["type"] for reply in replies].count("context_actions") == 1
    assert replies[-1]["blocks"][-1]["type"] == "context_actions"
    with counter.database.reading() as session:
        stored = answer_to(session, team_id=TEAM, channel_id="CHELP", question_ts=asked.ts)
    assert stored is not None
    assert stored.message_ts == replies[0]["ts"]


def test_an_answer_is_found_again_in_a_thread_that_was_long_already(
    counter: Counter, knowledge: Knowledge, town: RunningPlayground, clock: Clock
) -> None:
    root = counter.room.say("UTOM", "Let us talk.")
    for number in range(205):
        counter.room.say("UMIA", f"Line {number}", thread_ts=root)
    asked = replace(counter.asked(), ts=counter.room.say("UTOM", "spare keys hang?", thread_ts=root), thread_ts=root)
    with pytest.raises(KeyboardInterrupt):
        questions_of(knowledge, town, DyingClient(town.web, "chat.stopStream", after=True), clock).answer(asked)

    counter.questions.answer(asked)

    assert sum(bool(message.get("bot_id")) for message in counter.room.thread(root)) == 1


def test_one_question_heard_twice_at_once_is_answered_once(
    counter: Counter, model_server: FakeModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    asked = counter.asked()
    threads = [threading.Thread(target=counter.questions.answer, args=(asked,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counter.room.thread(asked.ts)) == 1
    assert len(model_server.asked) == 1


def test_a_failure_is_logged_under_its_id_without_the_question(
    counter: Counter, model_server: FakeModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    model_server.is_down = True
    caplog.set_level(logging.DEBUG, logger="bot")

    counter.questions.answer(counter.asked("Where do the spare keys hang, Rumpelstilzchen?"))

    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert "id " in record.getMessage()
    assert "Rumpelstilzchen" not in caplog.text


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_question_that_fails_as_often_as_its_event_comes_is_told_one_failure(
    counter: Counter,
    knowledge: Knowledge,
    town: RunningPlayground,
    clock: Clock,
    model_server: FakeModelServer,
    is_restarted: bool,
) -> None:
    asked = counter.asked()
    model_server.is_down = True
    counter.questions.answer(asked)
    (first,) = counter.room.thread(asked.ts)
    again = questions_of(knowledge, town, town.web, clock) if is_restarted else counter.questions
    again.answer(asked)

    (failure,) = counter.room.thread(asked.ts)
    assert failure["text"].startswith(":warning:")
    assert failure["text"] == first["text"]


def test_a_failure_of_which_slack_does_not_say_whether_it_was_posted_is_told_once(
    counter: Counter, town: RunningPlayground, model_server: FakeModelServer
) -> None:
    asked = counter.asked()
    model_server.is_down = True
    lost = {"answer": "http_500", "carried_out": True, "calls": 1}
    unread = {"method": "conversations.replies", "answer": "http_500", "calls": 3}
    town.control("trouble", api=[{"method": "chat.postMessage", **lost}, unread])
    with pytest.raises(SlackApiError):
        counter.questions.answer(asked)
    counter.questions.answer(asked)

    (failure,) = counter.room.thread(asked.ts)
    assert failure["text"].startswith(":warning:")


def test_an_answer_that_could_not_be_finished_is_finished_when_its_event_comes_again(
    counter: Counter, town: RunningPlayground, model_server: FakeModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SHOW_EVERY_S", 0.0)
    model_server.says = f"{KEYS} [1]"
    asked = counter.asked()
    down = [{"method": method, "answer": "http_500", "calls": 9} for method in ("chat.stopStream", "chat.update")]
    town.control("trouble", api=down)
    with pytest.raises(SlackApiError):
        counter.questions.answer(asked)
    (begun,) = counter.room.thread(asked.ts)
    town.control("trouble", clear=True)

    counter.questions.answer(asked)

    (answer,) = counter.room.thread(asked.ts)
    assert answer["ts"] == begun["ts"]
    assert answer["blocks"][-1]["type"] == "context_actions"


def test_the_answer_to_a_question_that_failed_takes_the_place_of_its_failure(
    counter: Counter, model_server: FakeModelServer
) -> None:
    asked = counter.asked()
    model_server.is_down = True
    counter.questions.answer(asked)
    model_server.is_down = False
    counter.questions.answer(asked)

    (answer,) = counter.room.thread(asked.ts)
    assert KEYS in answer["text"]


def test_a_question_in_a_channel_slack_tells_nothing_about_ends_in_a_failure_and_not_in_silence(
    counter: Counter, town: RunningPlayground, model_server: FakeModelServer
) -> None:
    asked = counter.asked()
    town.control("trouble", api=[{"method": "conversations.info", "answer": "missing_scope", "calls": 1}])

    counter.questions.answer(asked)

    (failure,) = counter.room.thread(asked.ts)
    assert failure["text"].startswith(":warning:")


def test_passages_are_dropped_from_the_end_until_the_prompt_fits(
    knowledge: Knowledge, model_server: FakeModelServer
) -> None:
    passages = tuple(f"The spare keys of shed {number} hang behind stove {number}." for number in range(3))
    with knowledge.database.writing() as session:
        put_document(session, NewDocument(TEAM, "keys", "Keys", None, passages), now=NOW)
    knowledge.indexing.follow()
    knowledge.answerer.answer("Where do the spare keys hang?", Permitted(Place(TEAM)))
    full = sum(len(message["content"]) for message in model_server.asked[0]["messages"])
    model_server.window = full - 30

    answered = knowledge.answerer.answer("Where do the spare keys hang?", Permitted(Place(TEAM)))

    prompt = model_server.asked[-1]["messages"][-1]["content"]
    assert "[2]" in prompt
    assert "[3]" not in prompt
    assert len(answered.sources) == 1


def test_an_answer_that_cites_nothing_names_all_it_was_given_and_an_empty_one_is_a_refusal(
    knowledge: Knowledge, model_server: FakeModelServer
) -> None:
    know(knowledge)
    model_server.says = "Behind the stove."
    assert [s.title for s in knowledge.answerer.answer("spare keys hang?", Permitted(Place(TEAM))).sources] == ["Keys"]

    model_server.says = " [7] "
    answered = knowledge.answerer.answer("spare keys hang?", Permitted(Place(TEAM)))
    assert (answered.text, answered.sources) == (DONT_KNOW, ())


@pytest.mark.parametrize("is_running", [True, False])
def test_the_command_line_answers_the_same_whether_a_bot_owns_the_index_or_not(
    settings: Settings, database: Database, knowledge: Knowledge, is_running: bool
) -> None:
    know(knowledge)
    with database.writing() as session:
        secret = NewDocument(TEAM, "vault", "Keys", "CVAULT", ("The spare keys of the vault hang in the safe.",))
        put_document(session, secret, now=NOW)
    knowledge.indexing.follow()
    if not is_running:
        knowledge.index.close()

    answered = ask_once(settings, database, "Where do the spare keys hang?", team_id=TEAM)
    refused = ask_once(settings, database, "Why do zebras yodel?", team_id=TEAM)

    assert answered.text == f"{KEYS} [1] (base)"
    assert [source.title for source in answered.sources] == ["Keys"]
    assert refused.text == DONT_KNOW
