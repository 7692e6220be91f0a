"""Which reactions count, and how many approvals are enough."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.slack.messages import SlackMessage


@dataclass(frozen=True)
class ReviewPolicy:
    """What a team agreed on. Several emoji may mean the same."""

    approve_emoji: frozenset[str]
    reject_emoji: frozenset[str]
    approvals_needed: int
    phone_region: str = "US"
    """The country whose way of writing phone numbers is understood."""

    def concerns(self, emoji: str) -> bool:
        """Return whether a reaction is one that decides."""
        return emoji in self.approve_emoji or emoji in self.reject_emoji

    def ticks(self, messages: Iterable[SlackMessage]) -> frozenset[str]:
        """Return who approves or nominates one of the messages."""
        return _reactors(messages, self.approve_emoji)

    def crosses(self, messages: Iterable[SlackMessage]) -> frozenset[str]:
        """Return who rejects one of the messages."""
        return _reactors(messages, self.reject_emoji)


def _reactors(messages: Iterable[SlackMessage], emoji: frozenset[str]) -> frozenset[str]:
    reactions = [message.reactions for message in messages]
    return frozenset(user for by_name in reactions for name in by_name.keys() & emoji for user in by_name[name])
