"""What `/timbre` and the buttons about voices do."""

from collections.abc import Callable
from datetime import datetime

from bot.assembly.answering import Answering
from bot.assembly.collecting import Collecting
from bot.assembly.knowledge import Knowledge
from bot.assembly.slack import Slack
from bot.notices import Notices
from bot.settings import Settings
from bot.slack.directory import Directory
from bot.steering.asking import AskingCommands
from bot.steering.collecting import CollectingCommands
from bot.steering.commands import Steering
from bot.steering.deciding import VoiceDecisions
from bot.steering.voices import VoiceCommands
from bot.training_config import training_config
from training.promotion import Promotion


def promotion_of(settings: Settings, knowledge: Knowledge, now: Callable[[], datetime]) -> Promotion:
    """Return what puts voices in use."""
    return Promotion(
        knowledge.database,
        knowledge.models,
        now,
        base_name=settings.base_model_name,
        votes_needed=settings.voice_approvals_needed,
    )


def decisions_of(
    settings: Settings,
    slack: Slack,
    knowledge: Knowledge,
    notices: Notices,
    promotion: Promotion,
    now: Callable[[], datetime],
) -> VoiceDecisions:
    """Return what the buttons about a voice do."""
    deciders = settings.voice_deciders
    return VoiceDecisions(knowledge.database, slack.roles, promotion, notices, deciders=deciders, now=now)


def steering_of(
    settings: Settings,
    slack: Slack,
    knowledge: Knowledge,
    collecting: Collecting,
    answering: Answering,
    promotion: Promotion,
    now: Callable[[], datetime],
) -> Steering:
    """Return what carries out slash commands."""
    asking = AskingCommands(
        knowledge.database,
        slack.roles,
        answering.sharing,
        answering.gaps,
        answering.places.may_see,
        now=now,
    )
    voices = VoiceCommands(
        knowledge.database,
        slack.roles,
        promotion,
        training=training_config(settings),
        read_approvals=collecting.reviews.read_approvals,
        base_name=settings.base_model_name,
        now=now,
    )
    people = Directory(slack.client)
    commands = CollectingCommands(
        slack.roles, collecting.queue, collecting.people, people, bot_user_id=slack.bot_user_id
    )
    return Steering(asking, voices, commands)
