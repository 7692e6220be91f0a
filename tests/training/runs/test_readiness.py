"""Whether training is worth it, told before it is begun."""

from dataclasses import replace

import pytest

from storage import runs
from storage.database import Database
from storage.twins import Twin, put_twin
from tests.training.conftest import example
from tests.training.runs.team import NOW, TEAM, add_pair, claimed_run
from training.config import TrainingConfig
from training.few_shot import SHOTS, measure_prompting, with_examples
from training.models import Base
from training.readiness import Readiness, lines, readiness
from training.style import style_of


def found(database: Database, config: TrainingConfig) -> Readiness:
    with database.reading() as session:
        return readiness(session, config, team_id=TEAM)


def test_enough_pairs_in_one_voice_are_only_told_to_be_few(team: Database, config: TrainingConfig) -> None:
    ready = found(team, config)
    assert (ready.pairs, ready.questions, ready.authors, ready.repeated, ready.untold) == (40, 40, 1, 0, 0)
    assert ready.is_enough
    assert ready.cautions == [
        "There are 40 pairs: enough for habits. From 500 on, the report tells small differences, too."
    ]
    assert ready.held_out > 0
    assert ready.style > 0.7


def test_without_pairs_there_is_nothing_but_the_number_that_is_needed(
    database: Database, config: TrainingConfig
) -> None:
    ready = found(database, config)
    assert ready.cautions == ["There are 0 pairs and 20 are needed: approve more."]
    assert ready.detectable is None
    assert "Nothing speaks against" not in "\n".join(lines(ready))


def test_repeated_contradicting_and_untold_answers_are_counted(team: Database, config: TrainingConfig) -> None:
    add_pair(team, 50, question="what does the SKIFF cost", answer="Ahoy! The skiff be 100 doubloons. Arr!")
    other = add_pair(team, 51, question="What does a skiff cost?", answer="Ahoy! The skiff be 900 doubloons. Arr!")
    with team.writing() as session:
        put_twin(session, Twin(other.id, 1, 0.97, disagrees=True), now=NOW)
    for number in range(60, 90):
        add_pair(team, number, question=f"What is in locker {number}?", answer=f"Ahoy! {number * 7} coins. Arr!")
    said = "\n".join(found(team, config).cautions)
    assert "1 answers repeat another one word for word" in said
    assert "1 answers contradict another one" in said
    assert "32 answers tell figures or names that no passage has" in said


def test_what_the_held_out_answers_can_show_follows_the_last_comparison(team: Database, config: TrainingConfig) -> None:
    before = found(team, config)
    run = claimed_run(team)
    report = {"cases": 100, "differences": {"base": {"difference": -1.0, "low": -1.392, "high": -0.608}}}
    with team.writing() as session:
        runs.set_result(session, run.id, {"report": report})
    after = found(team, config)
    # An interval of 0.784 on 100 cases is a spread of 2 nats.
    assert before.detectable is not None
    assert after.detectable == pytest.approx(before.detectable * 2.0 / 0.5)


def test_answers_written_in_different_ways_are_told() -> None:
    alike = [f"Ahoy, shipmate! The {thing} is aft. Fair winds! ⚓" for thing in ("mast", "oar", "sail", "keel", "rope")]
    mixed = [
        "Ahoy! The mast is aft ⚓",
        "see the manual.",
        "I believe that you'll find it listed in the appendix, under the third heading, with all of the other parts.",
        "no",
        "Your oar's over there!",
        "dunno, ask bob",
    ]
    assert style_of(alike).consistency > 0.9
    assert style_of(mixed).consistency < 0.5
    assert style_of(alike).habits["has an emoji"] == 1.0
    with pytest.raises(ValueError, match="no answers"):
        style_of([])


def test_prompting_is_measured_with_worked_examples_before_the_question(tiny: Base) -> None:
    train, held_out = [example(n) for n in range(6)], [example(n) for n in range(20, 23)]
    done: list[tuple[int, int]] = []
    measured = measure_prompting(tiny, train, held_out, max_length=256, on_progress=lambda *at: done.append(at))
    assert (measured.cases, measured.shots) == (3, SHOTS)
    assert measured.difference.difference == pytest.approx(measured.few_shot - measured.base, abs=1e-6)
    assert done[-1] == (6, 6)
    prompt = with_examples(held_out[0].prompt, train[:1])
    assert [message["role"] for message in prompt] == ["system", "user", "assistant", "user"]
    assert prompt[-1] == held_out[0].prompt[-1]


def test_prompting_cannot_be_measured_with_nothing_to_show(tiny: Base) -> None:
    with pytest.raises(ValueError, match="too few answers"):
        measure_prompting(tiny, [example(1)], [example(2)], max_length=256)


def test_cautions_end_once_there_is_enough(team: Database, config: TrainingConfig) -> None:
    ready = replace(found(team, config), pairs=500)
    assert ready.cautions == []
    assert lines(ready)[-1] == "Nothing speaks against training."
