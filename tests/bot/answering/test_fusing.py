"""What is found by meaning and by words is put on one scale, whatever the embedder's cosines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.fusing import UNCERTAIN, WORDS, fuse, lexical_weight

cosines = st.dictionaries(st.integers(0, 9), st.floats(0.0, 1.0), min_size=1)
shares = st.dictionaries(st.integers(0, 9), st.floats(0.0, 1.0))


def test_a_score_is_the_cosine_and_a_part_of_the_words_share() -> None:
    fused = fuse({1: 0.8, 2: 0.7}, {2: 0.3, 1: 0.3})

    assert fused[1] == pytest.approx((0.8, 0.8 + WORDS * 0.3))
    assert fused[2] == pytest.approx((0.7, 0.7 + WORDS * 0.3))


def test_what_only_words_found_is_no_nearer_than_what_meaning_found() -> None:
    assert fuse({1: 0.8, 2: 0.3}, {3: 0.5, 4: 0.5})[3] == pytest.approx((0.3, 0.3 + WORDS * 0.5))


def test_words_decide_where_nothing_is_near() -> None:
    near, far = fuse({1: 0.85, 2: 0.65}, {2: 0.2}), fuse({1: 0.30, 2: 0.10}, {2: 0.2})

    assert near[1][1] > near[2][1]
    assert far[2][1] > far[1][1]


def test_words_decide_where_everything_is_as_near_as_usual() -> None:
    unusual, usual = fuse({1: 0.85, 2: 0.7}, {2: 0.2}), fuse({1: 0.85, 2: 0.8}, {2: 0.2}, usual=0.75)

    assert unusual[1][1] > unusual[2][1]
    assert usual[2][1] > usual[1][1]


def test_words_that_one_passage_has_and_no_other_are_worth_more() -> None:
    shared, alone = fuse({1: 0.9, 2: 0.7}, {2: 0.3, 3: 0.25}), fuse({1: 0.9, 2: 0.7}, {2: 0.3})

    assert shared[1][1] > shared[2][1]
    assert alone[2][1] > alone[1][1]


@given(dense=cosines, lexical=shares, usual=st.floats(0.0, 0.5), narrowed=st.floats(0.05, 1.0))
def test_an_embedder_with_cosines_close_together_makes_no_difference(
    dense: dict[int, float], lexical: dict[int, float], usual: float, narrowed: float
) -> None:
    def moved(cosine: float) -> float:
        return 1 - narrowed * (1 - cosine)

    fused = fuse(dense, lexical, usual=usual)
    elsewhere = fuse({id_: moved(cosine) for id_, cosine in dense.items()}, lexical, usual=moved(usual))

    assert {id_: score for id_, (_, score) in elsewhere.items()} == pytest.approx(
        {id_: score for id_, (_, score) in fused.items()}, abs=1e-6
    )


@given(best=st.floats(-1, 1), better=st.floats(-1, 1), lead=st.floats(0, 1))
def test_words_are_worth_less_the_nearer_the_best_passage_is(best: float, better: float, lead: float) -> None:
    assert best > better or WORDS + UNCERTAIN >= lexical_weight(best, 0) >= lexical_weight(better, 0) >= WORDS
    assert lexical_weight(best, lead) >= lexical_weight(best, 0)


@pytest.mark.parametrize(("dense", "lexical"), [({}, {}), ({1: -0.1}, {}), ({}, {1: 3.0}), ({1: 0.5}, {1: 0.0})])
def test_one_arm_may_find_nothing(dense: dict[int, float], lexical: dict[int, float]) -> None:
    assert fuse(dense, lexical).keys() == dense.keys() | lexical.keys()
