"""A candidate becomes the voice in use, or not; and the way back. Called from the bot's process: no torch here.

Who may decide is checked at the click, before any of this is called.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import adapters, audit, ballots, outbox, runs
from storage.adapters import Adapter, AdapterStatus, LiveVoice
from storage.ballots import Ballot, BallotStatus
from storage.database import Database
from storage.runs import RunStatus
from training import voting
from training.binding import changes_since
from training.history import APPROVED, ROLLED_BACK, earlier_voice
from training.outcome import ACTOR
from training.refusals import (
    BallotClosed,
    BallotVoid,
    GatesFailed,
    LiveVoiceMoved,
    NoSuchVoice,
    PromotionError,
    VoiceNotLoaded,
    VotesMissing,
)
from training.voices import VoiceServer, VoiceServerError, load_unchanged, probe
from training.voting import Tally

__all__ = [
    "BallotClosed",
    "BallotVoid",
    "GatesFailed",
    "LiveVoiceMoved",
    "NoSuchVoice",
    "Promotion",
    "PromotionError",
    "Swap",
    "VoiceNotLoaded",
    "VoiceServer",
    "VoiceServerError",
    "VotesMissing",
]


@dataclass(frozen=True)
class Swap:
    """A change of the voice in use. `ms`: from the call until the next question is answered by `adapter`."""

    adapter: str
    previous: str
    ms: float
    version: int


class Promotion:
    """Decides about candidates and moves the live pointer; each change is audited and announced, or does not happen."""

    def __init__(
        self,
        database: Database,
        server: VoiceServer,
        clock: Callable[[], datetime],
        base_name: str = "base",
        votes_needed: int = 1,
    ) -> None:
        """`votes_needed`: how many people must approve a voice, if nobody asks for more."""
        self._database, self._server, self._now = database, server, clock
        self._base_name, self._votes_needed = base_name, votes_needed

    def approve(self, ballot_id: int, *, by: str) -> Swap:
        """Count an approval, and put the candidate of a ballot to use when it is the last that was needed.

        Raises `BallotClosed`, `BallotVoid` (and marks the ballot so), `GatesFailed`, `VotesMissing` or
        `VoiceNotLoaded`; approving again is trying again. `KeyError` without a ballot.
        """
        started = time.perf_counter()
        with self._database.reading() as session:
            ballot = ballots.get_ballot(session, ballot_id)
            candidate = adapters.get_adapter(session, ballot.adapter_id)
            live = adapters.live_voice(session, team_id=ballot.team_id)
        self._check_open(ballot, candidate)
        if reason := changes_since(ballot, candidate, live):
            self._void(ballot, candidate, reason)
            raise BallotVoid(reason)
        if ballot.failed_gates and not ballot.override_by:
            raise GatesFailed(candidate.name, ballot.failed_gates)
        with self._database.writing() as session:
            counted = voting.approve(session, ballot, candidate, by=by, at_least=self._votes_needed, now=self._now())
        if not counted.is_enough:
            raise VotesMissing(len(counted.approvals), counted.needed)
        load_unchanged(self._server, candidate)
        probe(self._server, candidate, against=self._audible(live.adapter))
        return self._make_live(ballot, candidate, by=by, started=started)

    def votes(self, ballot_id: int) -> Tally:
        """Return where the votes on a ballot stand."""
        with self._database.reading() as session:
            return voting.tally(session, ballot_id, at_least=self._votes_needed)

    def ask_for_votes(self, ballot_id: int, *, by: str) -> Tally:
        """Have one more person look at the candidate of a ballot. Raises `BallotClosed`, or `KeyError`."""
        with self._database.reading() as session:
            ballot = ballots.get_ballot(session, ballot_id)
            candidate = adapters.get_adapter(session, ballot.adapter_id)
        self._check_open(ballot, candidate)
        with self._database.writing() as session:
            return voting.ask_for_more(session, ballot, candidate, by=by, at_least=self._votes_needed, now=self._now())

    def reject(self, ballot_id: int, *, by: str) -> None:
        """Turn the candidate of a ballot down. Raises `BallotClosed`, or `KeyError` when there is no such ballot."""
        with self._database.reading() as session:
            ballot = ballots.get_ballot(session, ballot_id)
            candidate = adapters.get_adapter(session, ballot.adapter_id)
        self._check_open(ballot, candidate)
        with self._database.writing() as session:
            self._decide(session, ballot, BallotStatus.REJECTED, by=by)
            adapters.set_adapter_status(session, candidate.id, AdapterStatus.REJECTED)
            self._end_run(session, candidate, RunStatus.REJECTED)
            details = {"ballot_id": ballot.id, "adapter": candidate.name, "adapter_sha256": candidate.sha256}
            self._audit(session, ballot.team_id, by, "voice.rejected", details)

    def rollback(self, *, team_id: str, to: str | None, by: str) -> Swap:
        """Go back to an earlier voice: `to` names it, or the base model; None is the one before the one in use.

        Raises `NoSuchVoice`, `VoiceNotLoaded` or `LiveVoiceMoved`.
        """
        started = time.perf_counter()
        with self._database.reading() as session:
            live = adapters.live_voice(session, team_id=team_id)
            target = earlier_voice(session, live, to, base_name=self._base_name)
        if target is not None:
            load_unchanged(self._server, target)
        with self._database.writing() as session:
            version = self._move(session, live, target)
            if live.adapter:
                adapters.set_adapter_status(session, live.adapter.id, AdapterStatus.RETIRED)
            swap = Swap(self._name(target), self._name(live.adapter), _ms_since(started), version)
            self._record(session, team_id, swap, by, ROLLED_BACK, {"rollback": True})
        return swap

    def _audible(self, live: Adapter | None) -> str:
        """Return what answers now: the voice in use, or the base model where the server can't use that one."""
        try:
            if live:
                load_unchanged(self._server, live)
        except VoiceNotLoaded:
            return self._base_name
        return self._name(live)

    def _check_open(self, ballot: Ballot, candidate: Adapter) -> None:
        if ballot.status != BallotStatus.OPEN:
            raise BallotClosed(ballot.decided_by, ballot.status)
        if ballot.expires_at <= self._now():
            with self._database.writing() as session:
                self._decide(session, ballot, BallotStatus.EXPIRED, by=None)
                self._end_run(session, candidate, RunStatus.EXPIRED)
            raise BallotClosed(None, BallotStatus.EXPIRED)

    def _void(self, ballot: Ballot, candidate: Adapter, reason: str) -> None:
        with self._database.writing() as session:
            self._decide(session, ballot, BallotStatus.VOID, by=None)
            self._end_run(session, candidate, RunStatus.EXPIRED)
            details = {"ballot_id": ballot.id, "adapter": candidate.name, "reason": reason}
            self._audit(session, ballot.team_id, ACTOR, "ballot.void", details)

    def _make_live(self, ballot: Ballot, candidate: Adapter, *, by: str, started: float) -> Swap:
        try:
            with self._database.writing() as session:
                counted = voting.tally(session, ballot.id, at_least=self._votes_needed)
                if not counted.is_enough:  # somebody asked for more while the voice was loaded
                    raise VotesMissing(len(counted.approvals), counted.needed)
                self._decide(session, ballot, BallotStatus.APPROVED, by=by)
                live = adapters.live_voice(session, team_id=ballot.team_id)
                version = self._move(session, LiveVoice(ballot.team_id, live.adapter, ballot.live_version), candidate)
                if live.adapter:
                    adapters.set_adapter_status(session, live.adapter.id, AdapterStatus.RETIRED)
                self._end_run(session, candidate, RunStatus.LIVE)
                swap = Swap(candidate.name, self._name(live.adapter), _ms_since(started), version)
                hashes = {
                    "ballot_id": ballot.id,
                    "adapter_sha256": ballot.adapter_sha256,
                    "dataset_sha256": ballot.dataset_sha256,
                    "report_sha256": ballot.report_sha256,
                    "approved_by": list(counted.approvals),
                    "overridden_by": ballot.override_by,
                }
                self._record(session, ballot.team_id, swap, by, APPROVED, hashes)
            return swap
        except LiveVoiceMoved:
            reason = "another voice went live since it was opened"
            self._void(ballot, candidate, reason)
            raise BallotVoid(reason) from None

    def _decide(self, session: Session, ballot: Ballot, status: BallotStatus, *, by: str | None) -> None:
        if not ballots.decide_ballot(session, ballot.id, status, decided_by=by, now=self._now()):
            decided = ballots.get_ballot(session, ballot.id)
            raise BallotClosed(decided.decided_by, decided.status)

    def _move(self, session: Session, live: LiveVoice, target: Adapter | None) -> int:
        """Move the pointer from `live` to `target`; returns its new version. Raises `LiveVoiceMoved`."""
        moved = adapters.move_live_voice(
            session,
            team_id=live.team_id,
            adapter_id=target.id if target else None,
            expected_version=live.version,
            now=self._now(),
        )
        if not moved:
            raise LiveVoiceMoved
        if target:
            adapters.set_adapter_status(session, target.id, AdapterStatus.LIVE)
        return live.version + 1

    def _end_run(self, session: Session, adapter: Adapter, status: RunStatus) -> None:
        waiting = (RunStatus.AWAITING_APPROVAL,)
        runs.move_run(session, adapter.run_id, to=status, only_from=waiting, now=self._now())

    def _record(
        self, session: Session, team_id: str, swap: Swap, by: str, action: str, details: dict[str, object]
    ) -> None:
        known = {"adapter": swap.adapter, "previous": swap.previous, "version": swap.version, "ms": round(swap.ms, 1)}
        self._audit(session, team_id, by, action, {**known, **details})
        payload = {"adapter": swap.adapter, "previous": swap.previous, "by": by, "rollback": "rollback" in details}
        key = f"voice:{team_id}:{swap.version}"
        outbox.enqueue(session, team_id=team_id, key=key, kind="deployed", payload=payload, now=self._now())

    def _audit(self, session: Session, team_id: str, actor: str, action: str, details: dict[str, object]) -> None:
        audit.append(session, team_id=team_id, actor=actor, action=action, details=details, now=self._now())

    def _name(self, adapter: Adapter | None) -> str:
        return adapter.name if adapter else self._base_name


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
