from collections import Counter

import pytest
import torch

from training.serving.sampling import Sampling, choose

LOGITS = torch.tensor([[0.0, 2.0, 1.0, -3.0]])


def drawn(sampling: Sampling, times: int = 2000) -> Counter[int]:
    generator = sampling.generator()
    return Counter(choose(LOGITS, [sampling], [generator])[0] for _ in range(times))


def test_temperature_0_takes_the_likeliest() -> None:
    assert drawn(Sampling(temperature=0), 10) == {1: 10}


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    expected = torch.softmax(LOGITS[0] / 2.0, dim=-1)

    counts = drawn(Sampling(temperature=2.0, seed=0))

    for token in range(4):
        assert counts[token] / 2000 == pytest.approx(float(expected[token]), abs=0.04)


@pytest.mark.parametrize(("top_p", "tokens"), [(0.0, {1}), (0.5, {1}), (0.9, {1, 2}), (1.0, {0, 1, 2, 3})])
def test_a_nucleus_holds_the_likeliest_that_reach_top_p(top_p: float, tokens: set[int]) -> None:
    assert set(drawn(Sampling(top_p=top_p, seed=0))) == tokens


def test_a_temperature_next_to_nothing_does_not_overflow() -> None:
    assert drawn(Sampling(temperature=1e-30, seed=0), 10) == {1: 10}


def test_without_a_seed_no_two_answers_are_bound_to_be_the_same() -> None:
    first, second = (Sampling().generator() for _ in range(2))

    assert first is not None
    assert second is not None
    assert first.initial_seed() != second.initial_seed()
