"""What the bot knows of the Slack it is connected to."""

from dataclasses import dataclass

from slack_sdk import WebClient

from bot.settings import Settings
from bot.slack.asides import Asides
from bot.slack.conversations import Conversations
from bot.slack.memberships import Memberships
from bot.slack.names import Names
from bot.slack.posting import Poster
from bot.slack.roles import Roles


@dataclass(frozen=True)
class Slack:
    """A workspace, as this bot's token sees it."""

    client: WebClient
    team_id: str
    bot_user_id: str
    conversations: Conversations
    memberships: Memberships
    names: Names
    poster: Poster
    asides: Asides
    roles: Roles


def slack_of(settings: Settings, client: WebClient, *, team_id: str) -> Slack:
    """Return what is asked of a workspace."""
    return Slack(
        client,
        team_id,
        str(client.auth_test()["user_id"]),
        Conversations(client),
        Memberships(client, team_id=team_id),
        Names(client),
        Poster(client),
        Asides(client),
        Roles(client, reviewers=settings.reviewers, admin_ids=settings.admin_ids),
    )
