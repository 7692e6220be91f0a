"""What may be used where, and how much Slack is asked for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.answering.places import Audience, Places
from bot.answering.suggesting import NOTHING_YET, Suggestions
from bot.slack.memberships import Memberships
from storage.database import Database, sqlite_url
from storage.knowledge import NewDocument, document_sources, put_document, put_pair_chunk
from storage.pairs import Origin
from tests.bot.conftest import NOW
from tests.storage.approved import pair

ALONE = Audience("T1", "DEVE", only="UEVE")
HALL = Audience("T1", "CHALL")


@dataclass
class Directory:
    """What Slack says of two channels and two people, and how often it was asked."""

    private: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)

    def conversations_info(self, *, channel: str) -> dict[str, Any]:
        self.calls["info"] += 1
        self._refuse(channel)
        return {"channel": {"id": channel, "is_private": channel in self.private or channel.startswith("G")}}

    def conversations_members(self, *, channel: str, **_page: object) -> dict[str, Any]:
        self.calls["members"] += 1
        self._refuse(channel)
        return {"members": ["UBOSS"] if channel == "CPAY" else ["UBOSS", "UEVE"]}

    def users_list(self, **_page: object) -> dict[str, Any]:
        self.calls["people"] += 1
        return {"members": [{"id": user, "team_id": "T1"} for user in ("UBOSS", "UEVE")]}

    def _refuse(self, channel: str) -> None:
        if channel in self.hidden:
            raise SlackApiError("channel_not_found", {"ok": False, "error": "channel_not_found"})  # type: ignore[no-untyped-call]  # untyped in slack_sdk


@dataclass(frozen=True)
class Office:
    database: Database
    slack: Directory
    places: Places

    def know(self, source: str, *, said_in: str | None, only_for: str | None = None) -> int:
        """Store a document of one passage, and return the passage's id."""
        with self.database.writing() as session:
            put_document(session, NewDocument("T1", source, source, only_for, ("Text.",), said_in=said_in), now=NOW)
            return len(document_sources(session, team_id="T1"))

    def may_use(self, chunk_id: int, audience: Audience = ALONE) -> bool:
        return self.places.still_allows(audience, (chunk_id,))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = Database(sqlite_url(tmp_path))
    database.upgrade()
    slack = Directory()
    yield Office(database, slack, Places(database, Memberships(cast(WebClient, slack), team_id="T1")))
    database.close()


def test_a_document_of_a_channel_made_private_is_for_its_members_from_then_on(office: Office) -> None:
    payroll = office.know("slack-file:F1", said_in="CPAY")
    assert office.may_use(payroll)
    assert office.may_use(payroll, HALL)

    office.slack.private.add("CPAY")

    assert not office.may_use(payroll)
    assert not office.may_use(payroll, HALL)
    assert office.may_use(payroll, Audience("T1", "DBOSS", only="UBOSS"))
    assert office.may_use(payroll, Audience("T1", "CPAY"))
    assert office.places.private_channels_of("T1", (payroll,)) == frozenset({"CPAY"})


def test_an_approved_answer_follows_its_channel_before_it_is_looked_at_again(office: Office) -> None:
    stored = pair(office.database, 1, channel_id="CPAY")
    with office.database.writing() as session:
        said = {"title": "When is payday?", "text": "On the 25th."}
        put_pair_chunk(session, team_id="T1", pair_id=stored.id, channel_id=None, **said, now=NOW)
    suggestions = Suggestions(office.database, office.places, limit=4)
    where = {"team_id": "T1", "user_id": "UEVE", "channel_id": "DEVE"}
    assert suggestions.for_person(**where) == ("When is payday?",)

    office.slack.private.add("CPAY")

    assert suggestions.for_person(**where) == NOTHING_YET


def test_what_was_said_where_slack_shows_nothing_any_more_is_left_out(office: Office) -> None:
    payroll = office.know("slack-export:CPAY:1.0", said_in="CPAY")
    office.slack.hidden.add("CPAY")
    assert not office.may_use(payroll)
    assert office.places.private_channels_of("T1", (payroll,)) == frozenset({"CPAY"})


@pytest.mark.parametrize("origin", [Origin.FILE, Origin.CORRECTION])
def test_a_pair_that_no_message_stands_behind_has_no_channel_that_could_be_made_private(
    office: Office, origin: Origin
) -> None:
    stored = pair(office.database, 1, channel_id="file", origin=origin)
    with office.database.writing() as session:
        put_pair_chunk(session, team_id="T1", pair_id=stored.id, channel_id=None, title="Why?", text="So.", now=NOW)
    assert office.may_use(1)
    assert office.slack.calls["info"] == 0


def test_only_the_channels_that_an_answer_rests_on_are_looked_at_again(office: Office) -> None:
    rooms = [office.know(f"g{number}", said_in=f"G{number}", only_for=f"G{number}") for number in range(50)]
    handbook = office.know("handbook", said_in=None)
    office.places.scope(ALONE)
    office.slack.calls.clear()

    assert office.may_use(handbook)
    assert office.slack.calls == {}
    assert office.places.still_allows(ALONE, rooms[:2])
    assert office.slack.calls == {"members": 2}


def test_what_to_begin_with_is_offered_without_looking_into_every_channel_anew(office: Office) -> None:
    for number in range(50):
        office.know(f"g{number}", said_in=f"G{number}", only_for=f"G{number}")
    for number in range(10):
        stored = pair(office.database, number, channel_id="CHALL")
        with office.database.writing() as session:
            said = {"title": f"Where is room {number}?", "text": "Upstairs."}
            put_pair_chunk(session, team_id="T1", pair_id=stored.id, channel_id=None, **said, now=NOW)
    office.places.scope(ALONE)
    office.slack.calls.clear()

    offered = Suggestions(office.database, office.places, limit=4).for_person(
        team_id="T1", user_id="UEVE", channel_id="DEVE"
    )

    assert len(offered) == 4
    assert office.slack.calls.total() <= 2
