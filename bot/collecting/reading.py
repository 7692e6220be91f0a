"""What Slack says now of the pairs around a message, and of what could become one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol

from sqlalchemy.orm import Session

from bot.collecting.exchanges import LOOK_BACK_MESSAGES, PAUSE_S, Exchange, in_channel, in_thread, without
from bot.collecting.policy import ReviewPolicy
from bot.slack.messages import SlackMessage
from storage.database import Database
from storage.pairs import Pair, PairStatus
from storage.people import opted_out
from storage.relations import pairs_of_thread, pairs_with_message

NOT_THERE = ("not_in_channel", "channel_not_found", "missing_scope")
"""What Slack says where Timbre may not look."""


class Slack(Protocol):
    """Slack, as far as collecting looks into it."""

    def message(self, channel_id: str, ts: str) -> SlackMessage | None: ...
    def thread(self, channel_id: str, thread_ts: str) -> list[SlackMessage]: ...
    def around(self, channel_id: str, ts: str, *, before: int, after_s: float) -> list[SlackMessage]: ...
    def permalink(self, channel_id: str, ts: str) -> str: ...
    def is_private(self, channel_id: str) -> bool: ...


@dataclass(frozen=True)
class Place:
    """The conversation that messages are read in."""

    team_id: str
    channel_id: str
    is_private: bool


@dataclass(frozen=True)
class Found:
    """A stored pair, or what could become one (`pair` empty), as Slack has it now. `exchange` empty: it is gone."""

    pair: Pair | None
    exchange: Exchange | None
    has_lost_part: bool = False

    def has(self, ts: str) -> bool:
        """Return whether a message is, or was, part of the answer."""
        parts = [message.ts for message in self.exchange.answers] if self.exchange else []
        return ts in parts or bool(self.pair and ts in self.pair.answer_parts)


def pairs_around(session: Session, *, team_id: str, channel_id: str, ts: str, thread_ts: str | None) -> list[Pair]:
    """Return the pairs that a message belongs to, and those of the thread it is in or starts."""
    found = pairs_with_message(session, team_id=team_id, channel_id=channel_id, ts=ts)
    for root in {thread_ts or ts, ts}:
        found += pairs_of_thread(session, team_id=team_id, channel_id=channel_id, thread_ts=root)
    return list({pair.id: pair for pair in found}.values())


class Reading:
    """Reads from Slack, leaving out those who opted out."""

    def __init__(self, database: Database, slack: Slack, policy: ReviewPolicy) -> None:
        self._database = database
        self._slack = slack
        self._policy = policy

    def about(self, place: Place, ts: str, thread_ts: str | None) -> list[Found]:
        """Return what stands of the pairs around message `ts`, and what `ts` answers where it is in none of them."""
        with self._database.reading() as session:
            refusing = opted_out(session, team_id=place.team_id)
            stored = pairs_around(
                session, team_id=place.team_id, channel_id=place.channel_id, ts=ts, thread_ts=thread_ts
            )
        threads = {pair.thread_ts for pair in stored if pair.in_thread} | ({thread_ts} if thread_ts else set())
        said = {root: without(self._slack.thread(place.channel_id, root), refusing) for root in threads}
        found = [
            self._standing(pair, said[pair.thread_ts] if pair.in_thread else self._parts(place, pair, refusing), stored)
            for pair in stored
        ]
        if any(one.has(ts) for one in found):
            return found
        exchange = in_thread(said[thread_ts], ts) if thread_ts else self._guess(place, ts, refusing)
        return [*found, Found(None, _not_taken(exchange, stored))]

    def _guess(self, place: Place, ts: str, refusing: frozenset[str]) -> Exchange | None:
        around = self._slack.around(place.channel_id, ts, before=LOOK_BACK_MESSAGES, after_s=PAUSE_S)
        return in_channel(without(around, refusing), ts)

    def _parts(self, place: Place, pair: Pair, refusing: frozenset[str]) -> list[SlackMessage]:
        read = [self._slack.message(place.channel_id, ts) for ts in (pair.question_ts, *pair.answer_parts)]
        return without([message for message in read if message is not None], refusing)

    def _standing(self, pair: Pair, messages: Sequence[SlackMessage], stored: Iterable[Pair]) -> Found:
        """Return what is left of a pair's messages, and what was added to its answer before anybody approved it."""
        by_ts = {message.ts: message for message in messages if message.is_said}
        question = by_ts.get(pair.question_ts)
        parts = [by_ts[ts] for ts in pair.answer_parts if ts in by_ts]
        if question is None or not parts:
            return Found(pair, None)
        exchange = in_thread(messages, parts[-1].ts) if pair.in_thread else None
        taken = {ts for other in stored if other.id != pair.id for ts in other.answer_parts}
        after = [message for message in exchange.answers if message.ts > parts[-1].ts] if exchange else []
        # Two answers stand side by side where what parted them was deleted: what follows goes on with the second.
        more = list(takewhile(lambda message: message.ts not in taken, after))
        # What was approved stays what it was, until somebody points at what was said since.
        if pair.status is PairStatus.APPROVED and not (self._policy.ticks(more) or self._policy.crosses(more)):
            more = []
        has_lost_part = len(parts) < len(pair.answer_parts)
        return Found(pair, Exchange(question, (*parts, *more), pair.in_thread), has_lost_part)


def _not_taken(exchange: Exchange | None, pairs: Iterable[Pair]) -> Exchange | None:
    """Return an exchange without what answers in another pair: no message is learnt twice."""
    if exchange is None:
        return None
    taken = {ts for pair in pairs for ts in pair.answer_parts}
    answers = tuple(message for message in exchange.answers if message.ts not in taken)
    return replace(exchange, answers=answers) if answers else None
