"""An admin sends documents to a running bot; what became of them is told in the thread."""

import base64
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import BoltResponse

from bot.bootstrap import Bot
from bot.knowledge.storing import store
from bot.knowledge.uploads import ONLY_ADMINS, source_of
from storage import inbox
from storage.database import Database
from storage.documents import KnownDocument, known_documents
from storage.knowledge import NewDocument
from tests.bot.collecting.conftest import PATIENT
from tests.bot.conftest import settings_of
from tests.bot.knowledge.making import pdf
from tests.bot.running import SEED, Channel, for_playground, running_bot, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until

LEAVE = b"# Leave\n\nAsk your lead two weeks ahead.\n\n## Sick leave\n\nCall before nine.\n"


@dataclass(frozen=True)
class Mailroom:
    """Where people send files, and what is known then."""

    slack: RunningPlayground
    bot: Bot
    database: Database
    team_id: str

    def send(self, user: str, name: str, data: bytes, *, to: str = "@timbre", text: str = "") -> dict[str, Any]:
        content = base64.b64encode(data).decode()
        sent: dict[str, Any] = self.slack.control(
            "upload", user=user, channel=to, name=name, content_base64=content, text=text
        )
        return sent

    def told(self, user: str, sent: dict[str, Any], *, count: int = 1) -> list[str]:
        channel = Channel(self.slack, sent["channel"])
        return [message["text"] + said_in(message) for message in channel.replies_to(sent["ts"], count=count, as_=user)]

    def known(self) -> list[KnownDocument]:
        with self.database.reading() as session:
            return known_documents(session, team_id=self.team_id)

    def hand(self, event: dict[str, Any]) -> None:
        """Hand an event in as Bolt would, and wait until it was handled: nobody in the playground makes these."""
        body = {"type": "event_callback", "event_id": "Ev1", "team_id": self.team_id, "event": event}
        self.bot._inbox.keep(body, lambda: BoltResponse(status=404))
        wait_until(self._is_idle, "the event is handled")

    def _is_idle(self) -> bool:
        with self.database.reading() as session:
            return not inbox.unhandled(session)


@pytest.fixture
def mailroom(tmp_path: Path, empty_database: Path, model_server: FakeModelServer) -> Iterator[Mailroom]:
    shutil.copy(empty_database, tmp_path / "timbre.db")
    with RunningPlayground(timings=PATIENT) as slack:
        slack.control("seed", **SEED)
        settings = for_playground(settings_of(tmp_path, model_server), slack)
        database = Database(settings.database)
        with running_bot(settings, slack) as bot:
            yield Mailroom(slack, bot, database, slack.web.auth_test()["team_id"])
        database.close()


def file_id(sent: dict[str, Any]) -> str:
    found: str = sent["message"]["files"][0]["id"]
    return found


def test_a_document_that_an_admin_sends_is_known_to_everybody_until_its_message_is_deleted(mailroom: Mailroom) -> None:
    sent = mailroom.send("UADA", "leave.md", LEAVE)

    (said,) = mailroom.told("UADA", sent)

    assert "2 passages from leave.md." in said
    assert "Everybody may be answered from it." in said
    (document,) = mailroom.known()
    brought_by = f"{sent['channel']}:{sent['ts']}"
    assert (document.source, document.title) == (f"slack-file:{file_id(sent)}:{brought_by}", "Leave")
    assert document.channel_id is None
    mailroom.slack.control("delete", user="UADA", channel=sent["channel"], ts=sent["ts"])
    wait_until(lambda: not mailroom.known(), "the document is forgotten")


def test_a_file_that_slack_says_is_deleted_is_forgotten(mailroom: Mailroom) -> None:
    sent = mailroom.send("UADA", "leave.md", LEAVE)
    mailroom.told("UADA", sent)

    mailroom.hand({"type": "file_deleted", "file_id": file_id(sent), "event_ts": "1.0"})

    assert mailroom.known() == []


def test_a_file_that_somebody_shares_anew_and_deletes_stays_known(mailroom: Mailroom) -> None:
    sent = mailroom.send("UADA", "leave.md", LEAVE)
    mailroom.told("UADA", sent)

    mailroom.hand(deletion(file_id(sent), "DTOM", "9.9", user="UTOM"))

    assert [one.title for one in mailroom.known()] == ["Leave"]


