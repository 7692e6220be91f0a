"""What the starter model can do before it has learnt anything."""

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

from tests.training.test_starter_cases import LEXICON, random_of
from training.prompt import Passage, build_messages
from training.starter.architecture import Shape, build_model
from training.starter.batches import echo
from training.starter.cases import Mix, draw_case
from training.starter.tokenizer import case_texts, number_texts, train_tokenizer
from training.starter.wiring import HERE

SHAPE = Shape(vocab_size=1000)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    rng = random_of(0)
    cases = [draw_case(rng, LEXICON, Mix()) for _ in range(60)]
    return train_tokenizer([*case_texts(cases), *number_texts()], vocab_size=SHAPE.vocab_size)


@pytest.fixture(scope="module")
def model(tokenizer: PreTrainedTokenizerBase) -> LlamaForCausalLM:
    return build_model(SHAPE, tokenizer, seed=0)


def copied(model: LlamaForCausalLM, ids: list[int], wanted: list[bool]) -> float:
    """Return how many of the wanted tokens of `ids` the model says first, as a share."""
    with torch.inference_mode():
        said = model(input_ids=torch.tensor([ids])).logits[0].argmax(-1)
    places = [place for place in range(1, len(ids)) if wanted[place]]
    return sum(int(said[place - 1]) == ids[place] for place in places) / len(places)


def test_what_was_said_before_is_copied_without_any_training(model: LlamaForCausalLM) -> None:
    rng = random_of(0)
    rows = [echo(rng, SHAPE.vocab_size) for _ in range(5)]
    assert sum(copied(model, row.ids, row.answer) for row in rows) / len(rows) > 0.8


def test_noise_copies_nothing(tokenizer: PreTrainedTokenizerBase) -> None:
    noise = build_model(Shape(vocab_size=SHAPE.vocab_size, wired=False), tokenizer, seed=0)
    row = echo(random_of(0), SHAPE.vocab_size)
    assert copied(noise, row.ids, row.answer) < 0.1


def test_every_token_of_a_passage_knows_its_number(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase) -> None:
    passages = [Passage("Prices", "The plan costs $7."), Passage("Keys", "Ask Ada."), Passage("Mail", "Ask Bo.")]
    text = build_messages("What does it cost?", passages)[1]["content"]
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        states = model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
    number = 0
    known = []
    for place, token in enumerate(tokenizer.convert_ids_to_tokens(ids)):
        if token == "]":
            number += 1
        if token == "Question":
            break
        if number:
            known.append(int(states[2][0, place, HERE][:10].argmax()) + 1 == number)
    assert len(known) > 20
    assert sum(known) / len(known) > 0.9
