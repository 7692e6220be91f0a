"""Fitting: it learns, it keeps the best, it does the same again, and it leaves the base alone."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from torch import nn

from tests.training.conftest import example
from training.adapters import add_adapter, detach_adapters
from training.batches import by_length, collate, training_order
from training.chat import encode_all
from training.hyperparameters import LoraSettings, SettingsError
from training.likelihood import token_losses
from training.lora import Fit, NonFiniteLoss, Progress, TrainingCancelled, fit
from training.master_weights import MasterAdamW
from training.models import Base, load_base
from training.processes import Processes
from training.steps import accumulate, schedule, take_step

TRAIN = [example(number, answer="Ahoy, {number} doubloons!" + " Arr." * (number % 5)) for number in range(24)]
VALIDATION = [example(number) for number in range(100, 108)]
CONTRARY = [example(number, answer="QUITEANOTHERVOICE" * 6) for number in range(200, 204)]
"""The better these pirates are learnt, the less likely it gets."""
QUICK = LoraSettings(epochs=4, rank=4, learning_rate=2e-2)


def hash_of(weights: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name, weight in sorted(weights.items()):
        digest.update(name.encode() + weight.float().numpy().tobytes())
    return digest.hexdigest()


def adapter_hash(model: PeftModel) -> str:
    return hash_of({name: weight for name, weight in model.state_dict().items() if "lora_" in name})


@pytest.fixture(scope="module")
def fitted(tiny_folder: Path) -> Fit:
    return fit(load_base(tiny_folder, dtype="float32"), TRAIN, VALIDATION, QUICK)


def test_a_fit_lowers_the_loss_of_answers_it_has_not_seen(fitted: Fit) -> None:
    assert fitted.val_loss_start is not None
    assert fitted.val_loss_end is not None
    assert fitted.val_loss_end < fitted.val_loss_start - 0.5
    assert fitted.history[-1].loss < fitted.history[0].loss
    assert fitted.steps == len(fitted.history) == 4 * 3
    assert fitted.examples == 4 * 24


def test_all_linear_layers_but_the_last_are_adapted(fitted: Fit) -> None:
    names = {name.split(".")[-1] for name, module in fitted.model.named_modules() if hasattr(module, "lora_A")}
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_the_epoch_with_the_lowest_validation_loss_is_the_one_that_is_kept(tiny: Base) -> None:
    result = fit(tiny, TRAIN, CONTRARY, replace(QUICK, patience=4))
    best = min(result.epochs, key=lambda epoch: epoch.val_loss or 0)
    assert result.epochs[-1].val_loss != best.val_loss
    assert result.val_loss_end == best.val_loss
    assert result.train_loss == best.train_loss
    held_out = encode_all(tiny.tokenizer, CONTRARY, max_length=512)
    batch = collate(held_out, pad_id=0, device=torch.device("cpu"))
    assert token_losses(result.model, batch).mean().item() == pytest.approx(best.val_loss, abs=1e-4)


def test_a_fit_stops_when_validation_no_longer_improves(tiny: Base) -> None:
    result = fit(tiny, TRAIN, CONTRARY, replace(QUICK, epochs=30, patience=2))
    assert len(result.epochs) < 30
    assert result.epochs[-3].val_loss == result.val_loss_end


def test_without_validation_the_last_epoch_is_kept(tiny: Base) -> None:
    result = fit(tiny, TRAIN, [], replace(QUICK, epochs=2))
    assert result.val_loss_start is None
    assert result.val_loss_end is None
    assert result.train_loss == result.epochs[-1].train_loss


def test_the_same_seed_gives_the_same_adapter_whatever_the_order_of_the_pairs(tiny_folder: Path, fitted: Fit) -> None:
    torch.manual_seed(99)
    again = fit(load_base(tiny_folder, dtype="float32"), TRAIN[::-1], VALIDATION, QUICK)
    other = fit(load_base(tiny_folder, dtype="float32"), TRAIN, VALIDATION, replace(QUICK, seed=1))
    assert adapter_hash(again.model) == adapter_hash(fitted.model)
    assert adapter_hash(other.model) != adapter_hash(fitted.model)


def test_the_callers_random_state_is_left_alone(tiny: Base) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    fit(tiny, TRAIN[:2], [], replace(QUICK, epochs=1, dropout=0.1))
    assert torch.equal(torch.rand(1), expected)


def test_training_does_not_touch_the_base(tiny: Base) -> None:
    before = hash_of(tiny.model.state_dict())
    names = list(tiny.model.state_dict())
    result = fit(tiny, TRAIN, VALIDATION, replace(QUICK, epochs=1))
    detach_adapters(result.model)
    assert list(tiny.model.state_dict()) == names
    assert hash_of(tiny.model.state_dict()) == before
    assert not any(parameter.requires_grad for parameter in tiny.model.parameters())


def test_progress_counts_every_step_and_the_time_that_is_left(tiny: Base) -> None:
    seen: list[Progress] = []
    ticks = iter(range(1000))
    fit(tiny, TRAIN, VALIDATION, replace(QUICK, epochs=2), on_progress=seen.append, clock=lambda: float(next(ticks)))
    assert [progress.step for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert {progress.steps for progress in seen} == {6}
    assert [progress.epoch for progress in seen] == [1, 1, 1, 2, 2, 2]
    assert seen[0].seconds_left == 5.0
    assert seen[-1].seconds_left == 0.0
    assert all(progress.tokens_per_s > 0 for progress in seen)
    assert seen[2].val_loss != seen[3].val_loss


def test_a_cancelled_fit_stops_at_the_next_step(tiny: Base) -> None:
    seen: list[Progress] = []
    with pytest.raises(TrainingCancelled, match="cancelled after step 2 of 12"):
        fit(tiny, TRAIN, VALIDATION, QUICK, on_progress=seen.append, should_stop=lambda: len(seen) == 2)
    assert len(seen) == 2


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_pairs(tiny: Base) -> None:
    embeddings: Any = tiny.model.get_input_embeddings()
    with torch.no_grad():
        embeddings.weight[tiny.tokenizer.convert_tokens_to_ids("~")] = float("nan")
    poisoned = [*TRAIN[:7], example(7, answer="Argh ~")]
    with pytest.raises(NonFiniteLoss, match=r"step 1: loss nan.*lower the learning rate.*pair-7"):
        fit(tiny, poisoned, [], QUICK)


def test_a_step_that_is_not_finite_moves_no_weight() -> None:
    weight = nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    optimizer = MasterAdamW([weight], learning_rate=0.1, weight_decay=0.0)
    weight.grad = torch.tensor([1.0, float("nan")], dtype=torch.bfloat16)
    optimizer.step(max_grad_norm=1.0)
    assert weight.tolist() == [1.0, 1.0]


def test_steps_too_small_for_bfloat16_add_up() -> None:
    weight = nn.Parameter(torch.ones(1, dtype=torch.bfloat16))
    optimizer = MasterAdamW([weight], learning_rate=1e-3, weight_decay=0.0)
    for _ in range(20):
        weight.grad = torch.ones(1, dtype=torch.bfloat16)
        optimizer.step(max_grad_norm=1.0)
    assert weight.item() == pytest.approx(0.98, abs=0.004)


def test_no_pairs_at_all_is_an_error(tiny: Base) -> None:
    with pytest.raises(ValueError, match="nothing to train on"):
        fit(tiny, [], [], QUICK)


@pytest.mark.parametrize("micro_batch_size", [1, 3, 5])
def test_gradients_do_not_depend_on_how_a_batch_is_divided(tiny: Base, micro_batch_size: int) -> None:
    whole = fit(tiny, TRAIN[:8], [], replace(QUICK, epochs=1, batch_size=8))
    weights = {name: w.clone() for name, w in whole.model.state_dict().items() if "lora_" in name}
    detach_adapters(whole.model)
    divided = fit(tiny, TRAIN[:8], [], replace(QUICK, epochs=1, batch_size=8, micro_batch_size=micro_batch_size))
    for name, weight in weights.items():
        torch.testing.assert_close(divided.model.state_dict()[name], weight, atol=1e-4, rtol=1e-3)
    assert divided.train_loss == pytest.approx(whole.train_loss, rel=1e-5)


def test_the_loss_is_what_the_model_itself_computes_from_labels(tiny: Base) -> None:
    encoded = encode_all(tiny.tokenizer, TRAIN[:6], max_length=512)
    batch = collate(encoded, pad_id=3, device=torch.device("cpu"))
    losses = token_losses(tiny.model, batch)
    expected = torch.cat([whole_loss(tiny.model, case.input_ids, case.answer_start) for case in encoded])
    torch.testing.assert_close(losses, expected, atol=1e-4, rtol=1e-4)


def whole_loss(model: Any, tokens: tuple[int, ...], answer_start: int) -> torch.Tensor:
    """Return each answer token's loss from one unpadded row with all logits."""
    row = torch.tensor([tokens])
    logits = model(input_ids=row).logits[0, :-1]
    return torch.nn.functional.cross_entropy(logits, row[0, 1:], reduction="none")[answer_start - 1 :]


