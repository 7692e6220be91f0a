"""Base, live and candidate on held-out answers: the numbers, how sure they are, and what the arms write."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.conftest import example
from training.adapters import detach_adapters
from training.checkpoints import AdapterIncomplete, Origin, save_adapter
from training.evaluation.arms import ArmLoss, CaseLoss
from training.evaluation.bootstrap import paired_difference
from training.evaluation.comparison import compare
from training.evaluation.loss import held_out_loss
from training.evaluation.report import Interval, Report, Sample
from training.evaluation.samples import generate
from training.hyperparameters import LoraSettings
from training.lora import fit
from training.models import Base, load_base

CASES = [example(number) for number in range(300, 320)]


@pytest.fixture(scope="module")
def voices(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return two saved voices: one trained a little, one more."""
    folder, saved = tmp_path_factory.mktemp("voices"), {}
    base = load_base(tiny_folder)
    for name, epochs in (("little", 1), ("more", 5)):
        settings = LoraSettings(epochs=epochs, rank=4, learning_rate=2e-2)
        model = fit(base, [example(number) for number in range(24)], [], settings).model
        origin = Origin(base.name, base.revision, "f", datetime.now(UTC))
        save_adapter(model, folder / name, origin)
        detach_adapters(model)
        saved[name] = folder / name
    return saved


def test_a_trained_candidate_beats_base_and_live_on_answers_it_has_not_seen(
    tiny: Base, voices: dict[str, Path]
) -> None:
    report = compare(tiny, CASES, candidate=voices["more"], live=voices["little"])
    assert report.cases == 20
    assert report.loss["candidate"] < report.loss["live"] < report.loss["base"]
    for arm in ("base", "live"):
        interval = report.differences[arm]
        assert interval.difference == pytest.approx(report.loss["candidate"] - report.loss[arm])
        assert interval.low < interval.difference < interval.high < 0
    assert report.verdict.startswith("On 20 held-out answers the candidate is better than the base model by ")
    assert " and is better than the voice in use by " in report.verdict


def test_a_candidate_that_is_the_voice_in_use_is_not_called_better(tiny: Base, voices: dict[str, Path]) -> None:
    report = compare(tiny, CASES, candidate=voices["more"], live=voices["more"])
    assert report.differences["live"].difference == 0
    assert "is not clearly different from the voice in use" in report.verdict


def test_a_comparison_leaves_the_base_as_it_was(tiny: Base, voices: dict[str, Path]) -> None:
    before = held_out_loss(tiny.model, tiny.tokenizer, CASES)
    first = compare(tiny, CASES, candidate=voices["more"], live=voices["little"], samples=1, max_new_tokens=4)
    assert held_out_loss(tiny.model, tiny.tokenizer, CASES) == before
    assert compare(tiny, CASES, candidate=voices["more"], live=voices["little"], samples=1, max_new_tokens=4) == first
    assert first.loss["base"] == before.loss


def test_samples_show_what_each_arm_writes(tiny: Base, voices: dict[str, Path]) -> None:
    report = compare(tiny, CASES, candidate=voices["more"], live=voices["little"], samples=2, max_new_tokens=12)
    first, second = report.samples
    assert first.question == "What is the price of plan 300?"
    assert first.approved == "Ahoy, it be 300 doubloons! Arr."
    assert set(first.answers) == {"base", "live", "candidate"}
    assert second.answers["base"] != second.answers["candidate"]
    assert first.answers["base"] == generate(tiny.model, tiny.tokenizer, CASES[0].prompt, max_new_tokens=12)


def test_progress_counts_all_measurements(tiny: Base, voices: dict[str, Path]) -> None:
    seen: list[tuple[int, int]] = []
    compare(
        tiny, CASES, candidate=voices["more"], batch_size=10, on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(10, 40), (20, 40), (30, 40), (40, 40)]


