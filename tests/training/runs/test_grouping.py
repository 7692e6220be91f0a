import random
import time
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from storage.pairs import Pair, PairStatus
from tests.training.runs.team import NOW, TEAM
from training.grouping import _alike, _shape, _similar, groups, normalised

QUESTIONS = (
    "What does the skiff cost?",
    "what does the skiff cost",
    "What does the skiff cost, please?",
    "How heavy is an anchor?",
    "How heavy is the anchor?",
    "Who sets the alarm?",
    "Where do I park?",
    "Is Tuesday a holiday?",
)


def pair(number: int, question: str, *, thread: str | None = None) -> Pair:
    return Pair(
        id=number,
        team_id=TEAM,
        channel_id="C1",
        channel_is_private=False,
        thread_ts=thread or str(number),
        question_ts=str(number),
        answer_ts=f"{number}.1",
        question=question,
        answer="Aye.",
        asked_by="U1",
        answered_by="U2",
        permalink="https://example.com",
        status=PairStatus.APPROVED,
        context=(),
        created_at=NOW,
        decided_at=NOW + timedelta(minutes=number),
    )


def test_questions_that_differ_in_case_punctuation_or_markup_are_one_group() -> None:
    asked = ["<@U123> What does the skiff cost?", "what does the   skiff cost", "What does the skiff cost?! :anchor:"]
    assert len(set(groups([pair(n, text) for n, text in enumerate(asked)]).values())) == 1


def test_nearly_the_same_questions_are_one_group_and_others_are_not() -> None:
    names = groups(
        [pair(1, "How do I get my expenses back?"), pair(2, "How do I get expenses back?"), pair(3, "Where do I park?")]
    )
    assert names[1] == names[2] != names[3]


def test_questions_that_differ_in_a_figure_are_different_questions() -> None:
    names = groups([pair(number, f"What does plan number {number} cost?") for number in range(30)])
    assert len(set(names.values())) == 30


def test_one_thread_is_one_group_whatever_was_asked() -> None:
    names = groups([pair(1, "Where do I park?", thread="9"), pair(2, "Who sets the alarm?", thread="9")])
    assert names[1] == names[2]


def test_the_same_thread_timestamp_in_another_channel_is_another_thread() -> None:
    elsewhere = replace(pair(2, "Who sets the alarm?", thread="9"), channel_id="C2")
    names = groups([pair(1, "Where do I park?", thread="9"), elsewhere])
    assert names[1] != names[2]


def test_groups_do_not_depend_on_the_ids_a_database_gave() -> None:
    here = groups([pair(1, "Where do I park?"), pair(2, "Who sets the alarm?")])
    there = groups([pair(41, "Where do I park?"), pair(17, "Who sets the alarm?")])
    assert list(here.values()) == list(there.values())


def test_questions_without_a_word_are_told_apart() -> None:
    names = groups([pair(1, "??"), pair(2, "🦦"), pair(3, "")])
    assert len(set(names.values())) == 3


@given(st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=12), st.data())
def test_a_pair_approved_later_renames_no_group_that_it_does_not_link(asked: list[str], data: st.DataObject) -> None:
    pairs = [pair(number, question) for number, question in enumerate(asked)]
    known = data.draw(st.integers(min_value=1, max_value=len(pairs)))
    before, after = groups(pairs[:known]), groups(pairs)
    together = {frozenset(p for p in before if before[p] == name) for name in before.values()}
    for group in together:
        assert len({after[number] for number in group}) == 1
    merged = len(set(before.values())) - len({after[number] for number in before})
    assert sum(before[number] != after[number] for number in before) <= merged * len(before)
    if not merged:
        assert all(before[number] == after[number] for number in before)


@given(st.lists(st.text(alphabet="abc 1", max_size=12), max_size=12))
def test_prefix_filtering_misses_no_similar_pair(texts: list[str]) -> None:
    found = set(_similar(texts))
    expected = {(b, a) for a, b in combinations(range(len(texts)), 2) if _alike(_shape(texts[a]), _shape(texts[b]))}
    assert found == expected


def test_thousands_of_questions_are_grouped_in_seconds() -> None:
    chosen = random.Random(0)  # noqa: S311 - made-up words, not secrets
    words = ["".join(chosen.choices("abcdefghijklmnop", k=chosen.randint(3, 8))) for _ in range(1500)]
    asked = [f"how do i {chosen.choice(words)} the {chosen.choice(words)} {chosen.choice(words)}" for _ in range(4000)]
    started = time.perf_counter()
    groups([pair(number, question) for number, question in enumerate(asked)])
    assert time.perf_counter() - started < 10


def test_normalised_keeps_words_of_any_script() -> None:
    assert normalised("Où est l’ancre, s'il vous plaît?") == "où est lancre sil vous plaît"
