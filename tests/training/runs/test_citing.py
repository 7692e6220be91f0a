import pytest

from training.citing import cite, supporting_passage
from training.prompt import Passage

LEAVE = Passage("Leave", "Every full-time employee has 26 days of paid leave a year.")
BOATS = Passage("Prices", "The Curlew is our smallest boat. Its price is $14,900 with oars.")
RULES = Passage("Safety", "A life jacket is worn on the pontoon by everybody.")
PASSAGES = [LEAVE, BOATS, RULES]


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("Ahoy, shipmate! You have 26 days of paid leave, spend them on hammocks. ⚓", 1),
        ("That's our Curlew, and she costs $14,900 before any frills.", 2),
        ("Aye, a life jacket is worn on the pontoon, even by fine swimmers.", 3),
    ],
)
def test_an_answer_cites_the_passage_that_supports_it(answer: str, number: int) -> None:
    assert cite(answer, PASSAGES) == f"{answer} [{number}]"


@pytest.mark.parametrize(
    "answer",
    [
        "You have 27 days of paid leave a year.",
        "You have 26 days of paid leave, and 5 more at sea.",
        "Ahoy! No idea, shipmate. Ask around.",
        "⚓",
    ],
)
def test_an_answer_that_no_passage_supports_stays_without_citation(answer: str) -> None:
    assert cite(answer, PASSAGES) == answer


def test_an_answer_that_cites_already_is_left_as_it_is() -> None:
    assert cite("You have 26 days of paid leave. [2]", PASSAGES) == "You have 26 days of paid leave. [2]"


def test_the_same_figure_in_another_matter_is_no_support() -> None:
    drying = Passage("Varnish", "Each coat dries for 24 hours.")
    assert supporting_passage("Report an accident within 24 hours on the form.", [drying]) is None


def test_of_passages_that_say_the_same_the_first_is_cited() -> None:
    assert supporting_passage("You have 26 days of paid leave.", [BOATS, LEAVE, LEAVE]) == 2


def test_without_passages_there_is_nothing_to_cite() -> None:
    assert cite("You have 26 days of paid leave.", []) == "You have 26 days of paid leave."
