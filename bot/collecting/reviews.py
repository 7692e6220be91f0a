"""Reactions decide pairs: ✅ by a reviewer approves an answer, taking it off takes the approval back, ❌ rejects.

An event only says that something changed. What stands is read from Slack each time, the whole thread of it, so that
events which arrive twice, late or out of order end in the same state.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot.collecting.candidates import candidate_of
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reading import NOT_THERE, Found, Place, Reading, Slack, pairs_around
from bot.collecting.standing import keep_where_it_may_be_read, move, redact_stored, settle
from bot.collecting.votes import Act, Votes, record_votes, votes_on
from bot.locks import Locks
from storage.answers import forget_answers_from
from storage.database import Database
from storage.pairs import (
    Candidate,
    Origin,
    Pair,
    PairStatus,
    Priority,
    add_candidate,
    add_if_missing,
    follow_source,
    get_pair,
    see_live,
    set_priority,
)
from storage.people import refusing
from storage.twins import forget_twins
from storage.waiting import mark_checked, pairs_to_check

logger = logging.getLogger(__name__)

AT_ONCE = 50
READ_LATELY = timedelta(minutes=10)
"""What was read so recently is not read again before training."""


class Outcome(StrEnum):
    """What a change in Slack did to a pair."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    ERASED = "erased"
    NOMINATED = "nominated"
    UNCHANGED = "unchanged"
    NOT_AN_ANSWER = "not_an_answer"


