"""Figures of rankings, against ones worked out by hand."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.metrics import hit, measures, ndcg, reciprocal_rank

DOCUMENTS = [f"d{number}" for number in range(12)]
RANKINGS = st.permutations(DOCUMENTS)
RELEVANCES = st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from([0, 1, 2, 3]), min_size=1).filter(
    lambda relevance: any(relevance.values())
)


def test_figures_worked_out_by_hand() -> None:
    rankings = [["a", "b", "c"], ["x", "b", "a"], ["x", "y"]]
    relevances = [{"a": 1.0}, {"a": 2.0, "b": 1.0}, {"z": 1.0}]

    figures = measures(rankings, relevances)

    second = (1 / log2(3) + 2 / log2(4)) / (2 / log2(2) + 1 / log2(3))
    assert figures == pytest.approx(
        {"hit@1": 1 / 3, "hit@5": 2 / 3, "mrr@10": (1 + 1 / 2 + 0) / 3, "ndcg@10": (1 + second + 0) / 3}
    )


def test_what_is_judged_irrelevant_is_no_hit() -> None:
    assert hit(["a"], {"a": 0, "b": 1}, depth=1) == 0
    assert reciprocal_rank(["a", "b"], {"a": 0, "b": 1}) == 0.5
    assert ndcg(["a"], {"a": 0, "b": 1}) == 0


def test_nothing_counts_below_the_depth() -> None:
    assert hit(DOCUMENTS, {"d5": 1}, depth=5) == 0
    assert hit(DOCUMENTS, {"d4": 1}, depth=5) == 1
    assert reciprocal_rank(DOCUMENTS, {"d10": 1}) == 0
    assert ndcg(DOCUMENTS, {"d10": 1}) == 0


def test_more_relevant_documents_than_the_depth_do_not_make_a_perfect_ranking_worse() -> None:
    assert ndcg(DOCUMENTS, dict.fromkeys(DOCUMENTS, 1)) == 1


@given(ranking=RANKINGS, relevance=RELEVANCES)
def test_every_figure_lies_between_nothing_and_the_best_order(ranking: list[str], relevance: dict[str, float]) -> None:
    best = sorted(relevance, key=lambda document: -relevance[document])

    assert 0 <= ndcg(ranking, relevance) <= ndcg(best, relevance) == 1
    assert hit(ranking, relevance, depth=1) <= reciprocal_rank(ranking, relevance) <= reciprocal_rank(best, relevance)
    assert hit(ranking, relevance, depth=1) <= hit(ranking, relevance, depth=5)


@given(ranking=RANKINGS, relevance=RELEVANCES, place=st.integers(0, len(DOCUMENTS) - 2))
def test_moving_the_more_relevant_of_two_up_makes_nothing_worse(
    ranking: list[str], relevance: dict[str, float], place: int
) -> None:
    pair = sorted(ranking[place : place + 2], key=lambda document: -relevance.get(document, 0))
    better = [*ranking[:place], *pair, *ranking[place + 2 :]]

    assert ndcg(better, relevance) >= ndcg(ranking, relevance)
    assert reciprocal_rank(better, relevance) >= reciprocal_rank(ranking, relevance)
