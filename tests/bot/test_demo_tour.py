"""What the tour looks for in an answer."""

import pytest

from bot.demo.content import load_content
from bot.demo.seed import showcase
from bot.demo.tour import facts_in


@pytest.mark.parametrize(
    ("text", "holds"),
    [("Ask 14 days ahead, of Ana.", True), ("Ask Ana.", False), ("", False)],
)
def test_an_answer_has_its_facts_when_all_of_them_are_in_its_text(text: str, holds: bool) -> None:
    assert facts_in(text, ("14 days", "Ana")) == {"facts": ["14 days", "Ana"], "has_facts": holds}


def test_the_question_of_the_tour_has_facts_to_look_for() -> None:
    assert showcase(load_content()).facts
