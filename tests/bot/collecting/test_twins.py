"""Approved answers to nearly the same question are found, and those that contradict each other told apart."""

import pytest

from bot.assembly.knowledge import Knowledge
from bot.collecting.standing import card_key, move
from bot.collecting.twins import SIMILAR, Twins, asks_the_same, disagree
from storage import outbox
from storage.database import Database
from storage.pairs import Candidate, Pair, PairStatus, Priority, add_candidate, edit_pair, get_pair
from storage.twins import Twin, TwinDecision, decide_twin, twins_of
from tests.bot.conftest import NOW, TEAM, Clock
from tests.fakes import FakeModelServer


class Bench:
    """Pairs that are compared as the bot compares them. `told`: the candidates that resembled something."""

    def __init__(self, database: Database, knowledge: Knowledge, clock: Clock) -> None:
        self.database = database
        self.told: list[int] = []
        self._knowledge = knowledge
        models = knowledge.models
        self._twins = Twins(
            database, knowledge.retriever, models.embed, clock, on_compared=lambda pair: self.told.append(pair.id)
        )
        self._count = 0

    def candidate(
        self, question: str, answer: str, *, private: bool = False, priority: Priority = Priority.NOMINATED
    ) -> Pair:
        self._count += 1
        at = f"{self._count}.0"
        channel = "CVAULT" if private else "CHELP"
        found = Candidate(TEAM, channel, private, at, at, f"{self._count}.1", question, answer, "U1", "U2", "https://x")
        with self.database.writing() as session:
            return add_candidate(session, found, now=NOW, priority=priority)

    def approve(self, pair: Pair) -> Pair:
        with self.database.writing() as session:
            return move(session, pair, PairStatus.APPROVED, approvals_needed=1, now=NOW)

    def approved(self, question: str, answer: str, *, private: bool = False) -> Pair:
        return self.approve(self.candidate(question, answer, private=private))

    def compare(self) -> None:
        self._knowledge.indexing.catch_up()
        self._twins.catch_up()

    def twins(self, pair: Pair) -> list[Twin]:
        with self.database.reading() as session:
            return twins_of(session, pair.id)

    def has_card(self, pair: Pair) -> bool:
        with self.database.reading() as session:
            return outbox.find(session, card_key(get_pair(session, pair.id))) is not None


@pytest.fixture
def bench(database: Database, knowledge: Knowledge, clock: Clock) -> Bench:
    return Bench(database, knowledge, clock)


def test_a_candidate_is_told_to_resemble_an_approved_answer_to_the_same_question(bench: Bench) -> None:
    known = bench.approved("Where is the spare kettle kept?", "On the top shelf of the kitchen.")
    bench.approved("When do we launch boats this spring?", "At high tide.")
    candidate = bench.candidate("Where is the spare kettle kept?", "On the top shelf of the pantry.")

    bench.compare()

    (twin,) = bench.twins(candidate)
    assert (twin.other_id, twin.disagrees, twin.decision) == (known.id, False, None)
    assert twin.similarity >= SIMILAR
    assert bench.told == [candidate.id]


def test_a_pair_whose_text_the_embedder_refuses_does_not_hold_up_the_others(
    bench: Bench, model_server: FakeModelServer
) -> None:
    known = bench.approved("Where is the spare kettle kept?", "On the top shelf of the kitchen.")
    refused = bench.candidate("Where is the spare xylophone kept?", "On the top shelf.")
    candidate = bench.candidate("Where is the spare kettle kept?", "On the top shelf of the pantry.")
    model_server.cannot_embed = "xylophone"

    bench.compare()

    assert bench.twins(refused) == []
    assert [twin.other_id for twin in bench.twins(candidate)] == [known.id]


def test_an_answer_approved_in_slack_that_resembles_another_is_put_before_the_reviewers(bench: Bench) -> None:
    bench.approved("What does a new mainsail cost?", "It costs $900.")
    bench.compare()
    second = bench.approved("What does a new mainsail cost?", "It costs $1,100.")

    bench.compare()

    assert [twin.disagrees for twin in bench.twins(second)] == [True]
    assert bench.has_card(second)