def test_a_damaged_adapter_is_never_evaluated(tiny: Base, voices: dict[str, Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in voices["more"].iterdir():
        (damaged / path.name).write_bytes(path.read_bytes()[: -1 if path.suffix == ".safetensors" else None])
    with pytest.raises(AdapterIncomplete, match=r"adapter_model\.safetensors is not the file that was saved"):
        compare(tiny, CASES, candidate=damaged)
    compare(tiny, CASES[:1], candidate=voices["more"])


@pytest.mark.parametrize("batch_size", [1, 3, 20])
def test_the_loss_of_a_case_does_not_depend_on_its_batch(tiny: Base, batch_size: int) -> None:
    cases = [example(number, answer="Arr! " * (number % 7 + 1)) for number in range(20)]
    measured = held_out_loss(tiny.model, tiny.tokenizer, cases, batch_size=batch_size)
    alone = held_out_loss(tiny.model, tiny.tokenizer, cases, batch_size=1)
    assert [case.id for case in measured.cases] == [case.id for case in cases]
    assert [case.tokens for case in measured.cases] == [len(case.completion[0]["content"]) + 1 for case in cases]
    np.testing.assert_allclose([c.loss for c in measured.cases], [c.loss for c in alone.cases], atol=1e-5)


def test_evaluating_on_nothing_is_an_error(tiny: Base) -> None:
    with pytest.raises(ValueError, match="no held-out examples"):
        held_out_loss(tiny.model, tiny.tokenizer, [])


def test_generation_is_greedy_and_stops_at_the_end_of_the_turn(tiny: Base) -> None:
    messages = CASES[0].prompt
    assert generate(tiny.model, tiny.tokenizer, messages, max_new_tokens=8) == generate(
        tiny.model, tiny.tokenizer, messages, max_new_tokens=8
    )
    # An output layer that always finds the end of turn most likely.
    always = torch.nn.Linear(64, len(tiny.tokenizer))
    with torch.no_grad():
        always.weight.zero_()
        always.bias[tiny.tokenizer.eos_token_id] = 9.0
    tiny.model.set_output_embeddings(always)  # type: ignore[no-untyped-call] # untyped upstream
    assert generate(tiny.model, tiny.tokenizer, messages, max_new_tokens=8) == ""


def arm(*losses: float, tokens: tuple[int, ...] = ()) -> ArmLoss:
    counts = tokens or (10,) * len(losses)
    return ArmLoss(
        tuple(CaseLoss(str(n), loss, count) for n, (loss, count) in enumerate(zip(losses, counts, strict=True)))
    )


def test_the_mean_counts_tokens_and_not_cases() -> None:
    assert arm(1.0, 4.0, tokens=(30, 10)).loss == pytest.approx(1.75)
    interval = paired_difference(arm(1.0, 4.0, tokens=(30, 10)), arm(2.0, 2.0, tokens=(30, 10)), seed=0)
    assert interval.difference == pytest.approx((-1.0 * 30 + 2.0 * 10) / 40)


def test_an_interval_covers_the_true_difference_about_95_times_in_100() -> None:
    source, covered = np.random.default_rng(0), 0
    for trial in range(200):
        base = source.normal(3.0, 1.0, size=60)
        candidate = base + source.normal(-0.1, 0.5, size=60)
        interval = paired_difference(arm(*candidate), arm(*base), seed=trial)
        covered += interval.low <= -0.1 <= interval.high
    assert 180 <= covered <= 198


def test_noise_is_not_called_a_difference_and_one_case_proves_nothing() -> None:
    source = np.random.default_rng(1)
    base = source.normal(3.0, 1.0, size=50)
    interval = paired_difference(arm(*(base + source.normal(0, 0.2, size=50))), arm(*base), seed=0)
    assert not interval.better
    assert not interval.worse
    alone = paired_difference(arm(1.0), arm(9.0), seed=0)
    assert alone.difference == -8.0
    assert not alone.better


def test_the_same_seed_gives_the_same_interval() -> None:
    first, second = arm(1.0, 2.0, 3.5), arm(2.0, 1.0, 3.0)
    assert paired_difference(first, second, seed=4) == paired_difference(first, second, seed=4)
    assert paired_difference(first, second, seed=4).difference == paired_difference(first, second, seed=5).difference


def test_arms_on_different_cases_are_not_compared() -> None:
    with pytest.raises(ValueError, match="not measured on the same cases"):
        paired_difference(arm(1.0), arm(1.0, 2.0), seed=0)


REPORT = Report(
    cases=12,
    loss={"base": 4.0, "live": 2.0, "candidate": 2.5},
    differences={"base": Interval(-1.5, -1.8, -1.2), "live": Interval(0.5, 0.1, 0.9)},
    samples=(Sample("pair-1", "Wo? 🔑", {"base": "There.", "candidate": "Arr, there!"}, "Arr."),),
)


def test_a_report_survives_json_and_its_digest_names_its_content() -> None:
    again = Report.from_json(REPORT.to_json())
    assert again == REPORT
    assert again.digest == REPORT.digest
    assert Report(13, REPORT.loss, REPORT.differences).digest != Report(12, REPORT.loss, REPORT.differences).digest


def test_a_verdict_says_when_a_candidate_is_worse() -> None:
    assert REPORT.verdict == (
        "On 12 held-out answers the candidate is better than the base model by 1.50 nats per token "
        "and is worse than the voice in use by 0.50 nats per token."
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cases": 1, "loss": {}, "differences": {"base": 1}, "samples": []}']
)
def test_what_is_not_a_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a report|Expecting value"):
        Report.from_json(text)
