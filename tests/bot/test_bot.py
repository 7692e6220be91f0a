"""The whole bot over a playground's real sockets, with a real database and index."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import String, cast, select

from bot.answering.answerer import DONT_KNOW
from bot.answering.questions import GREETING, TOO_LONG
from bot.assembly.threads import ANSWERING_THREADS
from bot.settings import Settings
from storage import inbox
from storage.answers import Answer, answer_to, feedback_on
from storage.database import Database
from storage.knowledge import NewDocument, count_chunks, put_document
from storage.pairs import Pair, PairStatus, pair_for_answer
from storage.tables import InboxRow
from tests.bot.conftest import NOW, settings_of
from tests.bot.running import SEED, YES, Channel, for_playground, running_bot, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until


@dataclass(frozen=True)
class Live:
    """What a running bot wrote."""

    database: Database
    team_id: str

    def is_indexed(self) -> bool:
        with self.database.reading() as session:
            standing, waiting = count_chunks(session, team_id=self.team_id)
        return standing > 0 and waiting == 0

    def pair(self, channel: Channel, ts: str) -> Pair | None:
        with self.database.reading() as session:
            return pair_for_answer(session, team_id=self.team_id, channel_id=channel.id, answer_ts=ts)

    def status(self, channel: Channel, ts: str) -> PairStatus | None:
        pair = self.pair(channel, ts)
        return pair.status if pair else None

    def answer(self, channel: Channel, ts: str) -> Answer:
        with self.database.reading() as session:
            stored = answer_to(session, team_id=self.team_id, channel_id=channel.id, question_ts=ts)
        assert stored is not None
        return stored

    def kept_events(self, word: str) -> int:
        """Return how many events hold a word."""
        with self.database.reading() as session:
            payloads = session.scalars(select(cast(InboxRow.payload, String)))
            return sum(word in (payload or "") for payload in payloads)


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningPlayground]:
    with RunningPlayground() as running:
        running.control("seed", **SEED)
        yield running


@pytest.fixture(scope="module")
def live_settings(
    slack: RunningPlayground,
    running_models: FakeModelServer,
    tmp_path_factory: pytest.TempPathFactory,
    empty_database: Path,
) -> Settings:
    data = tmp_path_factory.mktemp("data")
    shutil.copy(empty_database, data / "timbre.db")
    return for_playground(settings_of(data, running_models), slack)


@pytest.fixture(scope="module")
def live(live_settings: Settings, slack: RunningPlayground) -> Iterator[Live]:
    """A running bot, whose team has a document about keys."""
    database = Database(live_settings.database)
    live = Live(database, slack.web.auth_test()["team_id"])
    document = NewDocument(live.team_id, "keys.md", "Keys", None, ("The spare keys are in the blue tin by the door.",))
    with database.writing() as session:
        put_document(session, document, now=NOW)
    with running_bot(live_settings, slack):
        wait_until(live.is_indexed, "the document is indexed")
        yield live
    database.close()


@pytest.fixture
def help_channel(live: Live, slack: RunningPlayground, model_server: FakeModelServer) -> Channel:
    return Channel(slack, "CHELP")


@pytest.fixture
def vault(live: Live, slack: RunningPlayground, model_server: FakeModelServer) -> Channel:
    return Channel(slack, "CVAULT")


def approve(live: Live, channel: Channel, ts: str, *, by: str = "UBEN") -> None:
    channel.react(by, ts)
    wait_until(lambda: live.status(channel, ts) is PairStatus.APPROVED, "the answer is approved")
    wait_until(live.is_indexed, "the answer is indexed")


def test_a_mention_is_answered_in_its_thread_with_sources_and_buttons(help_channel: Channel, live: Live) -> None:
    ts = help_channel.say("UTOM", "@timbre where are the spare keys?")

    (reply,) = help_channel.replies_to(ts)

    said = said_in(reply)
    assert "in the blue tin by the door. [1] (base)" in said
    assert "*Sources*\n[1] Keys" in said
    assert [block["type"] for block in reply["blocks"]] == ["markdown", "context", "actions", "context_actions"]
    wait_until(lambda: live.answer(help_channel, ts).message_ts, "it is remembered where the answer is")
    stored = live.answer(help_channel, ts)
    assert (stored.message_ts, stored.model, stored.question) == (reply["ts"], "base", "where are the spare keys?")


def test_an_answer_that_was_approved_is_a_source_at_once_and_links_to_where_it_was_said(
    help_channel: Channel, live: Live
) -> None:
    ts = help_channel.answered("How tall is the flagpole?", "The flagpole is nine metres tall.")
    approve(live, help_channel, ts)

    reply = help_channel.ask("UADA", "How tall is the flagpole?")

    assert "nine metres tall" in said_in(reply)
    assert f"p{ts.replace('.', '')}" in said_in(reply)
    assert "approved answer" in said_in(reply)


def test_taking_the_reaction_off_takes_the_answer_out_of_use(help_channel: Channel, live: Live) -> None:
    ts = help_channel.answered("What colour is the gazebo?", "The gazebo is painted vermilion.")
    approve(live, help_channel, ts)

    help_channel.unreact("UBEN", ts)
    wait_until(lambda: live.status(help_channel, ts) is PairStatus.WITHDRAWN, "the approval is taken back")

    assert "vermilion" not in said_in(help_channel.ask("UADA", "What colour is the gazebo?"))


def test_an_approval_is_acknowledged_with_a_quiet_reaction(help_channel: Channel, live: Live) -> None:
    ts = help_channel.answered("Who waters the ferns?", "Olga waters the ferns.")

    def learnt() -> bool:
        (message,) = (m for m in help_channel.slack.messages("CHELP", thread_ts=root(ts)) if m["ts"] == ts)
        return any(reaction["name"] == "seedling" for reaction in message.get("reactions", ()))

    def root(answer_ts: str) -> str:
        pair = live.pair(help_channel, answer_ts)
        assert pair is not None
        return pair.thread_ts

    approve(live, help_channel, ts)
    wait_until(learnt, "the seedling is there")
    help_channel.unreact("UBEN", ts)
    wait_until(lambda: not learnt(), "the seedling is gone")


def test_a_private_channels_answers_are_used_where_all_who_read_along_are_in_it(
    help_channel: Channel, vault: Channel, live: Live, model_server: FakeModelServer
) -> None:
    ts = vault.answered("What does the merger cost?", "The merger costs forty thousand crowns.")
    approve(live, vault, ts)
    direct = Channel(vault.slack, "@timbre")
    model_server.asked.clear()

    outside = said_in(help_channel.ask("UTOM", "What does the merger cost?"))
    alone = direct.replies_to(direct.say("UTOM", "What does the merger cost?"), as_="UTOM")[0]
    elsewhere = Channel(vault.slack, "@timbre")
    stranger = elsewhere.replies_to(elsewhere.say("UCLEO", "What does the merger cost?"), as_="UCLEO")[0]

    assert outside.startswith(DONT_KNOW)
    assert said_in(stranger).startswith(DONT_KNOW)
    assert "forty thousand crowns" in said_in(alone)
    assert model_server.asked == []
    assert "forty thousand crowns" in said_in(vault.ask("UTOM", "What does the merger cost?"))


def test_what_nothing_answers_is_refused_without_sources_or_a_model(
    help_channel: Channel, model_server: FakeModelServer
) -> None:
    reply = help_channel.ask("UTOM", "Why do zebras yodel?")

    assert [block["type"] for block in reply["blocks"]] == ["rich_text", "actions"]
    assert said_in(reply) == f"{DONT_KNOW}\nI know the answer"
    assert model_server.asked == []


def test_an_empty_mention_is_greeted(help_channel: Channel) -> None:
    assert said_in(help_channel.ask("UTOM", "")) == GREETING


def test_a_direct_message_is_answered_without_a_mention(help_channel: Channel) -> None:
    direct = Channel(help_channel.slack, "@timbre")

    (reply,) = direct.replies_to(direct.say("UMIA", "where are the spare keys?"), as_="UMIA")

    assert "blue tin" in said_in(reply)


def test_talk_in_channels_is_neither_answered_nor_kept(help_channel: Channel, live: Live) -> None:
    ts = help_channel.say("UTOM", "where are the spare keys, anybody?")
    help_channel.ask("UTOM", "where are the spare keys?")

    assert help_channel.thread(ts) == []
    assert live.kept_events("anybody") == 0


def test_what_was_handled_is_let_go_of(help_channel: Channel, live: Live) -> None:
    help_channel.ask("UTOM", "where are the spare keys, sesquipedalian?")

    wait_until(lambda: live.kept_events("sesquiped") == 0, "the event's payload is dropped")


def test_nothing_in_an_answer_pings_anybody(help_channel: Channel, model_server: FakeModelServer) -> None:
    model_server.says = "Ask <!channel> or <@UADA>, or see <https://evil.example|our wiki> [1]"

    reply = help_channel.ask("UTOM", "where are the spare keys?")

    assert "<!channel>" not in said_in(reply) + reply["text"]
    assert "<@UADA>" not in said_in(reply) + reply["text"]
    assert "or @someone, or see our wiki (evil.example) [1]" in said_in(reply)
    assert "https://evil" not in str(reply)


def test_a_very_long_answer_is_posted_with_its_sources_and_buttons(
    help_channel: Channel, model_server: FakeModelServer
) -> None:
    model_server.says = " ".join(f"R&D keeps <keys> in tin {number}." for number in range(900))

    ts = help_channel.say("UTOM", "@timbre where are the spare keys?")
    *others, last = help_channel.replies_to(ts, count=3)

    assert [block["type"] for block in last["blocks"]] == ["rich_text", "context", "actions", "context_actions"]
    assert "tin 899." in said_in(last)
    assert all([block["type"] for block in other["blocks"]] == ["rich_text"] for other in others)


def test_a_question_beyond_the_models_window_says_so(help_channel: Channel, model_server: FakeModelServer) -> None:
    model_server.window = 50

    assert said_in(help_channel.ask("UTOM", "where are the spare keys?")) == TOO_LONG


def test_a_model_that_is_down_gives_one_message_with_the_id_that_is_in_the_log(
    help_channel: Channel, model_server: FakeModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    model_server.is_down = True

    ts = help_channel.say("UTOM", "@timbre where are the spare keys, Rumpelstilzchen?")
    (reply,) = help_channel.replies_to(ts)

    error_id = said_in(reply).partition("`")[2].partition("`")[0]
    (line,) = (record.getMessage() for record in caplog.records if error_id in record.getMessage())
    assert "500" in line
    assert "Rumpelstilzchen" not in caplog.text
    assert len(help_channel.thread(ts)) == 1


def test_a_thumb_is_recorded_and_the_last_press_wins(help_channel: Channel, live: Live) -> None:
    ts = help_channel.say("UTOM", "@timbre where are the spare keys?")
    (reply,) = help_channel.replies_to(ts)
    wait_until(lambda: live.answer(help_channel, ts).message_ts, "it is remembered where the answer is")
    stored = live.answer(help_channel, ts)

    def thumbs() -> dict[str, int]:
        with live.database.reading() as session:
            return feedback_on(session, stored.id)

    for value in (1, -1):
        help_channel.slack.control(
            "click",
            user="UMIA",
            channel="CHELP",
            ts=reply["ts"],
            action_id="answer_feedback",
            value=f"{stored.id}:{value}",
        )
        wait_until(lambda wanted=value: thumbs() == {"UMIA": wanted}, "the thumb is recorded")  # type: ignore[misc]


def test_logs_hold_neither_tokens_nor_what_people_write(
    help_channel: Channel, live: Live, live_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ts = help_channel.answered("Where is the abracadabra?", "It is beside the hocuspocus.")
    approve(live, help_channel, ts)
    help_channel.ask("UTOM", "Where is the abracadabra?")

    for word in ("abracadabra", "hocuspocus", live_settings.slack_bot_token.get_secret_value()):
        assert word not in caplog.text


def test_skin_tones_make_no_difference(help_channel: Channel, live: Live) -> None:
    ts = help_channel.answered("Who rings the bell?", "Pia rings the bell.")

    help_channel.react("UBEN", ts, f"{YES}::skin-tone-4")

    wait_until(lambda: live.status(help_channel, ts) is PairStatus.APPROVED, "the answer is approved")


def test_commands_are_acknowledged_and_answers_reviewed_while_every_question_waits_for_the_model(
    help_channel: Channel, live: Live, slack: RunningPlayground, model_server: FakeModelServer
) -> None:
    ts = help_channel.answered("Who oils the gate?", "Zed oils the gate.")
    model_server.is_thinking = True
    asked = [help_channel.say("UTOM", "@timbre where are the spare keys?") for _ in range(2 * ANSWERING_THREADS)]
    # Not all of them: two questions may share a lock.
    wait_until(lambda: len(model_server.asked) >= ANSWERING_THREADS // 2, "threads that answer are waiting")

    help_channel.react("UBEN", ts)
    command = slack.control("command", user="UADA", channel="CHELP", command="/timbre", text="status", wait=True)
    assert command["acked"]
    wait_until(lambda: live.status(help_channel, ts) is PairStatus.APPROVED, "the answer is approved")

    assert len(model_server.asked) <= ANSWERING_THREADS
    model_server.is_thinking = False
    assert all(len(help_channel.replies_to(ts)) == 1 for ts in asked)


def test_what_a_crash_left_in_the_inbox_is_answered_once_at_the_next_start(
    settings: Settings, model_server: FakeModelServer
) -> None:
    with RunningPlayground() as slack:
        slack.control("seed", **SEED)
        room = Channel(slack, "CHELP")
        ts = room.say("UTOM", "@timbre hello?")
        team_id = slack.web.auth_test()["team_id"]
        event = {"type": "app_mention", "user": "UTOM", "channel": "CHELP", "ts": ts, "text": "<@U0> hello?"}
        body = {"type": "event_callback", "event_id": "Ev1", "team_id": team_id, "event": event}
        database = Database(settings.database)
        with database.writing() as session:
            inbox.receive(session, "Ev1", body, now=NOW)

        for _ in range(2):
            with running_bot(for_playground(settings, slack), slack):
                room.replies_to(ts)

        assert len(room.thread(ts)) == 1
        with database.reading() as session:
            assert inbox.unhandled(session) == []
        database.close()


def test_a_mention_is_told_when_slack_does_not_say_whether_its_channel_is_private(
    settings: Settings, model_server: FakeModelServer
) -> None:
    with RunningPlayground() as slack:
        slack.control("seed", **SEED)
        with running_bot(for_playground(settings, slack), slack):
            slack.control("trouble", api=[{"method": "conversations.info", "answer": "missing_scope", "calls": 1}])
            reply = Channel(slack, "CHELP").ask("UTOM", "where is the kettle?")

    assert reply["text"].startswith(":warning:")
