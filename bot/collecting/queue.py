"""The review queue as one reviewer may see it, a page at a time, and decisions about a whole page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from bot.blocks.card import Card
from bot.blocks.pair_button import Key, PairButton
from bot.blocks.queue import Page
from bot.collecting.cards import card_of
from bot.collecting.decisions import Decisions, ReviewRefusedError
from bot.collecting.readers import PairReaders
from storage.database import Database
from storage.pairs import Pair, get_pair
from storage.twins import disagreeing, twins_of
from storage.waiting import count_queue, page_before, private_channels_with_pairs, queue_page

PAGE = 5
DISPUTES = 2
DISPUTES_LOOKED_AT = 50


class Queue:
    """Shows what waits in one workspace. What is said in a private channel is shown to its members alone."""

    def __init__(
        self, database: Database, readers: PairReaders, decisions: Decisions, *, team_id: str, approvals_needed: int
    ) -> None:
        self._database = database
        self._readers = readers
        self._decisions = decisions
        self._team_id = team_id
        self._approvals_needed = approvals_needed

    def page(
        self, user_id: str, *, after: Key | None = None, note: str = "", undo: tuple[PairButton, ...] = ()
    ) -> Page:
        """Return the page that follows `after`, the last one where nothing does. Raises `ReviewRefusedError`."""
        if not self._readers.is_reviewer(user_id):
            raise ReviewRefusedError("Only reviewers see the review queue. You can nominate answers by ✅.")
        with self._database.reading() as session:
            private = private_channels_with_pairs(session, team_id=self._team_id)
        channels = self._readers.channels_of(user_id, private)
        disputes = self._disputes(user_id) if after is None else ()
        page = replace(self._page(channels, after, disputes), note=note, undo=undo)
        if after is None or page.cards:
            return page
        return self.page(user_id, after=page.previous_after, note=note, undo=undo)

    def decide(self, pressed: Sequence[PairButton], *, approve: bool, by: str) -> tuple[str, tuple[PairButton, ...]]:
        """Approve or reject pairs as they were shown; returns how many, which were left and why, and those decided."""
        done: list[PairButton] = []
        refusals: list[tuple[int, str]] = []
        for number, one in enumerate(pressed, start=1):
            try:
                if approve and self._resembles(one.pair_id):
                    raise ReviewRefusedError("It resembles an approved answer: choose between the two.")
                (self._decisions.approve if approve else self._decisions.reject)(one.shown, by=by)
                done.append(one)
            except ReviewRefusedError as err:
                refusals.append((number, str(err)))
        said = f"{len(done)} {'approved' if approve else 'rejected'}."
        return " ".join([said, *_left(refusals, of=len(pressed))]), tuple(done)

    def take_back(self, pressed: Sequence[PairButton], *, by: str) -> str:
        """Take back what somebody decided about pairs; returns of how many, and which were left and why."""
        refusals: list[tuple[int, str]] = []
        for number, one in enumerate(pressed, start=1):
            try:
                self._decisions.take_back(one.pair_id, by=by)
            except ReviewRefusedError as err:
                refusals.append((number, str(err)))
        return " ".join([f"{len(pressed) - len(refusals)} taken back.", *_left(refusals, of=len(pressed))])

    def _page(self, channels: list[str], after: Key | None, disputes: tuple[Card, ...]) -> Page:
        team_id = self._team_id
        with self._database.reading() as session:
            pairs = queue_page(session, team_id=team_id, channel_ids=channels, after=after, limit=PAGE + 1)
            shown = pairs[:PAGE]
            before = None
            if after is not None:
                before = page_before(session, team_id=team_id, channel_ids=channels, after=after, limit=PAGE)
            return Page(
                cards=tuple(self._card(session, pair) for pair in shown),
                waiting=count_queue(session, team_id=team_id, channel_ids=channels),
                disputes=disputes,
                after=after,
                next_after=(int(shown[-1].priority), shown[-1].id) if len(pairs) > PAGE else None,
                previous_after=before,
            )

    def _disputes(self, user_id: str) -> tuple[Card, ...]:
        """Return approved answers that disagree, where the reader may read both."""
        with self._database.reading() as session:
            found = disagreeing(session, team_id=self._team_id)[:DISPUTES_LOOKED_AT]
            both = [(get_pair(session, twin.pair_id), get_pair(session, twin.other_id)) for twin in found]
        read = [pair for pair, other in both if self._may_read(user_id, pair) and self._may_read(user_id, other)]
        unique = list({pair.id: pair for pair in read}.values())[:DISPUTES]
        with self._database.reading() as session:
            return tuple(self._card(session, pair) for pair in unique)

    def _card(self, session: Session, pair: Pair) -> Card:
        """Return a pair beside those it resembles that its own readers may read."""
        return card_of(session, pair, approvals_needed=self._approvals_needed, may_read=readable_beside(pair))

    def _may_read(self, user_id: str, pair: Pair) -> bool:
        return self._readers.may_read(user_id, pair)

    def _resembles(self, pair_id: int) -> bool:
        """Return whether a pair is shown beside one it resembles: between others nobody could choose."""
        with self._database.reading() as session:
            others = [get_pair(session, twin.other_id) for twin in twins_of(session, pair_id)]
            return bool(others) and any(map(readable_beside(get_pair(session, pair_id)), others))


def _left(refusals: Sequence[tuple[int, str]], *, of: int) -> Iterator[str]:
    """Yield, for each reason, how many of a page were left and which, by their number on it."""
    for why in dict.fromkeys(why for _, why in refusals):
        numbers = [str(number) for number, reason in refusals if reason == why]
        which = "" if len(numbers) == of else f" (no. {', '.join(numbers)} on the page)"
        yield f"{len(numbers)} left{which}: {why}"


def readable_beside(pair: Pair) -> Callable[[Pair], bool]:
    """Return whether everybody who may read a pair may read another: a public one, or one of its own channel."""
    return lambda other: not other.channel_is_private or other.channel_id == pair.channel_id
