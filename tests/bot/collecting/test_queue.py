"""The review queue: who may see what of it, a page at a time."""

import time
from typing import Any

import pytest

from bot.blocks.card import Card
from bot.blocks.pair_button import PairButton
from bot.collecting.decisions import ReviewRefusedError
from bot.collecting.queue import PAGE
from storage.pairs import Candidate, PairStatus, Priority, add_candidate, edit_pair
from tests.bot.collecting.review_desk import Desk
from tests.bot.conftest import NOW, TEAM
from tests.playground_server import RunningPlayground


def ids(cards: tuple[Card, ...]) -> list[int]:
    return [card.pair.id for card in cards]


def test_what_was_approved_and_changed_comes_first_and_what_was_only_proposed_last(desk: Desk) -> None:
    proposed = desk.add(priority=Priority.PROPOSED)
    nominated = desk.add()
    changed = desk.add(priority=Priority.CHANGED)

    assert ids(desk.queue.page("UBEN").cards) == [changed.id, nominated.id, proposed.id]


def test_pages_follow_each_other_both_ways_and_hold_everything_once(desk: Desk) -> None:
    pairs = [desk.add(priority=Priority(number % 3)).id for number in range(12)]

    first = desk.queue.page("UBEN")
    second = desk.queue.page("UBEN", after=first.next_after)
    third = desk.queue.page("UBEN", after=second.next_after)

    assert [len(page.cards) for page in (first, second, third)] == [PAGE, PAGE, 2]
    assert sorted([*ids(first.cards), *ids(second.cards), *ids(third.cards)]) == pairs
    assert (first.waiting, third.next_after) == (12, None)
    assert desk.queue.page("UBEN", after=third.previous_after).cards == second.cards
    assert desk.queue.page("UBEN", after=second.previous_after).cards == first.cards


def test_a_page_that_was_decided_away_gives_way_to_the_one_before(desk: Desk) -> None:
    for _ in range(PAGE + 1):
        desk.add()
    first = desk.queue.page("UBEN")
    (last,) = desk.queue.page("UBEN", after=first.next_after).cards
    desk.decisions.reject(PairButton.of(last.pair).shown, by="UBEN")

    again = desk.queue.page("UBEN", after=first.next_after)

    assert (ids(again.cards), again.after) == (ids(first.cards), None)


def test_what_was_said_in_private_is_shown_to_reviewers_who_are_there(desk: Desk) -> None:
    public, private = desk.add(), desk.add(channel="CVAULT")

    assert ids(desk.queue.page("UBEN").cards) == [public.id, private.id]  # ben is in there
    assert ids(desk.queue.page("UCLEO").cards) == [public.id]
    assert desk.queue.page("UCLEO").waiting == 1


def test_private_pairs_are_shown_to_nobody_when_slack_does_not_say_who_is_there(
    desk: Desk, town: RunningPlayground
) -> None:
    desk.add(channel="CVAULT")
    town.control("trouble", api=[{"method": "conversations.members", "answer": "fatal_error", "calls": 1}])

    assert desk.queue.page("UBEN").cards == ()


@pytest.mark.parametrize("user", ["UTOM", "UADA"])
def test_only_reviewers_see_the_queue(desk: Desk, user: str) -> None:
    desk.add()

    with pytest.raises(ReviewRefusedError, match="Only reviewers"):
        desk.queue.page(user)


def test_a_whole_page_is_decided_as_it_was_shown_and_the_rest_is_said(desk: Desk) -> None:
    pairs = [desk.add() for _ in range(4)]
    own = desk.add()
    twin = desk.approved()
    desk.resemble(pairs[3], twin)
    pressed = [PairButton.of(pair) for pair in (*pairs, own)]
    with desk.database.writing() as session:
        edit_pair(session, pairs[2].id, question="Other?", answer="Other.", redactions=[], by="UCLEO")

    said, done = desk.queue.decide(pressed, approve=True, by="UBEN")

    assert [desk.status(pair) for pair in pairs] == [
        PairStatus.APPROVED,
        PairStatus.APPROVED,
        PairStatus.CANDIDATE,
        PairStatus.CANDIDATE,
    ]
    assert said.startswith("3 approved.")
    assert "1 left (no. 3 on the page): This answer has changed since" in said
    assert "1 left (no. 4 on the page): It resembles an approved answer" in said

    assert desk.queue.take_back(done, by="UCLEO").startswith("0 taken back. 3 left: You decided nothing here.")
    assert desk.queue.take_back(done, by="UBEN") == "3 taken back."
    assert PairStatus.APPROVED not in {desk.status(pair) for pair in (*pairs, own)}


