"""Approved answers are asked about again after a while: are they still right?"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot.blocks import reverifying as blocks
from bot.blocks.layout import Block
from bot.collecting.cards import Editor
from bot.collecting.decisions import Decisions, ReviewRefusedError, Shown
from bot.slack.posting import Post
from storage import outbox
from storage.database import Database
from storage.outbox import Notice
from storage.pairs import Pair, PairStatus, get_pair
from storage.verifications import Due, verified_before, verified_of, verify

REVERIFY = "reverify"
LOOKED_AT = 500
AT_ONCE = 5
"""Cards posted a time: a team that approved hundreds in a week is not asked about all of them in one."""


class Reverifying:
    """`name_of` says what somebody is called."""

    def __init__(
        self,
        database: Database,
        decisions: Decisions,
        editor: Editor,
        name_of: Callable[[str], str],
        *,
        team_id: str,
        valid_for: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._decisions = decisions
        self._editor = editor
        self._name_of = name_of
        self._team_id = team_id
        self._valid_for = valid_for
        self._now = now

    def ask(self) -> int:
        """Leave a notice for each answer that is due, the longest first; returns how many.

        Not for those from private channels: whoever is in the review channel may be in no other. An answer given there
        says that it is due.
        """
        now = self._now()
        with self._database.reading() as session:
            unasked = list(islice(self._unasked(session, before=now - self._valid_for), AT_ONCE))
        with self._database.writing() as session:
            return sum(
                outbox.enqueue(
                    session,
                    team_id=self._team_id,
                    key=_key(due),
                    kind=REVERIFY,
                    payload={"pair_id": due.pair.id},
                    now=now,
                )
                for due in unasked
            )

    def _unasked(self, session: Session, *, before: datetime) -> Iterator[Due]:
        """Yield what is due and was not asked about: cards may wait for an answer as long as they like."""
        after: tuple[datetime, int] | None = None
        while page := verified_before(session, team_id=self._team_id, before=before, after=after, limit=LOOKED_AT):
            known = outbox.known(session, [_key(due) for due in page])
            yield from (due for due in page if _key(due) not in known)
            after = page[-1].since, page[-1].pair.id

    def render(self, notice: Notice) -> Post:
        """Return the card of a notice."""
        with self._database.reading() as session:
            pair = get_pair(session, notice.payload["pair_id"])
            standing = verified_of(session, pair)
        if standing is None or pair.channel_is_private:
            return Post(blocks.SUMMARY, blocks.decided(pair, "It is not used any more, or not for everybody."))
        return Post(blocks.SUMMARY, blocks.card(standing, by=self._name_of(standing.by)))

    def confirm(self, shown: Shown, *, by: str) -> Pair:
        """Record that a reviewer finds an answer still right. Raises `ReviewRefusedError`."""
        pair = self._decisions.may_decide(shown, by=by)
        with self._database.writing() as session:
            pair = get_pair(session, pair.id, lock=True)
            if pair.status is not PairStatus.APPROVED or not pair.content_hash.startswith(shown.content_hash):
                raise ReviewRefusedError("This answer has changed since you were shown it.")
            verify(session, pair, by=by, now=self._now())
        self._show(pair, f"Still right, says {self._name_of(by)}.")
        return pair

    def retire(self, shown: Shown, *, by: str) -> Pair:
        """Have an answer given no more. Raises `ReviewRefusedError`."""
        pair = self._decisions.reject(shown, by=by)
        self._show(pair, f"Retired by {self._name_of(by)}.")
        return pair

    def _show(self, pair: Pair, said: str) -> None:
        """Replace the buttons of every card that asks about a pair by what was decided."""
        with self._database.reading() as session:
            notices = outbox.with_prefix(session, _prefix(pair), kind=REVERIFY)
        for notice in notices:
            if notice.channel_id and notice.message_ts:
                self._edit(notice.channel_id, notice.message_ts, blocks.decided(pair, said))

    def _edit(self, channel_id: str, ts: str, shown: list[Block]) -> None:
        try:
            self._editor.update(channel_id, ts, text=blocks.SUMMARY, blocks=shown)
        except SlackApiError:
            return  # somebody deleted the card; what was decided holds


def _key(due: Due) -> str:
    return f"{_prefix(due.pair)}{due.since:%Y%m%d}"


def _prefix(pair: Pair) -> str:
    return f"reverify:{pair.id}:"
