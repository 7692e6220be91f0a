"""Passages are found by meaning and by words, and only where they may be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.retrieval import LEXICAL_WEIGHT, Place, fuse, lexical_weight
from bot.bootstrap import Knowledge
from storage.knowledge import NewDocument, put_document
from tests.bot.conftest import NOW, TEAM

SHEDS = "The shed by the river keeps the long oars."
KEYS = "The spare keys hang behind the stove."


def know(knowledge: Knowledge, *documents: NewDocument) -> None:
    with knowledge.database.writing() as session:
        for document in documents:
            put_document(session, document, now=NOW)
    knowledge.indexing.follow()


def test_a_score_is_the_cosine_and_a_part_of_the_words_share() -> None:
    fused = fuse({1: 0.8, 2: 0.7}, {2: 0.6, 1: 0.3})

    assert fused[1] == pytest.approx((0.8, 0.8 + LEXICAL_WEIGHT * 0.3))
    assert fused[2] == pytest.approx((0.7, 0.7 + LEXICAL_WEIGHT * 0.6))


def test_what_only_words_found_is_no_nearer_than_what_meaning_found() -> None:
    assert fuse({1: 0.8, 2: 0.3}, {3: 0.5})[3] == pytest.approx((0.3, 0.3 + LEXICAL_WEIGHT * 0.5))


def test_words_decide_where_nothing_is_near() -> None:
    near, far = fuse({1: 0.85, 2: 0.65}, {2: 0.4}), fuse({1: 0.30, 2: 0.10}, {2: 0.4})

    assert near[1][1] > near[2][1]
    assert far[2][1] > far[1][1]


@given(best=st.floats(-1, 1), better=st.floats(-1, 1))
def test_words_are_worth_less_the_nearer_the_best_passage_is(best: float, better: float) -> None:
    assert best > better or lexical_weight(best) >= lexical_weight(better) >= LEXICAL_WEIGHT


@pytest.mark.parametrize(("dense", "lexical"), [({}, {}), ({1: -0.1}, {}), ({}, {1: 3.0}), ({1: 0.5}, {1: 0.0})])
def test_one_arm_may_find_nothing(dense: dict[int, float], lexical: dict[int, float]) -> None:
    assert fuse(dense, lexical).keys() == dense.keys() | lexical.keys()


def test_the_best_passage_comes_first_and_no_more_than_the_limit(knowledge: Knowledge) -> None:
    know(knowledge, NewDocument(TEAM, "a", "Sheds", None, (SHEDS,)), NewDocument(TEAM, "b", "Keys", None, (KEYS,)))

    hits = knowledge.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1)

    assert [hit.chunk.text for hit in hits] == [KEYS]
    assert hits[0].score >= hits[0].similarity > 0.4


def test_a_private_channels_passages_are_found_from_within_only(knowledge: Knowledge) -> None:
    know(
        knowledge,
        NewDocument(TEAM, "a", "Keys", None, (KEYS,)),
        NewDocument(TEAM, "b", "Keys", "CVAULT", ("The spare keys of the vault are under the mat.",)),
        NewDocument(TEAM, "c", "Keys", "COTHER", ("The spare keys of the other place are lost.",)),
    )

    def found(place: Place) -> set[str]:
        hits = knowledge.retriever.search("Where do the spare keys hang?", place, limit=10)
        return {hit.chunk.channel_id or "everybody" for hit in hits}

    assert found(Place(TEAM)) == {"everybody"}
    assert found(Place(TEAM, ("CVAULT",))) == {"everybody", "CVAULT"}
    assert found(Place(TEAM, ("D1",))) == {"everybody"}
    assert found(Place("T2", ("CVAULT",))) == set()


def test_a_passage_can_be_left_out(knowledge: Knowledge) -> None:
    know(knowledge, NewDocument(TEAM, "b", "Keys", None, (KEYS,)))

    assert knowledge.retriever.search("spare keys", Place(TEAM), limit=3, without=lambda chunk: True) == []


def test_an_empty_knowledge_has_no_passages(knowledge: Knowledge) -> None:
    assert knowledge.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=3) == []


def test_an_error_code_is_found_by_its_word_alone(knowledge: Knowledge) -> None:
    codes = [f"The winch reports E{number} when its motor is too warm to go on." for number in range(500, 540)]
    know(knowledge, NewDocument(TEAM, "a", "Winch", None, tuple(codes)))

    hits = knowledge.retriever.search("E517", Place(TEAM), limit=1)

    assert [hit.chunk.text for hit in hits] == [codes[17]]
