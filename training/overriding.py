"""An admin lets a voice be approved that failed a gate, and says in writing why. No torch here."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from storage import adapters, audit, ballots
from storage.ballots import Ballot, BallotStatus
from training.refusals import BallotClosed, NothingToOverride

OVERRIDDEN = "gates.overridden"
SHORTEST_REASON = 10
"""Characters: enough for a few words."""


def override(session: Session, *, team_id: str, voice: str, reason: str, by: str, now: datetime) -> Ballot:
    """Let `voice` be approved in spite of the gates it failed; reviewers decide about it all the same.

    Raises `NothingToOverride` or `BallotClosed`.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise NothingToOverride("Say in a few words why this voice may be used: it is kept with the decision.")
    ballot = _stopped(session, team_id, voice)
    if not ballots.override_ballot(session, ballot.id, by=by, reason=reason.strip()):
        raise NothingToOverride(f"{voice} was let through already: reviewers can approve it.")
    details = {
        "ballot_id": ballot.id,
        "adapter": voice,
        "adapter_sha256": ballot.adapter_sha256,
        "report_sha256": ballot.report_sha256,
        "failed_gates": list(ballot.failed_gates),
        # The words are kept with the ballot; the audit holds what proves that they are those.
        "reason_sha256": sha256(reason.strip().encode()).hexdigest(),
    }
    audit.append(session, team_id=team_id, actor=by, action=OVERRIDDEN, details=details, now=now)
    return ballots.get_ballot(session, ballot.id)


def _stopped(session: Session, team_id: str, voice: str) -> Ballot:
    adapter = adapters.adapter_by_name(session, team_id=team_id, name=voice)
    ballot = ballots.ballot_about(session, adapter_id=adapter.id) if adapter else None
    if ballot is None:
        raise NothingToOverride(f"There is no voice called {voice} that waits for a decision.")
    if ballot.status != BallotStatus.OPEN:
        raise BallotClosed(ballot.decided_by, ballot.status)
    if not ballot.failed_gates:
        raise NothingToOverride(f"{voice} passed every gate: reviewers can approve it as it is.")
    return ballot
