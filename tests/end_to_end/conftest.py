"""A shell in an empty folder, and a base model small enough to load in a moment."""

from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tests.end_to_end.commands import Timbre
from tests.training.conftest import CHATML, byte_tokenizer


@pytest.fixture
def timbre(tmp_path: Path) -> Timbre:
    return Timbre(tmp_path)


@pytest.fixture(scope="session")
def small_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a Llama with random weights and a window that holds a prompt, a token for each byte."""
    folder = tmp_path_factory.mktemp("models") / "small"
    tokenizer = byte_tokenizer(template=CHATML)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
