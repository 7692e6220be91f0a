"""How many people must approve a new voice, and how many have. No torch here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import audit, ballots, outbox
from storage.adapters import Adapter
from storage.ballots import Ballot, BallotStatus, VoteKind
from training.refusals import BallotClosed

VOTED = "voice.voted"
ASKED_FOR_MORE = "votes.asked"


@dataclass(frozen=True)
class Tally:
    """Where the votes on a ballot stand. Each person who asked for more raises what is needed by one."""

    approvals: tuple[str, ...]
    needed: int

    @property
    def is_enough(self) -> bool:
        return len(self.approvals) >= self.needed


def tally(session: Session, ballot_id: int, *, at_least: int) -> Tally:
    """Return where the votes stand, where the settings want `at_least` approvals; others wait with theirs."""
    votes = ballots.votes_on(session, ballot_id)
    return Tally(votes.approvals, at_least + len(votes.asked_for_more))


def approve(session: Session, ballot: Ballot, candidate: Adapter, *, by: str, at_least: int, now: datetime) -> Tally:
    """Count an approval, once for each person, and return where the votes stand. Raises `BallotClosed`."""
    _require_open(session, ballot.id)
    if ballots.vote(session, ballot.id, VoteKind.APPROVE, by=by, now=now):
        _audit(session, ballot, candidate, VOTED, by=by, now=now)
    return tally(session, ballot.id, at_least=at_least)


def ask_for_more(
    session: Session, ballot: Ballot, candidate: Adapter, *, by: str, at_least: int, now: datetime
) -> Tally:
    """Have one more approval be needed, once for each person who asks, and say so in Slack. Raises `BallotClosed`."""
    _require_open(session, ballot.id)
    is_new = ballots.vote(session, ballot.id, VoteKind.MORE, by=by, now=now)
    found = tally(session, ballot.id, at_least=at_least)
    if is_new:
        _audit(session, ballot, candidate, ASKED_FOR_MORE, by=by, now=now)
        payload = {"adapter": candidate.name, "by": by, "given": len(found.approvals), "needed": found.needed}
        key = f"ballot:{ballot.id}:more:{by}"
        outbox.enqueue(session, team_id=ballot.team_id, key=key, kind="votes_wanted", payload=payload, now=now)
    return found


def _require_open(session: Session, ballot_id: int) -> None:
    ballot = ballots.get_ballot(session, ballot_id)
    if ballot.status != BallotStatus.OPEN:
        raise BallotClosed(ballot.decided_by, ballot.status)


def _audit(session: Session, ballot: Ballot, candidate: Adapter, action: str, *, by: str, now: datetime) -> None:
    details = {"ballot_id": ballot.id, "adapter": candidate.name, "report_sha256": ballot.report_sha256}
    audit.append(session, team_id=ballot.team_id, actor=by, action=action, details=details, now=now)