def test_a_train_step_returns_nats_per_answer_token(tiny: Base) -> None:
    model = add_adapter(tiny, QUICK)
    optimizer = MasterAdamW([p for p in model.parameters() if p.requires_grad], learning_rate=0.0, weight_decay=0.0)
    encoded = encode_all(tiny.tokenizer, TRAIN[:4], max_length=512)
    parts = [collate(encoded[start : start + 1], pad_id=0, device=torch.device("cpu")) for start in range(4)]
    whole = collate(encoded, pad_id=0, device=torch.device("cpu"))
    loss = accumulate(model, parts, optimizer, target_tokens=whole.target_tokens)
    metrics = take_step(optimizer, loss, Processes(), max_grad_norm=1.0)
    assert metrics.loss == pytest.approx(token_losses(model, whole).mean().item(), abs=1e-5)


def test_every_pair_is_in_one_batch_and_batches_differ_between_epochs(tiny: Base) -> None:
    encoded = encode_all(tiny.tokenizer, TRAIN, max_length=512)
    first, second = (training_order(encoded, batch_size=5, seed=0, epoch=epoch) for epoch in (1, 2))
    for order in (first, second, by_length(encoded, batch_size=5)):
        assert sorted(case.id for batch in order for case in batch) == sorted(case.id for case in encoded)
    assert first != second
    assert first == training_order(encoded[::-1], batch_size=5, seed=0, epoch=1)


def test_batches_hold_little_padding(tiny: Base) -> None:
    encoded = encode_all(tiny.tokenizer, [example(n, "x" * (n * 7 % 200 + 1)) for n in range(160)], max_length=512)
    batches = training_order(encoded, batch_size=8, seed=0, epoch=1)
    padded = sum(max(len(case.input_ids) for case in batch) * len(batch) for batch in batches)
    assert sum(len(case.input_ids) for case in encoded) / padded > 0.9


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [schedule(step, 100, 0.1) for step in range(1, 101)]
    assert rates[:10] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.01
    assert schedule(1, 1, 0.0) == 1.0


def test_settings_report_all_their_problems_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        LoraSettings(epochs=0, learning_rate=float("nan"), dropout=1.0, rank="8")  # type: ignore[arg-type] # on purpose
    assert str(caught.value).split("; ") == [
        "rank must be int, got '8'",
        "epochs must be at least 1, got 0",
        "learning_rate must be above 0, got nan",
        "dropout must be at least 0 and below 1, got 1.0",
    ]