def test_two_approved_in_the_same_moment_are_compared_once(bench: Bench) -> None:
    first = bench.approved("What does a new mainsail cost?", "It costs $900.")
    second = bench.approved("What does a new mainsail cost?", "It costs $1,100.")

    bench.compare()

    assert len(bench.twins(first)) + len(bench.twins(second)) == 1


def test_what_is_decided_about_two_is_not_asked_again_while_they_say_the_same(bench: Bench) -> None:
    known = bench.approved("What does a new mainsail cost?", "It costs $900.")
    second = bench.approved("What does a new mainsail cost?", "It costs $1,100.")
    bench.compare()
    (twin,) = [*bench.twins(known), *bench.twins(second)]
    with bench.database.writing() as session:
        decide_twin(
            session,
            pair_id=twin.pair_id,
            other_id=twin.other_id,
            decision=TwinDecision.KEEP_BOTH,
            by="UBEN",
            now=NOW,
        )
    bench.approve(second)
    bench.compare()

    assert [*bench.twins(known), *bench.twins(second)] == []


def test_a_pair_that_says_something_else_now_is_compared_anew(bench: Bench) -> None:
    bench.approved("What does a new mainsail cost?", "It costs $900.")
    candidate = bench.candidate("When do we launch boats this spring?", "At high tide.")
    bench.compare()
    assert bench.twins(candidate) == []
    with bench.database.writing() as session:
        edit_pair(
            session,
            candidate.id,
            question="What does a new mainsail cost?",
            answer="It costs $900.",
            redactions=(),
            by="UBEN",
        )

    bench.compare()

    assert len(bench.twins(candidate)) == 1


def test_a_private_answer_is_not_shown_beside_a_public_one(bench: Bench) -> None:
    bench.approved("What does a new mainsail cost?", "It costs $900.", private=True)
    public = bench.candidate("What does a new mainsail cost?", "It costs $1,100.")
    private = bench.candidate("What does a new mainsail cost?", "It costs $1,100.", private=True)

    bench.compare()

    assert bench.twins(public) == []
    assert len(bench.twins(private)) == 1


def test_what_an_import_proposes_is_compared_when_it_is_approved(bench: Bench) -> None:
    bench.approved("What does a new mainsail cost?", "It costs $900.")
    proposed = bench.candidate("What does a new mainsail cost?", "It costs $900.", priority=Priority.PROPOSED)
    bench.compare()
    assert bench.twins(proposed) == []

    bench.approve(proposed)
    bench.compare()

    assert len(bench.twins(proposed)) == 1


@pytest.mark.parametrize(
    ("question", "other", "is_same"),
    [
        ("What does plan 12 cost?", "What does plan 13 cost?", False),
        ("What does a first year apprentice earn?", "What does a second year apprentice earn?", False),
        ("What does plan 12 cost?", "how much is plan 12", True),
        ("Who is [PERSON_1]?", "Who is [PERSON_2]?", True),
    ],
)
def test_questions_about_different_numbers_are_two_questions(question: str, other: str, is_same: bool) -> None:
    assert asks_the_same(question, other, likeness=0.95) is is_same


@pytest.mark.parametrize(
    ("answer", "other", "likeness", "is_contradiction"),
    [
        ("We open at 7:30.", "Doors open at 8:00.", 0.9, True),
        ("It costs $74 an hour.", "$74, and ask Mia about the 10 days of free storage.", 0.6, False),
        ("Yes, until Friday.", "No, not this week.", 0.8, True),
        ("Yes, until Friday.", "Sure, until Friday.", 0.8, False),
        ("In the blue tin.", "Ask at the front desk, they have a list.", 0.1, True),
        ("In the blue tin.", "Ahoy! In the blue tin, shipmate.", 0.7, False),
        ("Mail [EMAIL_1] and wait 2 days.", "Write to [EMAIL_2], it takes 2 days.", 0.8, False),
    ],
)
def test_answers_contradict_each_other_in_figures_in_yes_and_no_or_altogether(
    answer: str, other: str, likeness: float, is_contradiction: bool
) -> None:
    assert disagree(answer, other, likeness=likeness) is is_contradiction
