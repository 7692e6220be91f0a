"""What the reactions on an exchange say: by whom, and of which words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from bot.collecting.exchanges import Exchange
from bot.collecting.policy import ReviewPolicy
from storage.pairs import Pair
from storage.reviews import Review, Verdict, Via, record_review, reviews_of, withdraw_review

UNKNOWN_TEXT = ""
"""The hash of a reaction that may have been put on other words than those that stand there now."""


@dataclass(frozen=True)
class Act:
    """What somebody just did: a reaction put on message `message_ts`, or taken off it, at `ts`, as the event tells."""

    message_ts: str
    user_id: str
    emoji: str
    ts: str
    is_added: bool = True


@dataclass(frozen=True)
class TakenOff:
    """Somebody took a tick or a cross off an exchange `at` a time: what stands there by now may be another."""

    user_id: str
    is_tick: bool
    at: datetime

    def undoes(self, review: Review) -> bool:
        """Return whether a word was taken back with it."""
        is_theirs = review.reviewer_id == self.user_id and _side(review.verdict) is self.is_tick
        return is_theirs and review.created_at < self.at


@dataclass(frozen=True)
class Votes:
    """Who ticked and crossed an exchange, and which of them review. Nobody approves their own answer.

    `fresh`: those whose reaction is known to be on the words as they are now; `acting`: who just reacted.
    """

    ticks: frozenset[str] = frozenset()
    crosses: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()
    acting: str | None = None
    taken_off: TakenOff | None = None
    is_guess: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.ticks and not self.crosses & self.reviewers


def votes_on(exchange: Exchange, policy: ReviewPolicy, is_reviewer: Callable[[str], bool], act: Act | None) -> Votes:
    """Read the reactions on an exchange. Roles are asked for now, at the act."""
    ticks = policy.ticks(exchange.answers) - {exchange.answers[0].user_id}
    crosses = policy.crosses(exchange.answers)
    everybody = ticks | crosses
    last = exchange.answers[-1]
    edits = [_edit_over(m.edited_ts) for m in (exchange.question, *exchange.answers) if m.edited_ts]
    on = next((message for message in exchange.answers if act and act.message_ts == message.ts), None)
    # What stands was put there then, or, where it was taken off then, later.
    stands = act is not None and on is not None and act.user_id in on.reactions.get(act.emoji, ())
    acting = act.user_id if act and stands and act.ts > max([*edits, last.ts]) else None
    # Whoever reacted to the last message of an answer has seen all of it; on an earlier one, it may have come later.
    fresh = frozenset() if edits else policy.ticks([last]) | policy.crosses([last])
    return Votes(
        ticks=ticks,
        crosses=crosses,
        reviewers=frozenset(user for user in everybody if is_reviewer(user)),
        fresh=fresh | ({acting} if acting else frozenset()),
        acting=acting,
        taken_off=_taken_off(act, policy) if act and on else None,
        is_guess=not exchange.in_thread,
    )


def _taken_off(act: Act, policy: ReviewPolicy) -> TakenOff | None:
    if act.is_added or not act.ts:
        return None
    return TakenOff(act.user_id, act.emoji in policy.approve_emoji, datetime.fromtimestamp(float(act.ts), UTC))


def _edit_over(edited_ts: str) -> str:
    """Return when an edit was over for certain: Slack tells some of them by the second only."""
    seconds, _, fraction = edited_ts.partition(".")
    return edited_ts if fraction.strip("0") else f"{int(seconds) + 1}.000000"


def record_votes(session: Session, pair: Pair, votes: Votes, *, text_hash: str, now: datetime) -> None:
    """Have the stored words of reactions follow those that stand. One that stands keeps the words it was given on."""
    wanted = {user: _verdict(user, votes) for user in votes.ticks}
    wanted |= dict.fromkeys(votes.crosses & votes.reviewers, Verdict.REJECT)
    reviews = [review for review in reviews_of(session, pair.id) if review.via is Via.REACTION and review.stands]
    gone = [review for review in reviews if _is_taken_back(review, wanted.get(review.reviewer_id), votes)]
    for review in gone:
        withdraw_review(session, pair.id, reviewer_id=review.reviewer_id, verdict=review.verdict, now=now)
    standing = {review.reviewer_id: review for review in reviews if review not in gone}
    for user, verdict in sorted(wanted.items()):
        known = standing.get(user)
        if known is None or (user == votes.acting and known.content_hash != text_hash):
            text = text_hash if user in votes.fresh else UNKNOWN_TEXT
            record_review(session, pair.id, reviewer_id=user, verdict=verdict, now=now, content_hash=text)


def _is_taken_back(review: Review, wanted: Verdict | None, votes: Votes) -> bool:
    """Return whether a word stands no more, though the same person may have given it anew."""
    if wanted is None or _side(wanted) is not _side(review.verdict):
        return True
    return votes.taken_off is not None and votes.taken_off.undoes(review)


def _verdict(user: str, votes: Votes) -> Verdict:
    return Verdict.APPROVE if user in votes.reviewers and not votes.is_guess else Verdict.NOMINATE


def _side(verdict: Verdict) -> bool:
    """Return whether a word speaks for a pair."""
    return verdict is not Verdict.REJECT