class Reviews:
    """Brings pairs in line with the messages and reactions behind them. `on_moved` is told of each that moved."""

    def __init__(
        self,
        database: Database,
        slack: Slack,
        is_reviewer: Callable[[str], bool],
        policy: ReviewPolicy,
        now: Callable[[], datetime],
        on_moved: Callable[[Pair], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._slack = slack
        self._is_reviewer = is_reviewer
        self._policy = policy
        self._now = now
        self._on_moved = on_moved
        self._reading = Reading(database, slack, policy)
        # Two events of one thread must not read in one order and write in the other.
        self._locks = Locks()

    def sync(self, *, team_id: str, channel_id: str, message_ts: str, act: Act | None = None) -> Outcome:
        """Read what stands on a message, and around it, and decide its pair by that. `act`: what somebody just did."""
        message = self._slack.message(channel_id, message_ts)
        thread_ts = message.thread_ts if message and message.is_reply else None
        return self._sync(team_id, channel_id, message_ts, thread_ts, act)

    def follow(self, *, team_id: str, channel_id: str, message_ts: str, thread_ts: str | None) -> None:
        """A message was edited or deleted: bring the pairs it belongs to in line, if there are any."""
        with self._database.reading() as session:
            known = pairs_around(session, team_id=team_id, channel_id=channel_id, ts=message_ts, thread_ts=thread_ts)
        if known:
            self._sync(team_id, channel_id, message_ts, thread_ts, None)

    def look(self, *, team_id: str, channel_id: str, message_ts: str) -> Candidate | None:
        """Return what a message answers: the pair where there is one, or what could become one. Stores nothing."""
        message = self._slack.message(channel_id, message_ts)
        thread_ts = message.thread_ts if message and message.is_reply else None
        place = Place(team_id, channel_id, self._slack.is_private(channel_id))
        found = next((f for f in self._reading.about(place, message_ts, thread_ts) if f.has(message_ts)), None)
        if found is None or found.exchange is None:
            return None
        current = self._candidate(place, found)
        is_as_stored = found.pair and current and current.content_hash == found.pair.source_hash
        return found.pair if is_as_stored else current

    def propose(self, *, team_id: str, channel_id: str, message_ts: str) -> Pair | None:
        """Store what a message answers, for somebody to give their word on; None when it answers nothing.

        It waits for nobody yet: a new one is as good as taken back.
        """
        self.sync(team_id=team_id, channel_id=channel_id, message_ts=message_ts)
        with self._locks.of(channel_id):
            found = self.look(team_id=team_id, channel_id=channel_id, message_ts=message_ts)
            if found is None or isinstance(found, Pair):
                return found
            with self._database.writing() as session:
                if _is_refused(session, found):
                    return None
                pair, _ = add_if_missing(session, found, now=self._now())
                return settle(session, pair, approvals_needed=self._policy.approvals_needed, now=self._now())

    def recheck(self, team_id: str, *, older_than: datetime, limit: int) -> int:
        """Look again at the pairs not looked at for longest: events get lost. Returns at how many."""
        with self._database.reading() as session:
            due = pairs_to_check(session, team_id=team_id, checked_before=older_than, limit=limit)
        self._look_again_at(due)
        return len(due)

    def read_approvals(self, team_id: str) -> int:
        """Look again at every approved pair, before something is learnt from them. Returns at how many.

        Raises `SlackApiError` when Slack can't be read; what was looked at by then is not looked at again for a while.
        """
        checked_before, count = self._now() - READ_LATELY, 0
        while due := self._approved_before(team_id, checked_before):
            self._look_again_at(due)
            count += len(due)
        return count

    def _approved_before(self, team_id: str, checked_before: datetime) -> list[Pair]:
        approved = (PairStatus.APPROVED,)
        with self._database.reading() as session:
            return pairs_to_check(
                session, team_id=team_id, checked_before=checked_before, limit=AT_ONCE, statuses=approved
            )

    def _look_again_at(self, pairs: Collection[Pair]) -> None:
        for pair in pairs:
            self._look_again(pair)
            with self._database.writing() as session:
                mark_checked(session, [pair.id], now=self._now())

    def _look_again(self, pair: Pair) -> None:
        """Bring a pair in line; what Timbre can't read any more, because it was removed from there, stays as it is."""
        thread_ts = pair.thread_ts if pair.in_thread else None
        try:
            self._sync(pair.team_id, pair.channel_id, pair.answer_parts[0], thread_ts, None)
        except SlackApiError as err:
            if err.response["error"] not in NOT_THERE:
                raise
            logger.warning("pair %d can't be looked at again: %s", pair.id, err.response["error"])

    def _sync(self, team_id: str, channel_id: str, ts: str, thread_ts: str | None, act: Act | None) -> Outcome:
        outcome = Outcome.NOT_AN_ANSWER
        with self._locks.of(channel_id):
            place = Place(team_id, channel_id, self._slack.is_private(channel_id))
            for found in self._reading.about(place, ts, thread_ts):
                result = self._bring_in_line(place, found, act)
                outcome = result if found.has(ts) else outcome
        return outcome

    def _bring_in_line(self, place: Place, found: Found, act: Act | None) -> Outcome:
        candidate = self._candidate(place, found) if found.exchange else None
        votes = votes_on(found.exchange, self._policy, self._is_reviewer, act) if found.exchange else Votes()
        if found.pair is None and (candidate is None or votes.is_empty):
            return Outcome.NOT_AN_ANSWER
        with self._database.writing() as session:
            # Asked for again: somebody may have opted out since the conversation was read.
            candidate = None if candidate and _is_refused(session, candidate) else candidate
            if found.pair is None and candidate is None:
                return Outcome.NOT_AN_ANSWER
            if found.pair is None and candidate is not None:
                pair = add_candidate(session, candidate, now=self._now())
            elif found.pair is not None:
                pair = get_pair(session, found.pair.id, lock=True)
            before = pair
            pair = self._decide(session, pair, candidate, votes, found)
        if found.pair is None or _looks(pair) != _looks(before):
            self._on_moved(pair)
        return self._outcome(pair, before.status, votes)

    def _decide(self, session: Session, pair: Pair, candidate: Candidate | None, votes: Votes, found: Found) -> Pair:
        now, needed = self._now(), self._policy.approvals_needed
        if pair.status is PairStatus.ERASED:
            return pair
        if candidate is None:
            forget_answers_from(session, [pair], team_id=pair.team_id)
            return move(session, pair, PairStatus.ERASED, approvals_needed=needed, now=now)
        pair = keep_where_it_may_be_read(session, pair, is_private=candidate.channel_is_private, now=now)
        is_elsewhere = pair.origin is Origin.EXPORT or pair.answer_parts != candidate.answer_parts
        if is_elsewhere and candidate.content_hash == pair.source_hash:
            pair = see_live(session, pair.id, candidate)
        if candidate.content_hash != pair.source_hash:
            # Before it is kept to be compared: nobody may be shown what is redacted by now.
            pair = redact_stored(session, pair, region=self._policy.phone_region, now=now)
        if candidate.content_hash != pair.source_hash:
            pair = self._follow(session, pair, candidate, has_lost_part=found.has_lost_part)
        record_votes(session, pair, votes, text_hash=candidate.content_hash, now=now)
        return settle(session, pair, approvals_needed=needed, now=now)

    def _follow(self, session: Session, pair: Pair, candidate: Candidate, *, has_lost_part: bool) -> Pair:
        """Have a pair say what Slack says now. What was deleted is not kept, not even to be compared."""
        was_decided = pair.status in (PairStatus.APPROVED, PairStatus.REJECTED) or pair.previous_question is not None
        keep = pair.status is PairStatus.APPROVED or pair.previous_question is not None
        if pair.status is PairStatus.APPROVED:
            # What can be found must not be other words than those that are approved.
            needed = self._policy.approvals_needed
            pair = move(session, pair, PairStatus.CANDIDATE, approvals_needed=needed, now=self._now())
        pair = follow_source(session, pair.id, candidate, keep_previous=keep and not has_lost_part)
        forget_twins(session, pair.id)
        if was_decided:
            set_priority(session, pair.id, Priority.CHANGED)
        return get_pair(session, pair.id)

    def _candidate(self, place: Place, found: Found) -> Candidate | None:
        if found.exchange is None:
            return None
        known, first = found.pair, found.exchange.answers[0]

        def permalink() -> str:
            has_one = known is not None and known.permalink and known.origin is not Origin.EXPORT
            return known.permalink if known and has_one else self._slack.permalink(place.channel_id, first.ts)

        candidate = candidate_of(
            found.exchange,
            team_id=place.team_id,
            channel_id=place.channel_id,
            is_private=place.is_private,
            region=self._policy.phone_region,
            permalink=permalink,
        )
        # It is known by the message it was first found by, which may be deleted by now.
        return replace(candidate, answer_ts=known.answer_ts) if candidate and known else candidate

    def _outcome(self, pair: Pair, before: PairStatus, votes: Votes) -> Outcome:
        if pair.status is PairStatus.CANDIDATE and before is PairStatus.APPROVED:
            return Outcome.WITHDRAWN
        if pair.status is PairStatus.CANDIDATE:
            return Outcome.NOMINATED if votes.ticks else Outcome.UNCHANGED
        return Outcome(pair.status.value) if pair.status is not before else Outcome.UNCHANGED


def _is_refused(session: Session, candidate: Candidate) -> bool:
    """Return whether somebody whose words these are is not learnt from."""
    return bool({candidate.asked_by, candidate.answered_by} & refusing(session, team_id=candidate.team_id))


def _looks(pair: Pair) -> tuple[object, ...]:
    """Return what people see of a pair."""
    return (pair.status, pair.content_hash, pair.channel_is_private)