def test_a_page_is_approved_though_one_of_it_resembles_what_is_not_shown(desk: Desk) -> None:
    pairs = [desk.add() for _ in range(3)]
    desk.resemble(pairs[1], desk.approved(channel="CVAULT"))

    said, done = desk.queue.decide([PairButton.of(pair) for pair in pairs], approve=True, by="UCLEO")

    assert (said, len(done)) == ("3 approved.", 3)
    assert {desk.status(pair) for pair in pairs} == {PairStatus.APPROVED}


def test_what_is_left_of_a_page_in_private_is_left_for_the_shown_rival_alone(desk: Desk) -> None:
    pairs = [desk.add(channel="CVAULT") for _ in range(2)]
    desk.resemble(pairs[0], desk.approved(channel="CVAULT"))

    said, _ = desk.queue.decide([PairButton.of(pair) for pair in pairs], approve=True, by="UBEN")

    assert said.startswith("1 approved. 1 left (no. 1 on the page): It resembles an approved answer")


def test_rejecting_a_whole_page_rejects_what_resembles_others_too(desk: Desk) -> None:
    pair = desk.add()
    desk.resemble(pair, desk.approved())

    assert desk.queue.decide([PairButton.of(pair)], approve=False, by="UBEN")[0] == "1 rejected."
    assert desk.status(pair) is PairStatus.REJECTED


def test_nobody_decides_a_page_without_being_a_reviewer(desk: Desk) -> None:
    pair = desk.add()

    said, _ = desk.queue.decide([PairButton.of(pair)], approve=True, by="UTOM")

    assert said.startswith("0 approved. 1 left: Only reviewers decide")
    assert desk.status(pair) is PairStatus.CANDIDATE


def test_approved_answers_that_disagree_are_on_top_of_the_first_page(desk: Desk) -> None:
    one, other = desk.approved(answer="At 8."), desk.approved(answer="At 9.")
    desk.resemble(other, one, disagrees=True)
    for _ in range(PAGE + 1):
        desk.add()

    first = desk.queue.page("UBEN")

    assert ids(first.disputes) == [other.id]
    assert [rival.pair.id for rival in first.disputes[0].rivals] == [one.id]
    assert desk.queue.page("UBEN", after=first.next_after).disputes == ()


def test_a_dispute_in_private_is_shown_to_those_who_are_there(desk: Desk) -> None:
    one, other = desk.approved(channel="CVAULT"), desk.approved(channel="CVAULT")
    desk.resemble(other, one, disagrees=True)

    assert ids(desk.queue.page("UBEN").disputes) == [other.id]
    assert desk.queue.page("UCLEO").disputes == ()


def test_a_public_pair_is_not_shown_beside_what_became_private(desk: Desk) -> None:
    pair, private = desk.add(), desk.approved(channel="CVAULT")
    desk.resemble(pair, private)

    (card,) = desk.queue.page("UBEN").cards

    assert card.rivals == ()


def test_the_first_page_of_ten_thousand_pairs_comes_in_a_tenth_of_a_second(desk: Desk) -> None:
    with desk.database.writing() as session:
        for number in range(10_000):
            at = f"9{number}.0"
            said: dict[str, Any] = {"question": f"Q{number}?", "answer": f"A{number}.", "permalink": "https://x"}
            found = Candidate(TEAM, "CHELP", False, at, at, f"{at}1", asked_by="UTOM", answered_by="UMIA", **said)
            add_candidate(session, found, now=NOW, priority=Priority(number % 3))
    desk.queue.page("UBEN")  # who reviews is asked of Slack once in half a minute

    seconds: list[float] = []
    for _ in range(5):
        started = time.perf_counter()
        page = desk.queue.page("UBEN")
        seconds.append(time.perf_counter() - started)

    assert (len(page.cards), page.waiting) == (PAGE, 10_000)
    assert min(seconds) < 0.1  # the least of them: whatever else the machine does is no part of it