def test_a_file_shared_in_two_messages_goes_with_each_alone_and_is_for_their_readers(mailroom: Mailroom) -> None:
    sent = mailroom.send("UADA", "leave.md", LEAVE, to="CVAULT", text="@timbre read this")
    mailroom.told("UADA", sent)
    elsewhere = NewDocument(mailroom.team_id, source_of(file_id(sent), "CHELP", "9.9"), "Leave", None, ("Call.",))
    store(mailroom.database, [elsewhere], now=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    assert sorted(str(one.channel_id) for one in mailroom.known()) == ["CVAULT", "None"]
    mailroom.hand(deletion(file_id(sent), "CHELP", "9.9", user="UADA"))

    assert [one.channel_id for one in mailroom.known()] == ["CVAULT"]


def deletion(file_id: str, channel_id: str, ts: str, *, user: str) -> dict[str, Any]:
    """Return Slack's event that a message with a file was deleted."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "channel": channel_id,
        "channel_type": "im" if channel_id.startswith("D") else "channel",
        "deleted_ts": ts,
        "event_ts": "10.0",
        "previous_message": {"ts": ts, "user": user, "text": "", "files": [{"id": file_id}]},
    }


def test_a_document_is_answered_from(mailroom: Mailroom) -> None:
    mailroom.told("UADA", mailroom.send("UADA", "leave.pdf", pdf(["Leave", "Ask your lead two weeks ahead."])))
    help_channel = Channel(mailroom.slack, "CHELP")

    def is_cited() -> bool:
        return "leave" in said_in(help_channel.ask("UTOM", "Whom do I ask two weeks ahead?"))

    wait_until(is_cited, "the answer cites the document", timeout=20)


def test_a_document_shared_in_a_private_channel_is_for_its_people(mailroom: Mailroom) -> None:
    sent = mailroom.send("UADA", "vault.md", b"# Vault\n\nThe code is 4711.", to="CVAULT", text="@timbre read this")

    (said,) = mailroom.told("UADA", sent)

    assert "1 passage from vault.md." in said
    assert "Only people in this channel" in said
    assert [one.channel_id for one in mailroom.known()] == ["CVAULT"]


def test_a_document_of_a_channel_made_private_is_for_its_people_from_then_on(mailroom: Mailroom) -> None:
    mailroom.told("UADA", mailroom.send("UADA", "leave.md", LEAVE, to="CREVIEW", text="@timbre read this"))
    help_channel = Channel(mailroom.slack, "CHELP")

    def said() -> str:
        return said_in(help_channel.ask("UTOM", "Whom do I ask two weeks ahead?"))

    wait_until(lambda: "I don't know" not in said(), "it is answered from the document", timeout=60)
    mailroom.slack.control("channel", user="UADA", channel="CREVIEW", act="make_private")
    assert "I don't know" in said()


def test_a_file_that_is_not_for_timbre_is_left_alone(mailroom: Mailroom) -> None:
    mailroom.send("UADA", "leave.md", LEAVE, to="CHELP", text="for you all")

    mailroom.told("UADA", mailroom.send("UADA", "keys.md", b"# Keys\n\nIn the tin."))

    assert [one.title for one in mailroom.known()] == ["Keys"]


def test_somebody_else_is_told_who_may(mailroom: Mailroom) -> None:
    (said,) = mailroom.told("UTOM", mailroom.send("UTOM", "leave.md", LEAVE))

    assert ONLY_ADMINS in said
    assert mailroom.known() == []


def test_what_somebody_else_asks_beside_a_file_is_answered(mailroom: Mailroom) -> None:
    first, second = mailroom.told("UTOM", mailroom.send("UTOM", "a.md", LEAVE, text="When is lunch?"), count=2)

    assert ONLY_ADMINS in first
    assert "I don't know" in second


def test_what_cannot_be_read_is_told_and_not_stored(mailroom: Mailroom) -> None:
    (locked,) = mailroom.told("UADA", mailroom.send("UADA", "locked.pdf", pdf(["Text"], password="x")))
    (picture,) = mailroom.told("UADA", mailroom.send("UADA", "<!channel>.png", b"\x89PNG"))

    assert "locked.pdf is protected by a password; save it without one." in locked
    assert "&lt;!channel&gt;.png is of a kind that can't be read" in picture
    assert mailroom.known() == []


def test_a_file_without_words_is_no_question(mailroom: Mailroom) -> None:
    sent = mailroom.send("UADA", "leave.md", LEAVE)
    mailroom.told("UADA", sent)
    after = mailroom.send("UADA", "leave.md", LEAVE)
    mailroom.told("UADA", after)

    assert len(Channel(mailroom.slack, sent["channel"]).thread(sent["ts"])) == 1
