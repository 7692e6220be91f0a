"""What an export proposes and tells goes into the database, a few rows a transaction: a running bot waits for none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.collecting.candidates import candidate_of
from bot.collecting.exports.conversations import Proposal
from bot.collecting.exports.documents import Told
from bot.collecting.exports.layout import Conversation
from bot.collecting.exports.report import Report, Skip
from storage.database import Database
from storage.knowledge import put_document, remove_document
from storage.pairs import Candidate, Origin, Pair, PairStatus, Priority, add_if_missing, forget_contexts, set_priority
from storage.people import refusing
from storage.reviews import Verdict, record_review, reviews_of
from training.chat_lines import MAX_ANSWER_CHARACTERS

AT_ONCE = 100
"""Rows that one transaction writes."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Wanted:
    """What is made of an export, and for whom. `home`: the workspace's address in a browser, "" where not known."""

    team_id: str
    approve_emoji: frozenset[str]
    region: str
    with_knowledge: bool
    home: str = ""


class Store:
    """Writes pairs and documents, and counts them."""

    def __init__(self, database: Database, wanted: Wanted, report: Report, now: Callable[[], datetime]) -> None:
        self._database = database
        self._wanted = wanted
        self._report = report
        self._now = now

    def propose(self, channel: Conversation, proposals: Iterable[Proposal]) -> None:
        """Store proposals that have not been made before, with who ticked them."""
        for batch in _batches(self._candidates(channel, proposals)):
            with self._database.writing() as session:
                # Asked for again: somebody may have opted out since the export was opened.
                quiet = refusing(session, team_id=self._wanted.team_id)
                for candidate, nominated_by in batch:
                    if not {candidate.asked_by, candidate.answered_by} & quiet:
                        self._add(session, candidate, nominated_by)

    def put(self, told: Iterable[Told]) -> None:
        """Store documents, and remove those of which nothing may be told any more."""
        for batch in _batches(iter(told)):
            with self._database.writing() as session:
                quiet = refusing(session, team_id=self._wanted.team_id)
                permitted = [one for one in batch if one.document is None or not quiet & {*one.document.people}]
                changed = [self._put(session, one) for one in permitted]
                if any(changed):
                    # With what changed: whoever is interrupted must not leave approved pairs with stale passages.
                    forget_contexts(session, team_id=self._wanted.team_id)

    def _candidates(
        self, channel: Conversation, proposals: Iterable[Proposal]
    ) -> Iterator[tuple[Candidate, tuple[str, ...]]]:
        for proposal in proposals:
            candidate = candidate_of(
                proposal.exchange,
                team_id=self._wanted.team_id,
                channel_id=channel.id,
                is_private=channel.is_private,
                region=self._wanted.region,
                permalink=lambda: self._permalink(channel.id, proposal),  # noqa: B023 (called at once)
                origin=Origin.EXPORT,
            )
            if candidate is None:
                self._report.skip(Skip.NO_TEXT)
            elif len(candidate.answer) > MAX_ANSWER_CHARACTERS:
                self._report.skip(Skip.TOO_LONG)
            else:
                yield candidate, proposal.nominated_by

    def _permalink(self, channel_id: str, proposal: Proposal) -> str:
        if not self._wanted.home:
            return ""
        answer = proposal.exchange.answers[0]
        address = f"{self._wanted.home}/archives/{channel_id}/p{answer.ts.replace('.', '')}"
        return f"{address}?thread_ts={answer.thread_ts}&cid={channel_id}" if answer.is_reply else address

    def _add(self, session: Session, candidate: Candidate, nominated_by: tuple[str, ...]) -> None:
        priority = Priority.NOMINATED if nominated_by else Priority.PROPOSED
        pair, is_new = add_if_missing(session, candidate, now=self._now(), priority=priority)
        if is_new:
            self._report.proposed += 1
            self._report.count_replaced(candidate.redactions)
        else:
            self._report.already_known += 1
        if is_new or _waits_as_exported(pair):
            self._nominate(session, pair, nominated_by)

    def _nominate(self, session: Session, pair: Pair, nominated_by: tuple[str, ...]) -> None:
        """Record who ticked an answer; whose tick is known already, even taken back since, says nothing new."""
        known = {review.reviewer_id for review in reviews_of(session, pair.id)}
        fresh = [user for user in nominated_by if user not in known]
        for user in fresh:
            record_review(
                session,
                pair.id,
                reviewer_id=user,
                verdict=Verdict.NOMINATE,
                now=self._now(),
                content_hash=pair.content_hash,
            )
        if fresh:
            self._report.nominated += 1
            if pair.priority > Priority.NOMINATED:
                set_priority(session, pair.id, Priority.NOMINATED)

    def _put(self, session: Session, told: Told) -> bool:
        """Store a document or remove it, and return whether there is other knowledge than before."""
        if told.document is None:
            gone = remove_document(session, team_id=self._wanted.team_id, source=told.source, now=self._now())
            self._report.documents["removed"] += gone
            return gone
        changed = put_document(session, told.document, now=self._now())
        self._report.documents["changed" if changed else "unchanged"] += 1
        if changed:
            self._report.count_replaced(told.redactions)
        return changed


def _waits_as_exported(pair: Pair) -> bool:
    return pair.origin is Origin.EXPORT and pair.status is PairStatus.CANDIDATE


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, AT_ONCE)):
        yield batch
