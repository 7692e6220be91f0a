"""How fast a voice is trained: `python -m tests.bench.training` prints JSON.

A Llama of 135M parameters with random weights, 160 pairs of 40 to 250 tokens, one epoch in batches of 8. With
`--against SCRIPT` the same is done by that program (TRL's SFTTrainer, say) in `--python`, in turn, each as
a whole process; ratios within one run are what counts. `eval_loss`, on 24 pairs more, is measured alike for both
programs' adapters: answers and the end of their turn, on peft's own layers. `gemm_share` is how much of the machine's
measured bfloat16 matrix rate went into the layers: four operations for each of their weights and each token, as frozen
weights need no gradient of their own.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from tests.training.conftest import CHATML
from training.evaluation.loss import held_out_loss
from training.examples import read_usable
from training.models import load_base

PAIRS, HELD_OUT, BATCH, RANK, RATE = 160, 24, 8, 16, 2e-4
VOCABULARY = 49_152
LAYERS = 30
MATRIX = 2048


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="a program with the options of `timbre train`")
    parser.add_argument("--python", default=sys.executable, help="what runs it")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        base = write_base(folder / "base", layers=arguments.layers)
        train, held_out = write_pairs(folder / "train.jsonl", arguments.pairs, 1), folder / "held-out.jsonl"
        write_pairs(held_out, HELD_OUT, 2)
        rounds = []
        for number in range(arguments.rounds):
            programs = {"timbre": [sys.executable, "-m", "bot", "train"]}
            if arguments.against:
                programs["other"] = [arguments.python, str(arguments.against)]
            found = {
                name: train_with(program, base, train, folder / f"{name}-{number}")
                for name, program in programs.items()
            }
            for name, told in found.items():
                told["eval_loss"] = answer_loss(base, folder / f"{name}-{number}", held_out)
            rounds.append(found)
        weights = layer_weights(base)
    rate = gemm_rate()
    share = [4 * weights * one["timbre"]["tokens_per_s"] / rate for one in rounds]
    json.dump({"gemm_per_s": rate, "gemm_share": share, "rounds": rounds}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def train_with(command: list[str], base: Path, pairs: Path, out: Path) -> dict[str, Any]:
    """Return what a training program prints, with the wall and processor seconds of its whole process."""
    options = {
        "--base": base,
        "--pairs": pairs,
        "--out": out,
        "--epochs": 1,
        "--batch-size": BATCH,
        "--max-length": 512,
        "--rank": RANK,
        "--learning-rate": RATE,
        "--json": out.with_suffix(".json"),
    }
    given = [str(word) for option in options.items() for word in option]
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, *given], check=True, capture_output=True, env=_environment(out))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    kept = {name: told[name] for name in ("seconds", "tokens_per_s")}
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**kept, "process_s": time.perf_counter() - begun, "processor_s": processor}


def answer_loss(base: Path, adapter: Path, held_out: Path) -> float:
    """Return the loss of an adapter that any program wrote, in nats per token of the answers and their ends."""
    loaded = load_base(base)
    model = PeftModel.from_pretrained(loaded.model, adapter)
    return held_out_loss(model, loaded.tokenizer, read_usable(held_out).examples, adapter="default").loss


def _environment(out: Path) -> dict[str, str]:
    return {**os.environ, "TIMBRE_DATA": str(out.with_suffix(".data")), "HF_HUB_OFFLINE": "1"}


def write_base(folder: Path, *, layers: int) -> Path:
    """Write a Llama of the shape of SmolLM2-135M with random weights, and a tokenizer of as many words."""
    words = sorted(pre_tokenizers.ByteLevel.alphabet())
    words += [f"Ġ{word}" for word in made_up(VOCABULARY - len(words) - 3)]
    inner = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token=words[0]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    inner.decoder = decoders.ByteLevel()
    special: Any = {"eos_token": "<|im_end|>", "pad_token": "<|pad|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, **special)  # type: ignore[no-untyped-call] # untyped upstream
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    tokenizer.chat_template = CHATML
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=layers,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def layer_weights(base: Path) -> int:
    """Return how many weights a model has, without those of its vocabulary."""
    model = LlamaForCausalLM.from_pretrained(base)
    return sum(weight.numel() for name, weight in model.named_parameters() if "embed" not in name)


def made_up(count: int) -> list[str]:
    """Return so many words that are pronounced."""
    onsets, vowels = "bdfgklmnprstvz", "aeiou"
    syllables = [onset + vowel for onset in onsets for vowel in vowels]
    return [first + second + third for first in syllables for second in syllables for third in syllables][:count]


def write_pairs(path: Path, count: int, seed: int) -> Path:
    """Write pairs of 40 to 250 tokens in all, a third of which are the answer."""
    source = random.Random(seed)  # noqa: S311 - text, not secrets
    words = made_up(40_000)
    with path.open("w", encoding="utf-8") as file:
        for _ in range(count):
            length = source.randint(40, 250) - 12
            text = source.choices(words, k=length)
            asked, answered = text[: 2 * length // 3], text[2 * length // 3 :]
            row = {
                "prompt": [{"role": "user", "content": " ".join(asked)}],
                "completion": [{"role": "assistant", "content": " ".join(answered)}],
            }
            file.write(json.dumps(row) + "\n")
    return path


def gemm_rate() -> float:
    """Return operations a second of products of large bfloat16 matrices, the best of ten."""
    left, right = (torch.randn(MATRIX, MATRIX, dtype=torch.bfloat16) for _ in range(2))
    seconds = []
    for _ in range(10):
        begun = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - begun)
    return float(2 * MATRIX**3 / min(seconds))


if __name__ == "__main__":
    main()
