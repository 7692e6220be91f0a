"""A sentence's figures are in the passage it cites, or the number moves to the passage that has them."""

import time
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.answerer import Permitted
from bot.answering.figures import not_read, with_right_numbers
from bot.answering.history import Earlier, Turn
from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge, open_knowledge
from bot.settings import Settings
from storage.database import Database
from tests.bot.answering.test_questions import know
from tests.bot.conftest import TEAM, Clock
from tests.fakes import FakeModelServer
from training.prompt import Passage

PASSAGES = [
    Passage("Moorings", "Visitors moor at the east pier for 1,200 crowns a month, from 08:00 on."),
    Passage("Winter storage", "A berth in the shed costs 450 crowns a winter. Three keys are kept by Ada."),
    Passage("Launch days", "The crane lifts up to 14 tonnes and is booked two weeks ahead."),
]


@pytest.mark.parametrize(
    ("written", "checked"),
    [
        ("A winter's berth in the shed costs 450 crowns [1].", "A winter's berth in the shed costs 450 crowns [2]."),
        ("A winter's berth in the shed costs 450 crowns. [1]", "A winter's berth in the shed costs 450 crowns. [2]"),
        (
            "A winter's berth in the shed costs 450 crowns [1][3].",
            "A winter's berth in the shed costs 450 crowns [1][3][2].",
        ),
        ("The berth in the shed costs 450 crowns [1] [3].", "The berth in the shed costs 450 crowns [1] [3][2]."),
        (
            "Ask Ada. A berth in the shed is 450 crowns.[3] Ahoy!",
            "Ask Ada. A berth in the shed is 450 crowns.[2] Ahoy!",
        ),
        ("Visitors moor for 1200 crowns a month [3].", "Visitors moor for 1200 crowns a month [1]."),
        ("The crane lifts 14 tonnes [1], ahoy.", "The crane lifts 14 tonnes [3], ahoy."),
    ],
)
def test_a_number_moves_to_the_passage_that_has_the_figures(written: str, checked: str) -> None:
    assert with_right_numbers(written, PASSAGES) == checked


@pytest.mark.parametrize(
    "written",
    [
        "Visitors moor for 1200 crowns a month [1].",
        "A berth in the shed costs 450 crowns, and the crane is booked two weeks ahead [2][3].",
        "Ada keeps the keys of the pier [1].",  # no figures
        "The crane lifts fourteen tonnes [1], ahoy.",
        "The crane is booked by two people, weeks ahead [1].",
        "The crane is booked 2 weeks ahead [1].",
        "Visitors moor at the east pier for 1 200 crowns [1].",
        "It takes 450 [1].",  # too few words to tell
        "That makes 5,400 crowns for a winter's berth in the shed and a year at the pier [1].",  # a sum is nowhere
        "1. Moor at the east pier [1]\n2. Ask Ada for keys [2]",
        "Visitors at the east pier pay by the month, not the 450 crowns [1].",  # the cited one shares more words
        "`berth[1]` costs 450 crowns a winter in the shed, see berth[1].",
        "```\nshed 450 crowns winter berth [1]\n```",
    ],
)
def test_a_number_stays_where_it_is_right_or_in_doubt(written: str) -> None:
    assert with_right_numbers(written, PASSAGES) == written


NOUNS = [
    "pier",
    "shed",
    "crane",
    "berth",
    "winter",
    "visitors",
    "crowns",
    "month",
    "key",
    "Ada",
    "tide",
    "rope",
    "mast",
]
WORDS = st.sampled_from(NOUNS)
SENTENCES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
FIGURES = st.integers(0, 20_000).map(str)


@st.composite
def rightly_cited(draw: st.DrawFn) -> tuple[str, list[Passage]]:
    """Return an answer whose sentences repeat parts of the passages that they cite, and the passages."""
    passages = [
        Passage(draw(SENTENCES), f"{draw(SENTENCES)} {draw(FIGURES)} {draw(SENTENCES)} {draw(FIGURES)}.")
        for _ in range(draw(st.integers(1, 5)))
    ]
    said: list[str] = []
    for number in draw(st.lists(st.integers(1, len(passages)), min_size=1, max_size=4)):
        words = passages[number - 1].text.rstrip(".").split()
        start = draw(st.integers(0, len(words) - 1))
        mark = draw(st.sampled_from([" [{}].", ". [{}]", "[{}]!", " [{}],\n"]))
        said.append(" ".join(words[start : draw(st.integers(start + 1, len(words)))]) + mark.format(number))
    return " ".join(said), passages


@given(rightly_cited())
def test_what_is_rightly_cited_is_never_changed(written: tuple[str, list[Passage]]) -> None:
    text, passages = written

    assert with_right_numbers(text, passages) == text
    assert not_read(text, [passage.text for passage in passages]) == ()


