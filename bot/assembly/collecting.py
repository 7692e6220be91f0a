"""What turns conversations into pairs that people stand behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.assembly.knowledge import Knowledge
from bot.assembly.slack import Slack
from bot.collecting.cards import ReviewCards
from bot.collecting.decisions import Decisions
from bot.collecting.lessons import Lessons
from bot.collecting.people import People
from bot.collecting.policy import ReviewPolicy
from bot.collecting.queue import Queue
from bot.collecting.readers import PairReaders
from bot.collecting.reverifying import Reverifying
from bot.collecting.reviews import Reviews
from bot.collecting.telling import Listener, tell
from bot.collecting.twins import Twins
from bot.settings import Settings
from bot.slack.acknowledging import Acknowledging
from storage.pairs import Pair


@dataclass(frozen=True)
class Collecting:
    """Reviews, and what reviewers see of them. `moved` is told of each pair whose standing changed."""

    policy: ReviewPolicy
    moved: Listener
    readers: PairReaders
    cards: ReviewCards
    reviews: Reviews
    twins: Twins
    decisions: Decisions
    people: People
    queue: Queue
    lessons: Lessons
    reverifying: Reverifying


def collecting_of(
    settings: Settings,
    slack: Slack,
    knowledge: Knowledge,
    now: Callable[[], datetime],
    later: Callable[[Listener, Pair], object],
) -> Collecting:
    """Return what reviews go through. `later` tells a listener of a pair when there is time."""
    database, team_id = knowledge.database, slack.team_id
    policy = policy_of(settings)
    readers = PairReaders(slack.roles, slack.conversations)
    cards = ReviewCards(database, slack.poster, slack.conversations.permalink, approvals_needed=policy.approvals_needed)
    moved = tell(Acknowledging(slack.client).show, cards.refresh)
    reviews = Reviews(database, slack.conversations, slack.roles.is_reviewer, policy, now, moved)
    twins = Twins(database, knowledge.retriever, knowledge.models.embed, now, tell(cards.refresh))
    decisions = Decisions(database, readers, policy, now, moved)
    valid_for = timedelta(days=settings.reverify_days)
    return Collecting(
        policy,
        moved,
        readers,
        cards,
        reviews,
        twins,
        decisions,
        # Somebody may have said thousands of things; whoever erases them is not kept waiting for Slack.
        People(database, policy, now, _put_off(moved, later)),
        Queue(database, readers, decisions, team_id=team_id, approvals_needed=policy.approvals_needed),
        Lessons(database, reviews, decisions, readers, twins.resembling, now),
        Reverifying(database, decisions, slack.poster, slack.names.of, team_id=team_id, valid_for=valid_for, now=now),
    )


def _put_off(listener: Listener, later: Callable[[Listener, Pair], object]) -> Listener:
    def tell_later(pair: Pair) -> None:
        later(listener, pair)

    return tell_later


def policy_of(settings: Settings) -> ReviewPolicy:
    """Return which reactions count, and how many approvals are enough."""
    return ReviewPolicy(
        approve_emoji=settings.approve_emojis,
        reject_emoji=settings.reject_emojis,
        approvals_needed=settings.approvals_needed,
        phone_region=settings.phone_region,
    )
