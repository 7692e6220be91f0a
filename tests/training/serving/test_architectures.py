"""Other families than Llama, with attention windows and grouped heads, go through the same cache."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Gemma3TextConfig, MistralConfig, PreTrainedConfig, Qwen3Config
from transformers.models.auto import AutoModelForCausalLM

from tests.training.serving.collected import Collected
from training.chat import end_of_turn, prompt_tokens
from training.models import Base, load_base
from training.serving.engine import Engine

SIZE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
WINDOW = 16  # shorter than the prompts


def configurations(vocabulary: int) -> dict[str, PreTrainedConfig]:
    return {
        "qwen3": Qwen3Config(vocab_size=vocabulary, **SIZE),
        "mistral": MistralConfig(vocab_size=vocabulary, sliding_window=WINDOW, **SIZE),
        "gemma3": Gemma3TextConfig(
            vocab_size=vocabulary,
            sliding_window=WINDOW,
            layer_types=["sliding_attention", "full_attention"],
            query_pre_attn_scalar=8,
            **SIZE,
        ),
    }


@pytest.mark.parametrize("family", ["qwen3", "mistral", "gemma3"])
def test_answers_written_at_once_are_what_transformers_writes_alone(family: str, lively_folder: Path) -> None:
    tokenizer = load_base(lively_folder, dtype="float32").tokenizer
    torch.manual_seed(3)
    automatic: Any = AutoModelForCausalLM
    model = automatic.from_config(configurations(len(tokenizer))[family]).eval()
    questions = ["Hi", "What does the Cobus plan cost, and since when?", "Who?"]
    expected = [
        generate(model, prompt_tokens(tokenizer, [{"role": "user", "content": question}]), end_of_turn(tokenizer))
        for question in questions
    ]
    engine = Engine(Base(model, tokenizer, family, "0"))
    engine.start()

    together = [Collected.of(engine, question, max_tokens=40) for question in questions]
    said = [collected.result().text for collected in together]
    engine.close()

    assert len(set(expected[0])) > 5
    assert said == [tokenizer.decode(tokens, skip_special_tokens=True) for tokens in expected]


def generate(model: Any, prompt: list[int], end: int) -> list[int]:
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        output = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False, use_cache=False
        )
    tokens: list[int] = output[0, len(prompt) :].tolist()
    return tokens[: tokens.index(end)] if end in tokens else tokens
