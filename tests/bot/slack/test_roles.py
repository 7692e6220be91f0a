"""Who may do what is asked of Slack at the act, and remembered for half a minute."""

from collections.abc import Iterator

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack.conversations import CACHE_SECONDS as CONVERSATION_SECONDS
from bot.slack.conversations import Conversations
from bot.slack.roles import CACHE_SECONDS, Roles
from tests.bot.running import SEED
from tests.playground_server import RunningPlayground


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def slack() -> Iterator[RunningPlayground]:
    with RunningPlayground() as running:
        running.control("seed", **SEED)
        yield running


def roles_of(
    slack: RunningPlayground, watch: Watch, *, reviewers: str = "reviewers", admins: frozenset[str] = frozenset()
) -> Roles:
    return Roles(slack.web, reviewers=reviewers, admin_ids=admins, monotonic=watch)


def test_reviewers_are_a_user_group_and_admins_the_workspaces_own(slack: RunningPlayground) -> None:
    roles = roles_of(slack, Watch())

    assert [roles.is_reviewer(user) for user in ("UBEN", "UCLEO", "UTOM", "UADA")] == [True, True, False, False]
    assert [roles.is_admin(user) for user in ("UADA", "UBEN")] == [True, False]


def test_settings_can_name_more_admins(slack: RunningPlayground) -> None:
    assert roles_of(slack, Watch(), admins=frozenset({"UTOM"})).is_admin("UTOM")


def test_without_the_group_admins_review(slack: RunningPlayground) -> None:
    roles = roles_of(slack, Watch(), reviewers="nobody")

    assert not roles.has_reviewers()
    assert [roles.is_reviewer(user) for user in ("UADA", "UBEN")] == [True, False]


def test_somebody_slack_does_not_know_is_no_admin(slack: RunningPlayground) -> None:
    assert not roles_of(slack, Watch()).is_admin("UELSEWHERE")


def test_a_change_is_seen_after_half_a_minute(slack: RunningPlayground) -> None:
    watch = Watch()
    roles = roles_of(slack, watch)
    assert not roles.is_reviewer("UTOM")
    groups = [{"handle": "reviewers", "name": "Reviewers", "members": ["ben", "tom"]}]
    slack.control("seed", user_groups=groups)

    watch.seconds = CACHE_SECONDS
    assert not roles.is_reviewer("UTOM")

    watch.seconds = CACHE_SECONDS + 1
    assert roles.is_reviewer("UTOM")


def test_a_workspace_without_user_groups_leaves_reviews_to_admins(slack: RunningPlayground) -> None:
    slack.control("trouble", api=[{"method": "usergroups.list", "answer": "plan_upgrade_required"}])

    assert roles_of(slack, Watch()).is_reviewer("UADA")


def test_another_refusal_is_not_taken_for_an_answer(slack: RunningPlayground) -> None:
    slack.control("trouble", api=[{"method": "usergroups.list", "answer": "missing_scope"}])

    with pytest.raises(SlackApiError, match="missing_scope"):
        roles_of(slack, Watch()).is_reviewer("UADA")


def test_a_channel_made_private_counts_as_private_after_half_a_minute(slack: RunningPlayground) -> None:
    watch = Watch()
    conversations = Conversations(slack.web, monotonic=watch)
    assert not conversations.is_private("CHELP")
    assert conversations.is_private("CVAULT")
    slack.control("seed", channels=[{"id": "CHELP", "name": "help", "is_private": True, "members": ["ben", "timbre"]}])

    watch.seconds = CONVERSATION_SECONDS + 1

    assert conversations.is_private("CHELP")


@pytest.mark.parametrize(("name", "found"), [("help", "CHELP"), ("#help", "CHELP"), ("CHELP", "CHELP"), ("x", None)])
def test_a_channel_is_found_by_name_or_id(slack: RunningPlayground, name: str, found: str | None) -> None:
    assert Conversations(slack.web).channel_id(name) == found
