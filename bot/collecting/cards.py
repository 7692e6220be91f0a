"""Review cards: messages in the review channel that follow what becomes of the pair they show."""

import json
import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot.blocks import card as blocks
from bot.blocks.card import Card, Rival
from bot.blocks.layout import Block
from bot.collecting.standing import CARD, card_key
from bot.locks import Locks
from bot.slack.posting import Post
from storage import outbox
from storage.database import Database
from storage.outbox import Notice
from storage.pairs import Pair, PairStatus, get_pair
from storage.reviews import Verdict, reviews_of, standing_reviewers
from storage.twins import Twin, twins_of

logger = logging.getLogger(__name__)

GONE = ("message_not_found", "channel_not_found", "is_archived", "cant_update_message")


class Editor(Protocol):
    """Changes messages that were posted."""

    def update(self, channel_id: str, ts: str, *, text: str, blocks: list[Block]) -> None: ...


def card_of(
    session: Session, pair: Pair, *, approvals_needed: int, may_read: Callable[[Pair], bool] = lambda _: True
) -> Card:
    """Return a pair with the words that stand on it and the approved answers it resembles, where they may be read."""
    found = (rival_of(session, twin) for twin in twins_of(session, pair.id))
    rivals = tuple(rival for rival in found if may_read(rival.pair))
    standing = tuple(review for review in reviews_of(session, pair.id) if review.stands)
    is_compared = pair.status in (PairStatus.CANDIDATE, PairStatus.APPROVED)
    return Card(pair, standing, rivals if is_compared else (), approvals_needed)


def rival_of(session: Session, twin: Twin) -> Rival:
    """Return the approved answer that a pair resembles."""
    approved_by = standing_reviewers(session, twin.other_id, Verdict.APPROVE)
    return Rival(get_pair(session, twin.other_id), tuple(approved_by), twin.disagrees)


class ReviewCards:
    """Draws the cards of pairs, and draws them again where they were posted."""

    def __init__(
        self, database: Database, editor: Editor, permalink: Callable[[str, str], str], *, approvals_needed: int
    ) -> None:
        self._database = database
        self._editor = editor
        self._permalink = permalink
        self._approvals_needed = approvals_needed
        self._shown: dict[str, str] = {}
        self._locks = Locks()

    def render(self, notice: Notice) -> Post:
        """Return the message that puts a pair before the reviewers."""
        with self._database.reading() as session:
            card = self._card(session, notice.payload["pair_id"])
        post = Post(blocks.summary(card), blocks.card(card))
        self._shown[notice.key] = _digest(post)
        return post

    def refresh(self, pair: Pair) -> None:
        """Have every posted card of a pair say how it stands now. Raises `SlackApiError`."""
        self.refresh_id(pair.id)

    def wipe(self, notice: Notice) -> None:
        """Have the cards of a pair that was erased say nothing any more. Raises `SlackApiError`."""
        self.refresh_id(notice.payload["pair_id"])

    def refresh_posted(self, notice: Notice) -> None:
        """Bring a pair's cards in line once one of them is posted: it may have been decided while that went on."""
        if notice.kind != CARD:
            return
        try:
            self.refresh_id(notice.payload["pair_id"])
        except SlackApiError as err:
            logger.warning("cards of pair %d can't be edited: %s", notice.payload["pair_id"], err.response["error"])

    def refresh_id(self, pair_id: int) -> None:
        """Do what `refresh` does."""
        with self._locks.of(str(pair_id)):
            self._refresh(pair_id)

    def _refresh(self, pair_id: int) -> None:
        # Read anew, because of two decisions the later one may be shown first.
        with self._database.reading() as session:
            card = self._card(session, pair_id)
            notices = outbox.with_prefix(session, f"pair:{pair_id}:", kind=CARD)
        if not notices:
            return
        keys = [notice.key for notice in notices]
        current = notices[keys.index(card_key(card.pair))] if card_key(card.pair) in keys else notices[-1]
        self._replace(current, Post(blocks.summary(card), blocks.card(card)))
        older = [notice for notice in notices if notice.id != current.id and notice.message_ts]
        if older:
            shown = (
                blocks.card(card) if card.pair.status is PairStatus.ERASED else blocks.superseded(self._link(current))
            )
            for notice in older:
                self._replace(notice, Post("This answer has changed since", shown))

    def _card(self, session: Session, pair_id: int) -> Card:
        # Whoever is in the review channel may be in no other.
        return card_of(
            session,
            get_pair(session, pair_id),
            approvals_needed=self._approvals_needed,
            may_read=lambda other: not other.channel_is_private,
        )

    def _link(self, notice: Notice) -> str | None:
        if not notice.channel_id or not notice.message_ts:
            return None
        return self._permalink(notice.channel_id, notice.message_ts)

    def _replace(self, notice: Notice, post: Post) -> None:
        """Edit a posted card, unless it looks like that already. One that was deleted is let go of."""
        digest = _digest(post)
        if not notice.channel_id or not notice.message_ts or self._shown.get(notice.key) == digest:
            return
        try:
            self._editor.update(notice.channel_id, notice.message_ts, text=post.text, blocks=post.blocks)
        except SlackApiError as err:
            if err.response["error"] not in GONE:
                raise
        self._shown[notice.key] = digest


def _digest(post: Post) -> str:
    return sha256(json.dumps([post.text, post.blocks]).encode()).hexdigest()
