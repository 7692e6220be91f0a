"""The shape of the starter model, and how it is written to a folder."""

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerBase

from training.starter.wiring import ROPE_BASE, wire

MAX_TOKENS = 1024
MAX_NEW_TOKENS = 160


@dataclass(frozen=True)
class Shape:
    """The size of the model: the defaults make 4.9 million weights, 9.9 MB of bfloat16."""

    vocab_size: int = 4096
    hidden_size: int = 256
    intermediate_size: int = 384
    layers: int = 5
    heads: int = 4
    wired: bool = True
    """Begin with weights that can copy, which fits the default size only."""


def build_model(shape: Shape, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> LlamaForCausalLM:
    """Return an untrained model of `shape`; the same seed makes the same weights."""
    config = LlamaConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=MAX_TOKENS,
        tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_BASE},
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    if shape.wired:
        wire(model, tokenizer, seed=seed)
    return model


def save_model(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write weights in bfloat16, settings, tokenizer and chat template to `folder`, as transformers loads them."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = LlamaForCausalLM(model.config)
    copy.load_state_dict(model.state_dict())
    copy.bfloat16()
    copy.generation_config.do_sample = False
    copy.generation_config.max_new_tokens = MAX_NEW_TOKENS
    copy.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)  # safetensors writes files that only their owner can read
