import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import adapters, audit, ballots, outbox, runs
from storage.adapters import AdapterStatus, LiveVoice
from storage.ballots import Ballot, BallotStatus
from storage.database import Database
from storage.runs import RunStatus
from tests.fakes import FakeVoiceServer
from tests.training.runs.team import NOW, TEAM, Candidates, at_once, clock
from training.checkpoints import WEIGHTS
from training.folders import RunFolders
from training.promotion import (
    BallotClosed,
    BallotVoid,
    NoSuchVoice,
    Promotion,
    Swap,
    VoiceNotLoaded,
)


@pytest.fixture
def server() -> FakeVoiceServer:
    return FakeVoiceServer()


@pytest.fixture
def promotion(team: Database, server: FakeVoiceServer) -> Promotion:
    return Promotion(team, server, clock)


@pytest.fixture
def ballot(candidates: Candidates) -> Ballot:
    return candidates.propose()


def live(database: Database) -> LiveVoice:
    with database.reading() as session:
        return adapters.live_voice(session, team_id=TEAM)


def status_of(database: Database, ballot: Ballot) -> tuple[BallotStatus, AdapterStatus, RunStatus]:
    with database.reading() as session:
        adapter = adapters.get_adapter(session, ballot.adapter_id)
        return (
            ballots.get_ballot(session, ballot.id).status,
            adapter.status,
            runs.get_run(session, adapter.run_id).status,
        )


def notices(database: Database, kind: str) -> list[dict[str, object]]:
    with database.reading() as session:
        return [n.payload for n in outbox.due(session, now=NOW + timedelta(days=1), limit=100) if n.kind == kind]


def test_an_approved_candidate_is_loaded_and_answers(
    team: Database, server: FakeVoiceServer, promotion: Promotion, ballot: Ballot, candidates: Candidates
) -> None:
    swap = promotion.approve(ballot.id, by="U-reviewer")
    assert (swap.adapter, swap.previous, swap.version) == ("voice-1", "base", 1)
    assert swap.ms > 0
    assert server.loaded == {"voice-1": candidates.folders(ballot).adapter}
    voice = live(team)
    assert voice.adapter is not None
    assert (voice.adapter.name, voice.version) == ("voice-1", 1)
    assert status_of(team, ballot) == (BallotStatus.APPROVED, AdapterStatus.LIVE, RunStatus.LIVE)


def test_a_candidate_can_be_approved_though_the_voice_in_use_cant_be_loaded(
    team: Database, server: FakeVoiceServer, promotion: Promotion, ballot: Ballot, candidates: Candidates
) -> None:
    promotion.approve(ballot.id, by="U-reviewer")
    server.loaded.clear()
    (candidates.folders(ballot).adapter / WEIGHTS).write_bytes(b"others")

    swap = promotion.approve(candidates.propose().id, by="U-reviewer")

    assert (swap.adapter, swap.previous) == ("voice-2", "voice-1")


def test_an_approval_is_audited_with_what_it_is_bound_to_and_announced(
    team: Database, promotion: Promotion, ballot: Ballot
) -> None:
    promotion.approve(ballot.id, by="U-reviewer")
    with team.reading() as session:
        entry = audit.entries(session, team_id=TEAM)[-1]
        assert audit.first_broken(session, team_id=TEAM) is None
    assert (entry.actor, entry.action) == ("U-reviewer", "voice.approved")
    assert entry.details["adapter_sha256"] == ballot.adapter_sha256
    assert entry.details["dataset_sha256"] == ballot.dataset_sha256
    assert entry.details["report_sha256"] == ballot.report_sha256
    assert entry.details["ms"] > 0
    assert notices(team, "deployed") == [
        {"adapter": "voice-1", "previous": "base", "by": "U-reviewer", "rollback": False}
    ]


def test_a_second_approval_says_that_it_was_decided(promotion: Promotion, ballot: Ballot) -> None:
    promotion.approve(ballot.id, by="U-first")
    with pytest.raises(BallotClosed, match="approved already") as refused:
        promotion.approve(ballot.id, by="U-second")
    assert (refused.value.by, refused.value.status) == ("U-first", BallotStatus.APPROVED)


def test_a_rejected_candidate_stays_out_of_use(team: Database, promotion: Promotion, ballot: Ballot) -> None:
    promotion.reject(ballot.id, by="U-reviewer")
    assert live(team).adapter is None
    assert status_of(team, ballot) == (BallotStatus.REJECTED, AdapterStatus.REJECTED, RunStatus.REJECTED)
    with pytest.raises(BallotClosed, match="rejected already"):
        promotion.approve(ballot.id, by="U-reviewer")


