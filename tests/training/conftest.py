"""A base model small enough to train in a test: random weights, a byte-level tokenizer, a ChatML template."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.examples import Example
from training.models import Base, load_base

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


def byte_tokenizer(
    *,
    special: tuple[str, ...] = ("<|im_start|>", "<|im_end|>"),
    eos: str | None = "<|im_end|>",
    bos: str | None = None,
    template: str | None,
) -> PreTrainedTokenizerFast:
    """Return a tokenizer of 256 bytes and some control tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    named = {name: token for name, token in (("eos_token", eos), ("bos_token", bos)) if token}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<|pad|>", **named)  # type: ignore[no-untyped-call] # untyped upstream
    tokenizer.add_special_tokens({"additional_special_tokens": [token for token in special if token not in (eos, bos)]})
    tokenizer.chat_template = template
    return tokenizer


def save_random_llama(folder: Path, *, hidden_size: int, layers: int, heads: int, positions: int) -> Path:
    """Save a Llama with random weights, the same each time, and a token for each byte; returns its folder."""
    tokenizer = byte_tokenizer(template=CHATML)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads // 2,
        max_position_embeddings=positions,
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


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a two-layer Llama with random weights."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return save_random_llama(folder, hidden_size=64, layers=2, heads=4, positions=512)


@pytest.fixture
def tiny(tiny_folder: Path) -> Base:
    """Return a freshly loaded base: training puts an adapter's layers into it."""
    return load_base(tiny_folder, dtype="float32")


def example(number: int, answer: str = "Ahoy, it be {number} doubloons! Arr.", *, group: str | None = None) -> Example:
    """Return a pair whose answer speaks like a pirate."""
    return Example(
        prompt=(
            {"role": "system", "content": "Answer briefly."},
            {"role": "user", "content": f"What is the price of plan {number}?"},
        ),
        completion=({"role": "assistant", "content": answer.format(number=number)},),
        id=f"pair-{number}",
        group=group or f"thread-{number}",
    )
