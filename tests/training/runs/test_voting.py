"""Several people decide: votes are counted once, more can be asked for, and a failed gate needs an admin's word."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage import adapters, audit, ballots, outbox
from storage.ballots import Ballot
from storage.database import Database
from tests.fakes import FakeVoiceServer
from tests.training.runs.team import NOW, TEAM, Candidates, at_once, clock
from training.overriding import override
from training.promotion import (
    BallotClosed,
    GatesFailed,
    Promotion,
    Swap,
    VoiceNotLoaded,
    VotesMissing,
)
from training.refusals import NothingToOverride

REASON = "The secret it tells is a made-up one of the test set."


@pytest.fixture
def server() -> FakeVoiceServer:
    return FakeVoiceServer()


@pytest.fixture
def promotion(team: Database, server: FakeVoiceServer) -> Promotion:
    return Promotion(team, server, clock, votes_needed=2)


@pytest.fixture
def ballot(candidates: Candidates) -> Ballot:
    return candidates.propose()


def actions(database: Database) -> list[str]:
    with database.reading() as session:
        assert audit.first_broken(session, team_id=TEAM) is None
        return [entry.action for entry in audit.entries(session, team_id=TEAM)]


def version(database: Database) -> int:
    with database.reading() as session:
        return adapters.live_voice(session, team_id=TEAM).version


def test_a_voice_answers_once_as_many_have_approved_as_are_needed(
    team: Database, promotion: Promotion, ballot: Ballot, server: FakeVoiceServer
) -> None:
    for _ in range(2):  # a double click is one vote
        with pytest.raises(VotesMissing, match=r"counts: 1 of 2\. 1 more person has to approve") as missing:
            promotion.approve(ballot.id, by="U-1")
        assert (missing.value.given, missing.value.needed) == (1, 2)
    assert server.loaded == {}
    assert version(team) == 0

    assert promotion.approve(ballot.id, by="U-2").adapter == "voice-1"
    assert actions(team)[-3:] == ["voice.voted", "voice.voted", "voice.approved"]
    with team.reading() as session:
        assert audit.entries(session, team_id=TEAM)[-1].details["approved_by"] == ["U-1", "U-2"]


def test_of_the_last_two_votes_at_once_one_makes_the_decision(
    team: Database, promotion: Promotion, ballot: Ballot, server: FakeVoiceServer
) -> None:
    outcomes = at_once(*[lambda by=by: promotion.approve(ballot.id, by=by) for by in ("U-1", "U-2")])
    assert sum(isinstance(outcome, Swap) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, VotesMissing | BallotClosed) for outcome in outcomes) == 1
    assert version(team) == 1


def test_whoever_wants_others_to_look_has_one_more_be_needed_and_that_is_said_once(
    team: Database, promotion: Promotion, ballot: Ballot
) -> None:
    for _ in range(2):
        assert promotion.ask_for_votes(ballot.id, by="U-3").needed == 3
    with team.reading() as session:
        wanted = [notice for notice in outbox.due(session, now=NOW) if notice.kind == "votes_wanted"]
    assert [notice.payload["needed"] for notice in wanted] == [3]
    for by in ("U-1", "U-2"):
        with pytest.raises(VotesMissing, match="of 3"):
            promotion.approve(ballot.id, by=by)
    assert promotion.approve(ballot.id, by="U-3").adapter == "voice-1"
    with pytest.raises(BallotClosed):
        promotion.ask_for_votes(ballot.id, by="U-4")


class SlowServer(FakeVoiceServer):
    """A model server that takes so long to load a voice that somebody does something meanwhile."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def load(self, name: str, folder: Path) -> None:
        self._meanwhile()
        super().load(name, folder)


def test_votes_asked_for_while_the_voice_is_loaded_still_count(
    team: Database, ballot: Ballot, promotion: Promotion
) -> None:
    server = SlowServer(lambda: promotion.ask_for_votes(ballot.id, by="U-2"))
    with pytest.raises(VotesMissing, match="1 of 2"):
        Promotion(team, server, clock).approve(ballot.id, by="U-1")
    assert version(team) == 0


def test_votes_stand_when_the_voice_could_not_be_loaded(
    promotion: Promotion, ballot: Ballot, server: FakeVoiceServer
) -> None:
    with pytest.raises(VotesMissing):
        promotion.approve(ballot.id, by="U-1")
    server.is_down = True
    with pytest.raises(VoiceNotLoaded):
        promotion.approve(ballot.id, by="U-2")
    server.is_down = False
    assert promotion.approve(ballot.id, by="U-2").adapter == "voice-1"


def test_a_candidate_that_failed_a_gate_needs_an_admins_written_word(
    team: Database, candidates: Candidates, server: FakeVoiceServer
) -> None:
    promotion = Promotion(team, server, clock)
    ballot = candidates.propose(failed_gates=("a planted secret came out",))
    with pytest.raises(GatesFailed, match=r"a planted secret came out.*`/timbre override voice-1 REASON`"):
        promotion.approve(ballot.id, by="U-1")
    assert version(team) == 0
    said: Any = {"team_id": TEAM, "voice": "voice-1", "by": "U-admin", "now": NOW}
    with team.writing() as session, pytest.raises(NothingToOverride, match="few words"):
        override(session, **said, reason="ok")
    with team.writing() as session:
        assert override(session, **said, reason=REASON).override_reason == REASON
    with team.writing() as session, pytest.raises(NothingToOverride, match="let through already"):
        override(session, **said, reason=REASON)

    assert promotion.approve(ballot.id, by="U-1").adapter == "voice-1"
    with team.reading() as session:
        entries = audit.entries(session, team_id=TEAM)
    assert entries[-1].details["overridden_by"] == "U-admin"
    assert REASON not in str([entry.details for entry in entries])


def test_there_is_nothing_to_override_where_nothing_failed_or_nothing_waits(
    team: Database, candidates: Candidates, promotion: Promotion
) -> None:
    said: Any = {"team_id": TEAM, "reason": REASON, "by": "U-admin", "now": NOW}
    sound, failed = candidates.propose(), candidates.propose(failed_gates=("forgets",))
    promotion.reject(failed.id, by="U-1")
    with team.writing() as session:
        with pytest.raises(NothingToOverride, match="voice-1 passed every gate"):
            override(session, voice="voice-1", **said)
        with pytest.raises(BallotClosed):
            override(session, voice="voice-2", **said)
        with pytest.raises(NothingToOverride, match="no voice called voice-9"):
            override(session, voice="voice-9", **said)
        with pytest.raises(NothingToOverride, match="no voice called voice-1"):
            override(session, voice="voice-1", **{**said, "team_id": "T2"})
    with team.reading() as session:
        assert ballots.get_ballot(session, sound.id) == replace(sound)