def test_many_clicks_at_once_make_one_decision(
    team: Database, server: FakeVoiceServer, promotion: Promotion, ballot: Ballot
) -> None:
    server.before_answering = threading.Barrier(6)
    outcomes = at_once(*[lambda: promotion.approve(ballot.id, by="U-reviewer")] * 6)
    assert sum(isinstance(outcome, Swap) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, BallotClosed) for outcome in outcomes) == 5
    assert live(team).version == 1
    assert len(notices(team, "deployed")) == 1


def test_an_approval_and_a_rejection_at_once_make_one_decision(
    team: Database, promotion: Promotion, ballot: Ballot
) -> None:
    outcomes = at_once(lambda: promotion.approve(ballot.id, by="U-1"), lambda: promotion.reject(ballot.id, by="U-2"))
    assert sum(isinstance(outcome, BallotClosed) for outcome in outcomes) == 1
    approved = status_of(team, ballot)[0] == BallotStatus.APPROVED
    assert (live(team).adapter is not None) == approved


def test_of_two_candidates_approved_at_once_one_goes_live_and_the_other_is_void(
    team: Database, server: FakeVoiceServer, promotion: Promotion, candidates: Candidates
) -> None:
    one, other = candidates.propose(), candidates.propose()
    server.before_answering = threading.Barrier(2)
    outcomes = at_once(lambda: promotion.approve(one.id, by="U-1"), lambda: promotion.approve(other.id, by="U-2"))
    swaps = [outcome for outcome in outcomes if isinstance(outcome, Swap)]
    assert len(swaps) == 1
    assert [type(outcome) for outcome in outcomes].count(BallotVoid) == 1
    voice = live(team)
    assert voice.adapter is not None
    assert (voice.adapter.name, voice.version) == (swaps[0].adapter, 1)
    assert {status_of(team, b)[0] for b in (one, other)} == {BallotStatus.APPROVED, BallotStatus.VOID}


def flip_a_byte(folders: RunFolders) -> None:
    weights = folders.adapter / "adapter_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)


def add_to(path: Path) -> None:
    path.write_text(path.read_text() + " ")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (flip_a_byte, "the files of voice-1 are not those that were evaluated"),
        (lambda f: (f.adapter / "manifest.json").unlink(), "the files of voice-1 are not"),
        (lambda f: add_to(f.report), "the report of voice-1 is not the one that was shown"),
        (lambda f: f.report.unlink(), "the report of voice-1 is not"),
        (lambda f: (f.run / "test.jsonl").write_text("{}"), "the dataset of run 1 is not the one it learnt from"),
        (lambda f: (f.run / "train.jsonl").unlink(), "the dataset of run 1 is not"),
        (lambda f: (f.run / "dataset.json").unlink(), "the dataset of run 1 is not"),
    ],
)
def test_a_ballot_is_void_once_what_was_shown_has_changed(
    team: Database,
    server: FakeVoiceServer,
    promotion: Promotion,
    candidates: Candidates,
    ballot: Ballot,
    change: Callable[[RunFolders], object],
    reason: str,
) -> None:
    change(candidates.folders(ballot))
    with pytest.raises(BallotVoid, match=f"{reason}.*Retrain to compare again"):
        promotion.approve(ballot.id, by="U-reviewer")
    assert live(team) == LiveVoice(TEAM, None, 0)
    assert server.loaded == {}
    assert status_of(team, ballot) == (BallotStatus.VOID, AdapterStatus.CANDIDATE, RunStatus.EXPIRED)
    with pytest.raises(BallotClosed, match="This ballot is void"):
        promotion.approve(ballot.id, by="U-reviewer")


def test_a_ballot_is_void_once_another_voice_went_live(
    team: Database, promotion: Promotion, candidates: Candidates
) -> None:
    one, other = candidates.propose(), candidates.propose()
    promotion.approve(other.id, by="U-reviewer")
    with pytest.raises(BallotVoid, match="another voice went live"):
        promotion.approve(one.id, by="U-reviewer")
    voice = live(team)
    assert voice.adapter is not None
    assert voice.adapter.name == "voice-2"


def test_an_expired_ballot_decides_nothing(team: Database, server: FakeVoiceServer, ballot: Ballot) -> None:
    def later() -> datetime:
        return NOW + timedelta(days=7)

    with pytest.raises(BallotClosed, match="time to decide about this voice is over") as refused:
        Promotion(team, server, later).approve(ballot.id, by="U-reviewer")
    assert refused.value.by is None
    assert status_of(team, ballot) == (BallotStatus.EXPIRED, AdapterStatus.CANDIDATE, RunStatus.EXPIRED)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda server: setattr(server, "is_down", True), "the model server does not answer"),
        (lambda server: server.mute.add("voice-1"), "voice-1 gave an empty answer"),
        (lambda server: server.parrots.add("voice-1"), "voice-1 answers exactly like base"),
    ],
)
def test_a_voice_that_the_server_does_not_speak_with_can_be_approved_later(
    team: Database,
    server: FakeVoiceServer,
    promotion: Promotion,
    ballot: Ballot,
    trouble: Callable[[FakeVoiceServer], object],
    reason: str,
) -> None:
    trouble(server)
    with pytest.raises(VoiceNotLoaded, match=f"{reason}. The one before stays; try again."):
        promotion.approve(ballot.id, by="U-reviewer")
    assert live(team).adapter is None
    assert status_of(team, ballot)[0] == BallotStatus.OPEN
    server.is_down, server.mute, server.parrots = False, set(), set()
    assert promotion.approve(ballot.id, by="U-reviewer").adapter == "voice-1"


