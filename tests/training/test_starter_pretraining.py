"""The loop that makes the starter model, on a model that is made in a second."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerBase

from tests.training.test_starter_cases import LEXICON, random_of
from training.starter.architecture import Shape, build_model, save_model
from training.starter.batches import Row, collate, draw_batches, echo, encode
from training.starter.cases import Mix, draw_case
from training.starter.optimizers import rate_at
from training.starter.pretrain import Pretraining, Schedule
from training.starter.tokenizer import case_texts, train_tokenizer

SHAPE = Shape(vocab_size=600, hidden_size=32, intermediate_size=64, layers=1, heads=2, wired=False)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    rng = random_of(0)
    cases = [draw_case(rng, LEXICON, Mix()) for _ in range(60)]
    return train_tokenizer(case_texts(cases), vocab_size=SHAPE.vocab_size)


def training_of(tokenizer: PreTrainedTokenizerBase, *, steps: int, seed: int = 0) -> Pretraining:
    model = build_model(SHAPE, tokenizer, seed=seed)
    schedule = Schedule(
        steps=steps, decay_steps=2, warmup_steps=2, batch_tokens=1024, matrix_rate=0.02, learning_rate=3e-3
    )
    return Pretraining(model, tokenizer, LEXICON, schedule, seed=seed)


def loss_of(model: LlamaForCausalLM, rows: Sequence[Row]) -> float:
    """Return the loss of the answers in `rows`, nats per token."""
    ids, targets = collate(rows, 0.0, pad=int(model.config.pad_token_id or 0), generator=torch.Generator())
    with torch.inference_mode():
        logits = model(input_ids=ids[:, :-1]).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten(), ignore_index=-1).item()


def weights_of(model: LlamaForCausalLM) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def test_the_same_seed_makes_the_same_weights(tokenizer: PreTrainedTokenizerBase) -> None:
    first, second, other = (training_of(tokenizer, steps=3, seed=seed) for seed in (1, 1, 2))
    losses = [training.run(lambda: None).loss for training in (first, second, other)]
    assert losses[0] == losses[1] != losses[2]
    assert torch.equal(weights_of(first.model), weights_of(second.model))


def test_a_few_steps_lower_the_loss_of_answers_never_seen(tokenizer: PreTrainedTokenizerBase) -> None:
    rng = random_of("never seen")
    rows = encode(tokenizer, [draw_case(rng, LEXICON, Mix(passages=1, voiced=0.0)) for _ in range(8)])
    training = training_of(tokenizer, steps=20)
    before = loss_of(training.model, rows)
    trained = training.run(lambda: None)
    assert trained.steps == 20
    assert trained.tokens > 20 * 500
    assert loss_of(training.model, rows) < before - 0.15


def test_a_training_that_was_stopped_ends_with_the_same_weights_as_one_that_was_not(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    whole = training_of(tokenizer, steps=6)
    whole.clock = minutes_pass()
    saved: list[Path] = []

    def save() -> None:
        saved.append(tmp_path / f"{whole.steps}.pt")
        whole.save(saved[-1])

    whole.run(save)
    resumed = training_of(tokenizer, steps=6)
    resumed.load(saved[0])
    assert 0 < resumed.steps < 6
    assert resumed.run(lambda: None).steps == 6
    assert torch.equal(weights_of(whole.model), weights_of(resumed.model))


def test_more_steps_go_on_as_if_there_had_been_more_at_once(tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    whole, first, second = (training_of(tokenizer, steps=steps) for steps in (7, 9, 7))
    whole.run(lambda: None)
    first.clock = minutes_pass()
    first.run(lambda: first.save(tmp_path / f"{first.steps}.pt"))
    second.load(min(tmp_path.iterdir()))
    second.run(lambda: None)
    assert torch.equal(weights_of(whole.model), weights_of(second.model))


def minutes_pass() -> Callable[[], float]:
    """Return a clock that is a minute later every time it is looked at."""
    minutes = iter(range(10_000))
    return lambda: 60.0 * next(minutes)


def test_a_checkpoint_is_written_every_few_minutes_and_at_the_end(tokenizer: PreTrainedTokenizerBase) -> None:
    training = training_of(tokenizer, steps=4)
    training.clock = minutes_pass()
    saved: list[int] = []
    training.run(lambda: saved.append(training.steps))
    assert saved[-1] == 4
    assert len(saved) > 1


def test_answers_and_their_ends_are_learnt_and_padding_is_not(tokenizer: PreTrainedTokenizerBase) -> None:
    rng = random_of(3)
    rows = encode(tokenizer, [draw_case(rng, LEXICON, Mix(passages=1)) for _ in range(4)])
    ids, targets = collate(rows, 0.0, pad=int(tokenizer.pad_token_id), generator=torch.Generator())
    for row, line, learnt in zip(rows, ids, targets, strict=True):
        assert learnt[learnt >= 0].tolist() == [
            token for token, answer in zip(row.ids, row.answer, strict=True) if answer
        ]
        assert learnt[len(row.ids) - 1] == tokenizer.eos_token_id
        assert (line[len(row.ids) :] == tokenizer.pad_token_id).all()
        assert (learnt[len(row.ids) :] == -1).all()


def test_batches_stay_within_their_tokens(tokenizer: PreTrainedTokenizerBase) -> None:
    drawn = draw_batches(random_of(0), tokenizer, LEXICON, mix=Mix(), batch_tokens=512, prose=0.1, echoes=0.1)
    assert len(drawn) > 10
    for batch in drawn:
        assert len(batch) == 1 or len(batch) * max(len(row.ids) for row in batch) <= 512


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [rate_at(step, steps=100, warmup=10, decay=30) for step in (0, 5, 10, 69, 85, 99)]
    assert 0 < rates[0] < rates[1] < rates[2] == rates[3] == 1.0 > rates[4] > rates[5] > 0


def test_a_saved_model_is_loaded_by_transformers_alone(tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    save_model(build_model(SHAPE, tokenizer, seed=0), tokenizer, tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path, trust_remote_code=False)
    loaded = AutoTokenizer.from_pretrained(tmp_path, trust_remote_code=False)
    assert model.dtype == torch.bfloat16
    assert model.generation_config.do_sample is False
    assert model.generation_config.eos_token_id == loaded.eos_token_id
    assert loaded("Ahoy 🚀")["input_ids"] == tokenizer("Ahoy 🚀")["input_ids"]


def test_an_echo_holds_every_piece_twice_and_learns_all_but_its_first_token() -> None:
    row = echo(random_of(0), 600)
    half = len(row.ids) // 2
    assert sorted(row.ids[:half]) == sorted(row.ids[half:])
    assert not any(row.answer[:half])
    assert 2 <= row.answer[half:].count(False) <= 20
