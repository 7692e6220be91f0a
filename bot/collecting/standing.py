"""Where a pair stands, and what follows: whether it can be found and learnt from, or waits in the review queue."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.collecting.candidates import edited_text
from storage import outbox
from storage.knowledge import put_pair_chunk, remove_pair_chunk
from storage.lineage import uses_of
from storage.pairs import (
    Origin,
    Pair,
    PairStatus,
    Priority,
    set_context,
    set_priority,
    set_privacy,
    set_replaced_by,
    set_status,
)
from storage.relations import pairs_beside, replaced_by
from storage.reviews import Review, Verdict, Via, redact_with_words, reviews_of
from storage.twins import forget_twins, known_twins

CARD = "pair"
FORGET = "forget"
"""A notice that has an erased pair taken out of the datasets of training runs, and of what was told of those."""
WIPE = "wipe"
"""A notice that has a pair's cards drawn again: what is erased, or read by fewer, must not stand in the review channel.
"""


def card_key(pair: Pair) -> str:
    """Return the outbox key of the message that puts a pair, as it reads now, before the reviewers."""
    return f"pair:{pair.id}:{pair.content_hash[:16]}"


def settle(session: Session, pair: Pair, *, approvals_needed: int, now: datetime) -> Pair:
    """Decide a pair by the words that stand on it, and return it."""
    status = status_of(pair, reviews_of(session, pair.id), approvals_needed=approvals_needed)
    if status is PairStatus.CANDIDATE:
        _put_before_reviewers(session, pair, now=now)
    return pair if status is pair.status else move(session, pair, status, approvals_needed=approvals_needed, now=now)


def status_of(pair: Pair, reviews: Collection[Review], *, approvals_needed: int) -> PairStatus:
    """Return where a pair stands by what people say of it.

    A word counts for the text it was given on. A pair that a rule put together is approved by clicks alone: whoever
    reacted has not seen the question it was put to.
    """
    if pair.status is PairStatus.ERASED:
        return PairStatus.ERASED
    standing = [review for review in reviews if review.stands]
    counting = [review for review in standing if review.content_hash == pair.content_hash]
    if any(review.verdict is Verdict.REJECT for review in counting):
        return PairStatus.REJECTED
    if pair.replaced_by is not None:
        return PairStatus.REPLACED
    approving = [review for review in counting if review.verdict is Verdict.APPROVE]
    if len({one.reviewer_id for one in approving if one.via is Via.CLICK or not pair.is_guess}) >= approvals_needed:
        return PairStatus.APPROVED
    is_proposed = pair.decided_at is None and pair.origin in (Origin.EXPORT, Origin.FILE)
    return PairStatus.CANDIDATE if standing or is_proposed else PairStatus.WITHDRAWN


def move(session: Session, pair: Pair, status: PairStatus, *, approvals_needed: int, now: datetime) -> Pair:
    """Change where a pair stands, whether it can be found, and what stands in its place."""
    before = pair.status
    pair = set_status(session, pair.id, status, now=now)
    if status is PairStatus.APPROVED:
        put_chunk(session, pair, now=now)
    elif before is PairStatus.APPROVED:
        remove_pair_chunk(session, pair.id, now=now)
        take_out_of_contexts(session, pair)
        _draw_cards_beside(session, pair, now=now)
        for other in replaced_by(session, pair.id):
            settle(session, set_replaced_by(session, other.id, None), approvals_needed=approvals_needed, now=now)
    if status is PairStatus.ERASED:
        forget_twins(session, pair.id)
        if uses_of(session, [pair.id]):
            key, payload = f"pair:{pair.id}:forget", {"pair_id": pair.id}
            outbox.enqueue(session, team_id=pair.team_id, key=key, kind=FORGET, payload=payload, now=now)
        # What an import proposed has no card until somebody decided about it.
        if pair.priority is not Priority.PROPOSED or before is not PairStatus.CANDIDATE:
            _draw_cards_again(session, pair, pair.id, why="wipe", now=now)
    return pair


def put_chunk(session: Session, pair: Pair, *, now: datetime) -> None:
    """Make an approved pair retrievable where its channel may be read."""
    put_pair_chunk(
        session,
        team_id=pair.team_id,
        pair_id=pair.id,
        channel_id=pair.channel_id if pair.channel_is_private else None,
        title=pair.question,
        text=pair.answer,
        now=now,
    )


def keep_where_it_may_be_read(session: Session, pair: Pair, *, is_private: bool, now: datetime) -> Pair:
    """Let a pair follow its channel, which may have been made private, or public, since."""
    if pair.channel_is_private == is_private:
        return pair
    moved = set_privacy(session, pair.id, channel_is_private=is_private)
    if is_private:
        _draw_cards_again(session, moved, moved.id, why=f"private:{now.timestamp()}", now=now)
    if moved.status is PairStatus.APPROVED:
        put_chunk(session, moved, now=now)
        take_out_of_contexts(session, moved)
        _draw_cards_beside(session, moved, now=now)
    return moved


def redact_stored(session: Session, pair: Pair, *, region: str, now: datetime) -> Pair:
    """Redact what was stored before there was redaction, or by what it did not find then; approvals stand."""
    question, answer, redactions = edited_text(pair.question, pair.answer, region=region)
    if (question, answer) == (pair.question.strip(), pair.answer.strip()):
        return pair
    pair = redact_with_words(session, pair.id, question=question, answer=answer, redactions=redactions)
    if pair.status is PairStatus.APPROVED:
        put_chunk(session, pair, now=now)
        take_out_of_contexts(session, pair)
    return pair


def take_out_of_contexts(session: Session, pair: Pair) -> None:
    """Nobody learns from an answer that does not stand, or not for them, not even as a passage beside another."""
    for other in pairs_beside(session, pair):
        set_context(session, other.id, [one for one in other.context or () if one.get("pair_id") != pair.id])


def _draw_cards_beside(session: Session, pair: Pair, *, now: datetime) -> None:
    """Have the cards drawn again on which a pair is shown as one that theirs resembles."""
    for twin in known_twins(session, pair.id):
        if twin.other_id == pair.id:
            _draw_cards_again(session, pair, twin.pair_id, why=f"beside:{pair.id}:{now.timestamp()}", now=now)


def _draw_cards_again(session: Session, pair: Pair, pair_id: int, *, why: str, now: datetime) -> None:
    key, payload = f"pair:{pair_id}:{why}", {"pair_id": pair_id}
    outbox.enqueue(session, team_id=pair.team_id, key=key, kind=WIPE, payload=payload, now=now)


def _put_before_reviewers(session: Session, pair: Pair, *, now: datetime) -> None:
    """Have a candidate shown in the review channel, once for each thing it said.

    Not one that is only proposed, of which an import brings thousands, nor one from a private channel: those wait in
    the queue, for reviewers who may read them.
    """
    if pair.priority is Priority.PROPOSED and _has_words(session, pair):
        set_priority(session, pair.id, Priority.NOMINATED)
    elif pair.priority is Priority.PROPOSED:
        return
    ask_reviewers(session, pair, now=now)


def ask_reviewers(session: Session, pair: Pair, *, now: datetime) -> None:
    """Leave a notice that shows a pair in the review channel, unless it was said in private."""
    if not pair.channel_is_private:
        payload = {"pair_id": pair.id}
        outbox.enqueue(session, team_id=pair.team_id, key=card_key(pair), kind=CARD, payload=payload, now=now)


def _has_words(session: Session, pair: Pair) -> bool:
    return any(review.stands for review in reviews_of(session, pair.id))