def test_rolling_back_goes_one_voice_back_each_time(
    team: Database, promotion: Promotion, candidates: Candidates
) -> None:
    for _ in range(2):
        promotion.approve(candidates.propose().id, by="U-reviewer")
    first = promotion.rollback(team_id=TEAM, to=None, by="U-admin")
    assert (first.adapter, first.previous, first.version) == ("voice-1", "voice-2", 3)
    second = promotion.rollback(team_id=TEAM, to=None, by="U-admin")
    assert (second.adapter, second.previous, second.version) == ("base", "voice-1", 4)
    with pytest.raises(
        NoSuchVoice, match="in use: to bring an approved voice back, type `/timbre rollback voice-2` or"
    ):
        promotion.rollback(team_id=TEAM, to=None, by="U-admin")
    assert [notice["adapter"] for notice in notices(team, "deployed")] == ["voice-1", "voice-2", "voice-1", "base"]
    with team.reading() as session:
        statuses = {adapter.status for adapter in adapters.list_adapters(session, team_id=TEAM)}
    assert statuses == {AdapterStatus.RETIRED}


def test_an_approval_after_a_rollback_has_the_voice_rolled_back_to_before_it(
    promotion: Promotion, candidates: Candidates
) -> None:
    for _ in range(2):
        promotion.approve(candidates.propose().id, by="U-reviewer")
    promotion.rollback(team_id=TEAM, to=None, by="U-admin")
    promotion.approve(candidates.propose().id, by="U-reviewer")
    assert promotion.rollback(team_id=TEAM, to=None, by="U-admin").adapter == "voice-1"


def test_rolling_back_goes_to_a_voice_that_is_named(promotion: Promotion, candidates: Candidates) -> None:
    for _ in range(3):
        promotion.approve(candidates.propose().id, by="U-reviewer")
    assert promotion.rollback(team_id=TEAM, to="voice-1", by="U-admin").adapter == "voice-1"
    assert promotion.rollback(team_id=TEAM, to="voice-3", by="U-admin").adapter == "voice-3"
    assert promotion.rollback(team_id=TEAM, to="base", by="U-admin").adapter == "base"


def test_nobody_rolls_back_to_a_voice_that_was_never_approved(promotion: Promotion, candidates: Candidates) -> None:
    promotion.approve(candidates.propose().id, by="U-reviewer")
    rejected, waiting = candidates.propose(), candidates.propose()
    promotion.reject(rejected.id, by="U-reviewer")
    assert waiting.status == BallotStatus.OPEN
    for name in ("voice-2", "voice-3", "voice-99", ""):
        with pytest.raises(NoSuchVoice, match="no approved voice"):
            promotion.rollback(team_id=TEAM, to=name, by="U-admin")
    with pytest.raises(NoSuchVoice, match="voice-1 is in use already"):
        promotion.rollback(team_id=TEAM, to="voice-1", by="U-admin")


def test_a_voice_whose_files_have_changed_is_not_rolled_back_to(
    team: Database, promotion: Promotion, candidates: Candidates
) -> None:
    first = candidates.propose()
    promotion.approve(first.id, by="U-reviewer")
    promotion.approve(candidates.propose().id, by="U-reviewer")
    flip_a_byte(candidates.folders(first))
    with pytest.raises(VoiceNotLoaded, match=r"adapter_model\.safetensors"):
        promotion.rollback(team_id=TEAM, to="voice-1", by="U-admin")
    assert live(team).version == 2


def test_two_rollbacks_at_once_never_bring_a_voice_back(
    team: Database, promotion: Promotion, candidates: Candidates
) -> None:
    for _ in range(3):
        promotion.approve(candidates.propose().id, by="U-reviewer")
    at_once(*[lambda: promotion.rollback(team_id=TEAM, to=None, by="U-admin")] * 2)
    voice = live(team)
    assert voice.adapter is not None
    assert voice.adapter.name in {"voice-2", "voice-1"}
    with team.reading() as session:
        standing = [adapter.status for adapter in adapters.list_adapters(session, team_id=TEAM)]
    assert standing.count(AdapterStatus.LIVE) == 1


def test_a_ballot_that_does_not_exist_is_a_key_error(promotion: Promotion) -> None:
    with pytest.raises(KeyError):
        promotion.approve(99, by="U-reviewer")
