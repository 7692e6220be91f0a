"""What answers questions, and what is asked and said around them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.answering.correcting import Corrections
from bot.answering.delivering import Delivery
from bot.answering.gaps import Gaps
from bot.answering.hearing import Hearing
from bot.answering.history import ThreadHistory
from bot.answering.notes import Notes
from bot.answering.places import Places
from bot.answering.questions import Questions
from bot.answering.rewording import AskedMessages
from bot.answering.sharing import Sharing
from bot.answering.suggesting import Suggestions
from bot.assembly.collecting import Collecting
from bot.assembly.knowledge import Knowledge
from bot.assembly.slack import Slack
from bot.settings import Settings
from bot.slack.agent import MOST_PROMPTS, AgentPane
from bot.slack.drafting import Drafts
from bot.slack.links import urls_in
from bot.slack.series import Series

OFF = "I am switched off in this channel. An admin can change that with `/timbre channels mention`."


@dataclass(frozen=True)
class Answering:
    """Questions, and what people do with answers."""

    places: Places
    hearing: Hearing
    questions: Questions
    asked: AskedMessages
    corrections: Corrections
    sharing: Sharing
    gaps: Gaps
    suggest: Callable[[str, str], None]
    """Offers a person, in a channel, questions to begin with."""


def answering_of(
    settings: Settings, slack: Slack, knowledge: Knowledge, collecting: Collecting, now: Callable[[], datetime]
) -> Answering:
    """Return what questions go through."""
    database, retriever, embed = knowledge.database, knowledge.retriever, knowledge.models.embed
    places = Places(database, slack.memberships)
    thread, identity = slack.conversations.thread, {"bot_user_id": slack.bot_user_id}
    hearing = Hearing(database, thread, team_id=slack.team_id, **identity)
    pane = AgentPane(slack.client)
    delivery = Delivery(database, Drafts(slack.client), now, known_urls=urls_in(settings.house_style_summary()))
    questions = Questions(
        database,
        knowledge.answerer,
        delivery,
        places,
        Notes(database, slack.names.of, valid_for=timedelta(days=settings.reverify_days), now=now),
        hearing,
        ThreadHistory(database, thread, phone_region=settings.phone_region, **identity),
        lambda channel_id, user_id: slack.poster.whisper(channel_id, user_id, OFF),
        pane.name,
        now,
    )
    return Answering(
        places,
        hearing,
        questions,
        AskedMessages(database, slack.conversations.message, delivery.alone, phone_region=settings.phone_region),
        Corrections(database, places, collecting.policy, now, collecting.moved),
        Sharing(database, questions, places, Series(slack.client), now),
        Gaps(database, places, retriever, embed, places.may_see, now),
        _suggesting(pane, Suggestions(database, places, limit=MOST_PROMPTS), slack.team_id),
    )


def _suggesting(pane: AgentPane, suggestions: Suggestions, team_id: str) -> Callable[[str, str], None]:
    def suggest(user_id: str, channel_id: str) -> None:
        pane.suggest(channel_id, suggestions.for_person(team_id=team_id, user_id=user_id, channel_id=channel_id))

    return suggest
