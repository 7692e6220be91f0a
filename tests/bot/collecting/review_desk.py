"""A review queue over a database of its own, and what lies in it."""

from typing import Any

from bot.collecting.decisions import Decisions
from bot.collecting.policy import ReviewPolicy
from bot.collecting.queue import Queue
from bot.collecting.readers import PairReaders
from bot.collecting.standing import move
from bot.slack.conversations import Conversations
from bot.slack.roles import Roles
from storage.database import Database
from storage.pairs import Candidate, Pair, PairStatus, Priority, add_candidate, get_pair
from storage.reviews import Verdict, record_review
from storage.twins import Twin, put_twin
from tests.bot.conftest import NOW, TEAM, Clock
from tests.playground_server import RunningPlayground

POLICY = ReviewPolicy(frozenset({"white_check_mark"}), frozenset({"x"}), approvals_needed=1)


class Desk:
    """A queue, and what lies in it."""

    def __init__(self, database: Database, town: RunningPlayground, clock: Clock) -> None:
        self.database = database
        roles = Roles(town.web, reviewers="reviewers", admin_ids=frozenset())
        readers = PairReaders(roles, Conversations(town.web))
        self.decisions = Decisions(database, readers, POLICY, clock)
        self.queue = Queue(database, readers, self.decisions, team_id=TEAM, approvals_needed=1)
        self._count = 0

    def add(self, *, priority: Priority = Priority.NOMINATED, channel: str = "CHELP", **said: str) -> Pair:
        self._count += 1
        at = f"{self._count}.0"
        texts: dict[str, Any] = {"question": f"Question {self._count}?", "answer": f"Answer {self._count}."} | said
        people: dict[str, Any] = {"asked_by": "UTOM", "answered_by": "UMIA", "permalink": "https://x"}
        found = Candidate(TEAM, channel, channel == "CVAULT", at, at, f"{self._count}.1", **texts, **people)
        with self.database.writing() as session:
            pair = add_candidate(session, found, now=NOW, priority=priority)
            record_review(session, pair.id, reviewer_id="UTOM", verdict=Verdict.NOMINATE, now=NOW)
        return pair

    def approved(self, **said: Any) -> Pair:
        pair = self.add(**said)
        with self.database.writing() as session:
            return move(session, pair, PairStatus.APPROVED, approvals_needed=1, now=NOW)

    def resemble(self, pair: Pair, other: Pair, *, disagrees: bool = False) -> None:
        with self.database.writing() as session:
            put_twin(session, Twin(pair.id, other.id, 0.9, disagrees), now=NOW)

    def status(self, pair: Pair) -> PairStatus:
        with self.database.reading() as session:
            return get_pair(session, pair.id).status
