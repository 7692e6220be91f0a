"""The conversations that the starter model is made from."""

from collections.abc import Iterator
from random import Random

import pytest

from training.prompt import INSTRUCTIONS
from training.starter.cases import REFUSAL, Case, Mix, Turn, draw_case
from training.starter.corpus import read_sentences, read_words, split_sentences
from training.starter.facts import draw_fact, draw_question, kinds
from training.starter.score import share_refused, share_right
from training.starter.voices import NEUTRAL, Voice, draw_voice
from training.starter.words import Lexicon, invented

LEXICON = Lexicon(
    sentences=(
        "Return the current working directory as a path.",
        "Files that were opened for reading are closed when the block ends.",
        "The default encoding depends on the platform.",
        "Raise an error if the queue is empty and nobody is waiting.",
    ),
    vocabulary=("harbor", "lantern", "otter", "marble", "velvet", "compass"),
)


def random_of(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311 - it draws test data


def draw(count: int, mix: Mix, *, seed: int = 0) -> list[Case]:
    rng = random_of(seed)
    return [draw_case(rng, LEXICON, mix) for _ in range(count)]


def cited_passages(case: Case) -> Iterator[tuple[Turn, str]]:
    """Yield every turn that cites something, and the passage it cites."""
    blocks = case.prompt[-1]["content"].split("\n\nQuestion: ")[0].split("\n[")
    for turn in case.turns:
        if turn.citation is not None:
            yield turn, blocks[turn.citation]


def test_an_answer_holds_its_value_and_cites_the_passage_that_tells_it() -> None:
    checked = 0
    for case in draw(300, Mix()):
        for turn, passage in cited_passages(case):
            assert turn.value
            assert turn.value.lower() in passage.lower()
            assert turn.value.lower() in turn.answer.lower()
            assert f"[{turn.citation}]" in turn.answer
            checked += 1
    assert checked > 300


def test_a_question_that_no_passage_answers_is_refused_without_a_citation() -> None:
    refused = [turn for case in draw(200, Mix(missing=1.0)) for turn in case.turns if turn.value is None]
    assert len(refused) > 100
    for turn in refused:
        assert REFUSAL.lower() in turn.answer.lower()
        assert "[" not in turn.answer


def test_the_prompt_is_the_one_that_the_bot_builds() -> None:
    for case in draw(100, Mix()):
        system, user = case.prompt[0], case.prompt[-1]
        assert system["role"] == "system"
        assert system["content"].startswith(INSTRUCTIONS)
        assert user["role"] == "user"
        assert user["content"].endswith(f"\n\nQuestion: {case.turns[0].question.strip()}")


def test_half_of_the_voiced_prompts_show_the_voice_at_work() -> None:
    roles = [message["role"] for case in draw(400, Mix(voiced=1.0)) for message in case.prompt]
    assert 100 < roles.count("assistant") < 250


def test_the_same_seed_draws_the_same_cases() -> None:
    assert draw(20, Mix(), seed=7) == draw(20, Mix(), seed=7)
    assert draw(20, Mix(), seed=7) != draw(20, Mix(), seed=8)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_held_out_ways_of_telling_and_asking_are_never_trained(kind: object) -> None:
    rng = random_of(0)
    chosen = next(known for known in kinds() if known is kind)
    assert chosen.told_new not in chosen.told
    assert chosen.asked_new not in chosen.asked
    fact = draw_fact(rng, chosen, held_out=True)
    assert fact.value.lower() in fact.told.lower()
    assert fact.subject.lower() in fact.told.lower()
    assert fact.subject.lower() in draw_question(rng, fact, held_out=True).lower()


def test_every_template_names_what_it_is_about() -> None:
    for kind in kinds():
        assert all("{s}" in told and "{v}" in told for told in (*kind.told, kind.told_new))
        assert all("{s}" in asked and "{v}" not in asked for asked in (*kind.asked, kind.asked_new))
        assert all("{v}" in said for said in kind.said)


def test_a_neutral_voice_says_the_sentence_and_nothing_else() -> None:
    assert NEUTRAL.say(random_of(0), "the plan costs $74", number=2) == "The plan costs $74 [2]."


def test_a_voice_changes_words_and_never_a_value() -> None:
    voice = Voice(
        openers=("Ahoy!",), closers=("Fair winds!",), swaps=(("the", "ye"), ("for", "fer")), cites="at the end"
    )
    said = voice.say(random_of(0), "the plan for the mill costs the sum", kept=("the sum",), number=1)
    assert said == "Ahoy! Ye plan fer ye mill costs the sum. Fair winds! [1]"


def test_voices_hardly_ever_repeat() -> None:
    rng = random_of(0)
    assert len({draw_voice(rng, LEXICON.vocabulary) for _ in range(200)}) > 190


def test_invented_names_hardly_ever_repeat() -> None:
    rng = random_of(0)
    assert len({invented(rng) for _ in range(1000)}) > 950


def test_prose_is_taken_without_code_and_mark_up() -> None:
    text = "Return the name of the file.\n\n>>> open(x)\n\nUse ``x`` here. It is kept until nobody needs it any more."
    assert split_sentences(text) == ["Return the name of the file.", "It is kept until nobody needs it any more."]


@pytest.mark.slow
def test_every_machine_has_thousands_of_sentences_and_words() -> None:
    sentences, words = read_sentences(), read_words()
    assert len(sentences) == len(set(sentences)) > 5_000
    assert len(words) == len(set(words)) == 12_000
    assert {"coffee", "holiday", "anchor"} <= set(words)


def test_scores_count_values_citations_and_refusals() -> None:
    turns = (Turn("How much?", "$7 [2].", "$7", 2),)
    cases = [Case((), turns)] * 4
    answers = ["It is $7 [2].", "It is $7 [1].", "It is $8 [2].", "It is $7 [2], or so [3]."]
    assert share_right(cases, answers) == {"value": 0.75, "citation": 0.5}
    assert share_refused(["I don't know: nothing says so.", "It is $7 [1]."]) == {"refused": 0.5}
