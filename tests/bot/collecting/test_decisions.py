"""Who may decide what about a pair, on which words, and how often."""

import threading
from collections.abc import Callable

import pytest

from bot.collecting.decisions import Decisions, ReviewRefusedError, Shown
from storage.pairs import Pair, PairStatus, edit_pair, set_status
from storage.reviews import Verdict, Via, reviews_of
from storage.twins import TwinDecision, twins_of
from tests.bot.collecting.review_desk import Desk
from tests.bot.conftest import NOW

Act = Callable[[Decisions, Pair, Pair, str], Pair]


def shown(pair: Pair) -> Shown:
    return Shown(pair.id, pair.content_hash[:16])


def choosing(decision: TwinDecision) -> Act:
    return lambda decisions, pair, other, by: decisions.choose(shown(pair), other.id, decision, by=by)


ACTS: dict[str, Act] = {
    "approve": lambda decisions, pair, _, by: decisions.approve(shown(pair), by=by),
    "reject": lambda decisions, pair, _, by: decisions.reject(shown(pair), by=by),
    "edit": lambda decisions, pair, _, by: decisions.edit_and_approve(shown(pair), question="Q?", answer="A.", by=by),
    "open": lambda decisions, pair, _, by: decisions.may_decide(shown(pair), by=by),
    "replace": choosing(TwinDecision.REPLACE),
    "keep both": choosing(TwinDecision.KEEP_BOTH),
    "discard": choosing(TwinDecision.DISCARD),
}
BECOMES = {
    "approve": (PairStatus.APPROVED, PairStatus.APPROVED),
    "reject": (PairStatus.REJECTED, PairStatus.APPROVED),
    "edit": (PairStatus.APPROVED, PairStatus.APPROVED),
    "open": (PairStatus.CANDIDATE, PairStatus.APPROVED),
    "replace": (PairStatus.APPROVED, PairStatus.REPLACED),
    "keep both": (PairStatus.APPROVED, PairStatus.APPROVED),
    "discard": (PairStatus.REPLACED, PairStatus.APPROVED),
}


def two(desk: Desk) -> tuple[Pair, Pair]:
    pair, other = desk.add(), desk.approved()
    desk.resemble(pair, other)
    return pair, other


@pytest.mark.parametrize("act", ACTS)
def test_a_reviewer_decides(desk: Desk, act: str) -> None:
    pair, other = two(desk)

    ACTS[act](desk.decisions, pair, other, "UBEN")

    assert (desk.status(pair), desk.status(other)) == BECOMES[act]


@pytest.mark.parametrize("user", ["UTOM", "UADA"], ids=["member", "admin"])
@pytest.mark.parametrize("act", ACTS)
def test_nobody_else_does(desk: Desk, act: str, user: str) -> None:
    pair, other = two(desk)

    with pytest.raises(ReviewRefusedError, match="Only reviewers decide"):
        ACTS[act](desk.decisions, pair, other, user)

    assert (desk.status(pair), desk.status(other)) == (PairStatus.CANDIDATE, PairStatus.APPROVED)


@pytest.mark.parametrize("act", ACTS)
def test_words_that_changed_are_decided_by_nobody_who_saw_the_old_ones(desk: Desk, act: str) -> None:
    pair, other = two(desk)
    with desk.database.writing() as session:
        edit_pair(session, pair.id, question="Other?", answer="Other.", redactions=[], by="UCLEO")

    with pytest.raises(ReviewRefusedError, match="has changed since"):
        ACTS[act](desk.decisions, pair, other, "UBEN")


@pytest.mark.parametrize("act", ACTS)
def test_what_is_erased_stays_so(desk: Desk, act: str) -> None:
    pair, other = two(desk)
    with desk.database.writing() as session:
        set_status(session, pair.id, PairStatus.ERASED, now=NOW)

    with pytest.raises(ReviewRefusedError, match="Nothing is left of it"):
        ACTS[act](desk.decisions, pair, other, "UBEN")


@pytest.mark.parametrize("act", ACTS)
def test_what_was_said_in_private_is_decided_by_those_who_are_there(desk: Desk, act: str) -> None:
    pair, other = desk.add(channel="CVAULT"), desk.approved(channel="CVAULT")
    desk.resemble(pair, other)

    with pytest.raises(ReviewRefusedError, match="private channel that you are not in"):
        ACTS[act](desk.decisions, pair, other, "UCLEO")
    ACTS[act](desk.decisions, pair, other, "UBEN")

    assert (desk.status(pair), desk.status(other)) == BECOMES[act]


@pytest.mark.parametrize(
    ("user", "refusal"), [("UTOM", None), ("UADA", None), ("UBEN", None), ("UMIA", "their own answer")]
)
def test_everybody_but_its_author_nominates(desk: Desk, user: str, refusal: str | None) -> None:
    pair = desk.add()

    if refusal:
        with pytest.raises(ReviewRefusedError, match=refusal):
            desk.decisions.nominate(shown(pair), by=user)
        return
    assert desk.decisions.nominate(shown(pair), by=user).status is PairStatus.CANDIDATE
    with desk.database.reading() as session:
        words = [(one.reviewer_id, one.verdict) for one in reviews_of(session, pair.id) if one.via is Via.CLICK]
    assert words == [(user, Verdict.NOMINATE)]


def test_a_member_nominates_nothing_of_a_private_channel_that_they_are_not_in(desk: Desk) -> None:
    pair = desk.add(channel="CVAULT")

    with pytest.raises(ReviewRefusedError, match="private channel"):
        desk.decisions.nominate(shown(pair), by="UCLEO")


def test_two_who_choose_at_once_leave_one_of_two_answers(desk: Desk) -> None:
    """One replaces the old answer, the other discards the new one: whoever comes second finds it decided."""
    pair, other = two(desk)
    said: list[str] = []

    def choose(decision: TwinDecision, by: str) -> None:
        try:
            desk.decisions.choose(shown(pair), other.id, decision, by=by)
        except ReviewRefusedError as err:
            said.append(str(err))

    threads = [
        threading.Thread(target=choose, args=(TwinDecision.REPLACE, "UBEN")),
        threading.Thread(target=choose, args=(TwinDecision.DISCARD, "UCLEO")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert said == ["These two answers are no longer compared. Nothing was changed."]
    assert sorted((desk.status(pair), desk.status(other))) == [PairStatus.APPROVED, PairStatus.REPLACED]
    with desk.database.reading() as session:
        assert twins_of(session, pair.id) == []
