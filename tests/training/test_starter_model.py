"""The starter model that ships."""

import re
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from tests.training.test_starter_cases import LEXICON, random_of
from training.prompt import Message, Passage, build_messages
from training.starter import STARTER
from training.starter.cases import Mix, draw_case
from training.starter.score import answer_all

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(STARTER, trust_remote_code=False)


@pytest.fixture(scope="module")
def model() -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(STARTER, trust_remote_code=False)


def token_ids(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, add_generation_prompt: bool = False
) -> list[int]:
    told = [{"role": message["role"], "content": message["content"]} for message in messages]
    text = tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=add_generation_prompt)
    return list(tokenizer(str(text), add_special_tokens=False)["input_ids"])


def test_the_folder_is_small_and_holds_a_card() -> None:
    assert sum(file.stat().st_size for file in STARTER.iterdir()) < 15 * MEGABYTE
    assert {"README.md", "config.json", "model.safetensors", "tokenizer.json"} <= {f.name for f in STARTER.iterdir()}
    assert not [file for file in STARTER.iterdir() if file.suffix in {".bin", ".pt", ".pkl", ".py"}]


@pytest.mark.parametrize(
    "text", ["Zwölf Boxkämpfer 🦦⚓️", "the Blavorn-9 plan: €1,200.50!", "  two  spaces\n\n\tand a tab", "漢字 और"]
)
def test_any_text_survives_the_tokenizer(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_digits_come_in_pairs(tokenizer: PreTrainedTokenizerBase) -> None:
    assert [token for token in tokenizer.tokenize("call 89365") if token.isdigit()] == ["89", "36", "5"]


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(
    question=st.text(st.characters(codec="utf-8"), max_size=40),
    answer=st.text(st.characters(codec="utf-8"), max_size=40),
)
def test_the_tokens_of_a_prompt_begin_those_of_the_conversation(
    tokenizer: PreTrainedTokenizerBase, question: str, answer: str
) -> None:
    prompt = build_messages(question, [Passage("Prices", "It costs $7.")])
    asked = token_ids(tokenizer, prompt, add_generation_prompt=True)
    told = token_ids(tokenizer, [*prompt, {"role": "assistant", "content": answer}])
    assert told[: len(asked)] == asked


def test_an_answer_ends_by_itself(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    prompt = build_messages("Where is the key?", [Passage("Keys", "The key is in the red box.")])
    ids = torch.tensor([token_ids(tokenizer, prompt, add_generation_prompt=True)])
    with torch.inference_mode():
        generated = model.generate(ids)  # type: ignore[operator] # typed as nn.Module's attribute
    new = generated[0, ids.shape[1] :]
    assert 1 < len(new) < 100
    assert new[-1] == tokenizer.eos_token_id


def test_most_answers_cite_a_passage_that_is_there(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    rng = random_of("never seen")
    mix = Mix(passages=3, turns=1, missing=0.0, sentences=0.0, voiced=0.0)
    cases = [draw_case(rng, LEXICON, mix) for _ in range(12)]
    answers = answer_all(model, tokenizer, cases)
    cited = [re.findall(r"\[(\d+)\]", answer) for answer in answers]
    assert sum(bool(numbers) for numbers in cited) >= 6
    for case, numbers in zip(cases, cited, strict=True):
        assert all(f"\n[{number}] " in case.prompt[-1]["content"] for number in numbers)
