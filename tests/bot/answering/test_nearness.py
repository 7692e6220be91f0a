"""What can be answered at all: what is near in meaning, and what a code was asked about."""

import pytest

from bot.answering.nearness import is_near
from bot.answering.retrieval import Hit
from storage.knowledge import Chunk


def hit(text: str, similarity: float) -> Hit:
    return Hit(Chunk(1, "T1", 1, None, None, "Codes", text, removed=False), similarity, similarity)


def test_a_passage_is_near_from_the_cosine_that_is_needed() -> None:
    assert is_near("Where are the keys?", [hit("far", 0.1), hit("near", 0.4)], 0.4)
    assert not is_near("Where are the keys?", [hit("far", 0.1), hit("near", 0.39)], 0.4)
    assert not is_near("Where are the keys?", [], 0.4)


@pytest.mark.parametrize("code", ["E517", "plr0913", "KB-2034", "H666-6", "part17", "ÄB12"])
def test_a_passage_that_explains_the_code_asked_about_is_near_whatever_its_cosine(code: str) -> None:
    assert is_near(f"What does {code} mean?", [hit(f"{code.upper()}: too many arguments.", 0.1)], 0.4)
    assert not is_near(f"What does {code} mean?", [hit(f"{code.upper()}9: too many arguments.", 0.1)], 0.4)


@pytest.mark.parametrize("word", ["2026", "3pm", "10th", "keys", "v2", "30-day", "_1"])
def test_numbers_and_words_are_no_codes(word: str) -> None:
    assert not is_near(f"What about {word}?", [hit(f"All about {word} here.", 0.1)], 0.4)