@given(rightly_cited(), st.data())
def test_a_number_moves_only_to_a_passage_that_has_the_figures(
    written: tuple[str, list[Passage]], data: st.DataObject
) -> None:
    _, passages = written
    claim = passages[0].text.rstrip(".")
    wrong = data.draw(st.integers(1, len(passages)))

    said, _, checked = with_right_numbers(f"{claim} [{wrong}]", passages).rpartition(" ")

    assert said == claim
    number = int(checked.strip("[]"))
    figures = {word for word in claim.split() if word.isdigit()}
    assert number == wrong or figures <= set(passages[number - 1].text.rstrip(".").split())


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("It costs 1200 crowns, or 1.300 [1].", ("1.300",)),
        ("Open from 8:00 to 17:30, on 3 May 2031, for 2 people.", ("17:30", "2031")),
        ("Ring 0800-555 or 0800-555. [2]", ("0800-555",)),
        ("Set `port = 8080` [1].", ()),
        ("See www.evil.example/?q=4711 or docs?code=4711, says KB-4711.", ()),
        ("[123]", ()),
        ("It costs 1 200 crowns, not 1 300 or 13\u202f500 crowns.", ("1 300", "13 500")),
        ("From 2031-05-03 or 3/5/2031 to 2031-06-04.", ("2031-05-03", "3/5/2031", "2031-06-04")),
        ("", ()),
    ],
)
def test_figures_that_are_nowhere_in_what_was_read_are_found(text: str, unknown: tuple[str, ...]) -> None:
    assert not_read(text, [PASSAGES[0].text, "From 8:00?"]) == unknown


@pytest.mark.parametrize(
    "text",
    [
        "aGVsbG8" * 5_700,
        "7" * 40_000 + "a",
        "a-" * 20_000,
        "...!" * 10_000 + "a",
        "(*" * 20_000,
        "1.450" * 8_000,
        "?a=" * 13_000,
    ],
    ids=lambda text: text[:8],
)
def test_a_text_of_40_000_characters_without_a_space_is_checked_at_once(text: str) -> None:
    started = time.process_time()

    with_right_numbers(f"{text} [1]", PASSAGES)
    not_read(text, [text, PASSAGES[0].text])

    assert time.process_time() - started < 1


def test_hundreds_of_citations_are_checked_at_once() -> None:
    passages = [Passage(f"Berth {number}", f"Berth {number} has {number} ropes. " * 60) for number in range(1, 7)]
    said = " ".join(f"The berth by the shed costs {4_000 + number} crowns [1]." for number in range(700))
    started = time.process_time()

    assert with_right_numbers(said, passages) == said

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("12 500 kr", "12500 kr"),
        ("12500 kr", "12 500 kr"),
        ("12\u00a0500 kr", "12,500 kr"),
        ("12'500 kr", "12 500 kr"),
        ("500 people", "On May 12 500 people came."),
        ("2026-03-01", "1 March 2026"),
        ("01.03.2026", "March 1st, 2026"),
        ("1/3/2026", "the 1st of Mar. 2026"),
        ("1 March 2026", "2026-03-01"),
    ],
)
def test_a_figure_was_read_however_it_is_written(said: str, read: str) -> None:
    assert not_read(said, [read]) == ()


def test_another_date_was_not_read() -> None:
    assert not_read("2026-03-02", ["1 March 2026"]) == ("2026-03-02",)


def test_an_answer_with_figures_that_are_in_nothing_it_read_says_so(
    knowledge: Knowledge, model_server: FakeModelServer
) -> None:
    know(knowledge)
    model_server.says = "The spare keys hang behind the stove, in tin 4711 [1]."

    told = knowledge.answerer.answer("Where do the spare keys hang?", Permitted(Place(TEAM)))
    asked = knowledge.answerer.answer("Where do the spare keys of tin 4711 hang?", Permitted(Place(TEAM)))

    note = "_In nothing I read: 4711. Check before you rely on it._"
    assert told.text == f"{model_server.says}\n\n{note}"
    assert not told.is_supported
    assert asked.text == model_server.says


@pytest.mark.parametrize(("role", "is_read"), [("user", True), ("assistant", False)])
def test_a_figure_is_read_where_people_said_it_before_and_not_where_timbre_did(
    role: Literal["user", "assistant"], *, is_read: bool, knowledge: Knowledge, model_server: FakeModelServer
) -> None:
    know(knowledge)
    model_server.says = "The spare keys hang behind the stove, in tin 4711 [1]."
    earlier = Earlier((Turn({"role": role, "content": "In tin 4711."}),))

    told = knowledge.answerer.answer("Where do the spare keys hang?", Permitted(Place(TEAM)), earlier=earlier)

    assert told.is_supported == is_read


def test_a_figure_of_the_house_style_is_read(
    settings: Settings, database: Database, clock: Clock, model_server: FakeModelServer, tmp_path: Path
) -> None:
    style = tmp_path / "style.md"
    style.write_text("Sign with: harbor office, ring 4711.")
    model_server.says = "The spare keys hang behind the stove [1]. Harbor office, ring 4711."
    styled = open_knowledge(settings.model_copy(update={"house_style": style}), database, now=clock)
    know(styled)

    told = styled.answerer.answer("Where do the spare keys hang?", Permitted(Place(TEAM)))
    styled.index.close()

    assert told.text == model_server.says
    assert told.is_supported
