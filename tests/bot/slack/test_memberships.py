"""Who is where, and who belongs to the workspace."""

from typing import Any, cast

import pytest
from slack_sdk import WebClient

from bot.slack.memberships import Memberships

ADA = {"id": "UADA", "team_id": "T1", "profile": {"status_text": ""}}
GIL = {"id": "UGIL", "team_id": "T1", "is_restricted": True}
BOT = {"id": "UBOT", "team_id": "T1", "is_bot": True}


class Directory:
    """What Slack says, and how often it was asked who there is."""

    def __init__(self, *people: dict[str, Any], **channel: object) -> None:
        self.people = {person["id"]: person for person in people}
        self.channel = channel
        self.asked = 0

    def conversations_info(self, *, channel: str) -> dict[str, Any]:
        return {"channel": {"id": channel, **self.channel}}

    def users_list(self, **_page: object) -> dict[str, Any]:
        self.asked += 1
        return {"members": list(self.people.values())}


def memberships(slack: Directory) -> Memberships:
    return Memberships(cast(WebClient, slack), team_id="T1")


@pytest.mark.parametrize("name", ["is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared"])
def test_a_channel_that_others_read_or_are_invited_to_is_shared(name: str) -> None:
    assert memberships(Directory(is_channel=True, **{name: True})).conversation("C1").is_shared
    assert not memberships(Directory(is_channel=True, **{name: False})).conversation("C1").is_shared


@pytest.mark.parametrize(
    "news",
    [
        {**ADA, "profile": {"status_text": "at lunch"}},
        {**GIL, "profile": {"status_text": "at lunch"}},
        {**BOT, "name": "timbre2"},
    ],
)
def test_who_sets_a_status_has_nobody_looked_up_again(news: dict[str, Any]) -> None:
    slack = Directory(ADA, GIL, BOT)
    members = memberships(slack)
    before = members.everybody()

    members.follow_person(news)

    assert members.everybody() == before
    assert slack.asked == 1


@pytest.mark.parametrize(
    "news",
    [
        {**ADA, "is_restricted": True},
        {**ADA, "is_ultra_restricted": True},
        {**ADA, "is_stranger": True},
        {**ADA, "team_id": "T2"},
        {**ADA, "deleted": True},
        {**GIL, "is_restricted": False},
        {**BOT, "deleted": True},
        {"id": "UNEW", "team_id": "T1"},
    ],
)
def test_who_becomes_a_guest_comes_or_goes_is_known_at_once(news: dict[str, Any]) -> None:
    slack = Directory(ADA, GIL, BOT)
    members = memberships(slack)
    members.everybody()

    slack.people[news["id"]] = news
    members.follow_person(news)

    assert members.everybody() == memberships(Directory(*slack.people.values())).everybody()
    assert slack.asked == 2


def test_the_first_guest_is_known_at_once() -> None:
    slack = Directory(ADA, BOT)
    members = memberships(slack)
    assert not members.everybody().has_guests

    slack.people["UGIL"] = GIL
    members.follow_person(GIL)

    assert members.everybody().has_guests
