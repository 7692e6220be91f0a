"""Threads rebuilt from a channel's messages, and the exchanges in them that a reviewer should see."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bot.collecting.exchanges import (
    LOOK_BACK_MESSAGES,
    PAUSE_S,
    Exchange,
    in_channel,
    in_thread,
    is_opening,
    is_question,
    runs,
)
from bot.slack.messages import SlackMessage

RUNS_TRIED = 30
"""Where so many people spoke in a thread without answering, nobody does."""


@dataclass(frozen=True)
class Proposal:
    """An exchange for the review queue. `nominated_by`: who ticked the answer, its author and bots aside."""

    exchange: Exchange
    nominated_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ticks:
    """Which reactions nominate, and whose don't."""

    emoji: frozenset[str]
    bots: Collection[str]

    def on(self, messages: Sequence[SlackMessage]) -> tuple[str, ...]:
        """Return who ticked a run of messages, its author and bots aside."""
        reactors = (user for m in messages for emoji in self.emoji for user in m.reactions.get(emoji, ()))
        return tuple(sorted(set(reactors) - {messages[0].user_id} - set(self.bots)))


@dataclass(frozen=True)
class Rebuilt:
    """A channel as people saw it. A thread's first message may be missing; it stands at the top level, too."""

    threads: tuple[tuple[SlackMessage, ...], ...]
    top_level: tuple[SlackMessage, ...]


def rebuild(messages: Iterable[SlackMessage]) -> Rebuilt:
    """Return a channel's threads, and what stands outside them, earliest first.

    A message's ts is its name in a channel: what an export holds twice was said once.
    """
    once: dict[str, SlackMessage] = {}
    for message in messages:
        once.setdefault(message.ts, message)
    threads: dict[str, list[SlackMessage]] = defaultdict(list)
    for message in sorted(once.values(), key=lambda message: message.ts):
        threads[message.thread_ts].append(message)
    with_replies = tuple(tuple(thread) for thread in threads.values() if any(message.is_reply for message in thread))
    top_level = sorted((m for thread in threads.values() for m in thread if not m.is_reply), key=lambda m: m.ts)
    return Rebuilt(with_replies, tuple(top_level))


def proposals(channel: Rebuilt, ticks: Ticks) -> Iterator[Proposal]:
    """Yield what to propose: of each thread the answers that somebody ticked, or else the first that looks like one.

    Outside threads, too, where a question has no thread of its own.
    """
    for thread in channel.threads:
        yield from _of_thread(thread, ticks)
    yield from _of_top_level(channel, ticks)


def guesses(channel: Rebuilt) -> Iterator[Exchange]:
    """Yield what answers what outside threads, questions with a thread of their own aside."""
    in_threads = {thread[0].thread_ts for thread in channel.threads}
    top = channel.top_level
    place = {message.ts: index for index, message in enumerate(top)}
    for run in runs(top, pause_s=PAUSE_S):
        # What is further away is not looked at, however long a channel is.
        start = max(0, place[run[0].ts] - LOOK_BACK_MESSAGES)
        exchange = _whole(partial(in_channel, top[start : place[run[-1].ts] + 1]), run)
        if exchange is not None and exchange.question.ts not in in_threads:
            yield exchange


def _of_thread(thread: Sequence[SlackMessage], ticks: Ticks) -> Iterator[Proposal]:
    grouped = runs(thread)
    ticked = [run for run in grouped if ticks.on(run)]
    found = [Proposal(exchange, ticks.on(exchange.answers)) for exchange in _exchanges(thread, ticked)]
    nominated = [proposal for proposal in found if proposal.nominated_by]
    first = None if nominated else _first_answer(_exchanges(thread, grouped[:RUNS_TRIED]))
    yield from nominated or ([Proposal(first)] if first else [])


def _exchanges(thread: Sequence[SlackMessage], grouped: Iterable[Sequence[SlackMessage]]) -> Iterator[Exchange]:
    for run in grouped:
        exchange = _whole(partial(in_thread, thread), run)
        if exchange is not None:
            yield exchange


def _first_answer(exchanges: Iterable[Exchange]) -> Exchange | None:
    """Return the first that answers what the thread asks; or else another question in it."""
    elsewhere = None
    for exchange in exchanges:
        if not _looks_like_an_answer(exchange):
            continue
        if not exchange.question.is_reply:
            return exchange
        elsewhere = elsewhere or exchange
    return elsewhere


def _of_top_level(channel: Rebuilt, ticks: Ticks) -> Iterator[Proposal]:
    by_question: dict[str, list[Proposal]] = defaultdict(list)
    for exchange in guesses(channel):
        by_question[exchange.question.ts].append(Proposal(exchange, ticks.on(exchange.answers)))
    for found in by_question.values():
        nominated = [proposal for proposal in found if proposal.nominated_by]
        first = next((proposal for proposal in found if _looks_like_an_answer(proposal.exchange)), None)
        yield from nominated or ([first] if first else [])


def _whole(rule: partial[Exchange | None], run: Sequence[SlackMessage]) -> Exchange | None:
    """Return the exchange of a run by the first of its messages that somebody said."""
    first = next((message for message in run if message.is_said), None)
    return rule(first.ts) if first else None


def _looks_like_an_answer(exchange: Exchange) -> bool:
    text = exchange.text
    return bool(text) and not is_question(text) and not is_opening(text)
