"""How fast the model server answers: `python -m tests.bench.serving [--base FOLDER]` prints JSON.

Answers of 64 tokens to 8 prompts of some 140, over HTTP through OpenAI's client, one after another and at once. Without
a folder, a Llama of the starter's shape with random weights is measured. With `--against PYTHON`, `transformers serve`
answers the same in turn, in that interpreter (its serving extra is needed there), as it starts by default and with its
continuous batching; ratios within one run are what counts. Each server is a process of its own.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from tests.training.conftest import CHATML, byte_tokenizer
from training.checkpoints import Origin, save_adapter
from training.models import load_base

CONCURRENT = 8
TOKENS = 64
START_SECONDS = 120.0
# Left to itself it takes most of the machine's memory for its cache.
BATCHING = ("--continuous-batching", "--cb-num-blocks", "256", "--cb-max-batch-tokens", "2048")
PROMPT = "Passages:\n[1] Plans\n> The Cobus plan costs $74 a month and can be cancelled at any time.\n\nQuestion: "


@dataclass(frozen=True)
class Arm:
    """A server, and the models that requests to it name in turn."""

    url: str
    pid: int
    models: Sequence[str]

    def processor_seconds(self) -> float:
        """Return what the server has computed for, all its threads together."""
        times = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, help="a base model's folder")
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter that has `transformers serve`")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = (arguments.base or write_starter_shape(Path(scratch) / "base")).absolute()
        voices = [write_voice(folder, Path(scratch) / f"voice-{n}", seed=n) for n in range(4)]
        base = stack.enter_context(timbre(folder, arguments.threads))
        arms = {"base": base}
        if python := arguments.against:
            arms["transformers_serve"] = stack.enter_context(transformers_serve(python, folder, arguments.threads))
            batching = transformers_serve(python, folder, arguments.threads, *BATCHING)
            arms["transformers_serve_batching"] = stack.enter_context(batching)
        figures = measure(arms, arguments.rounds)
        for voice in voices:
            load(base.url, voice)
        names = [voice.name for voice in voices]
        with_voices = {"base_beside_voices": ["base"], "one_voice": names[:1], "four_voices": names}
        figures |= measure(
            {what: Arm(base.url, base.pid, models) for what, models in with_voices.items()}, arguments.rounds
        )
    json.dump({"threads": arguments.threads, **figures}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def measure(arms: Mapping[str, Arm], rounds: int) -> dict[str, dict[str, float]]:
    """Return by arm, as the middle of `rounds`, tokens a second of 8 requests in turn and of 8 at once.

    The arms take turns in each round. Tokens by processor second count what the server computed, whoever else is using
    the machine. `tokens` are those of the 8 prompts and of the answers to them.
    """
    found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in arms}
    for arm in arms.values():
        ask(arm, 1)
    for _ in range(rounds):
        for name, arm in arms.items():
            for way, workers in (("in_turn", 1), ("at_once", CONCURRENT)):
                begun, computed = time.perf_counter(), arm.processor_seconds()
                read, written = ask(arm, workers)
                found[name][f"{way}_per_s"].append(written / (time.perf_counter() - begun))
                found[name][f"{way}_per_processor_s"].append(written / (arm.processor_seconds() - computed))
                found[name]["prompt_tokens"].append(read)
                found[name]["answer_tokens"].append(written)
    middle = {
        name: {what: round(statistics.median(many), 1) for what, many in of.items()} for name, of in found.items()
    }
    ratios = {name: round(of["at_once_per_s"] / of["in_turn_per_s"], 2) for name, of in middle.items()}
    return {name: {**of, "ratio": ratios[name]} for name, of in middle.items()}


def ask(arm: Arm, workers: int) -> tuple[int, int]:
    """Return how many tokens were read and written in 8 requests, so many at once."""
    asked = [(arm.models[n % len(arm.models)], f"{PROMPT}what does plan {n} cost?") for n in range(CONCURRENT)]
    with openai.OpenAI(base_url=f"{arm.url}/v1", api_key="unused") as client, ThreadPoolExecutor(workers) as pool:
        usages = list(pool.map(lambda one: answer(client, *one), asked))
    return sum(read for read, _ in usages), sum(written for _, written in usages)


def answer(client: openai.OpenAI, model: str, question: str) -> tuple[int, int]:
    """Return how many tokens were read and written."""
    said = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], temperature=0, max_tokens=TOKENS
    )
    return (said.usage.prompt_tokens, said.usage.completion_tokens) if said.usage else (0, 0)


@contextmanager
def timbre(base: Path, threads: int) -> Iterator[Arm]:
    """Yield Timbre's model server, and end it."""
    with tempfile.TemporaryDirectory() as data:
        url = f"http://127.0.0.1:{free_port()}"
        told = {"TIMBRE_MODELS_URL": url, "TIMBRE_DATA": data}
        with running([sys.executable, "-m", "bot", "serve", "--base", str(base)], url, threads, told) as pid:
            yield Arm(url, pid, ["base"])


@contextmanager
def transformers_serve(python: str, base: Path, threads: int, *options: str) -> Iterator[Arm]:
    """Yield the server that comes with transformers, and end it."""
    port = free_port()
    command = [python, "-m", "transformers.cli.transformers", "serve", str(base), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--device", "cpu", "--dtype", "float32", *options]
    with running(command, f"http://127.0.0.1:{port}", threads, {}) as pid:
        yield Arm(f"http://127.0.0.1:{port}", pid, [str(base)])


@contextmanager
def running(command: Sequence[str], url: str, threads: int, told: Mapping[str, str]) -> Iterator[int]:
    """Yield a server's process id once it answers at `url`, and end it. Raises RuntimeError when it never does."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", **told}
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(f"{url}/health"):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"{' '.join(command)} did not start: {log.read()[-2000:].decode()}")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.kill()


def answers(url: str) -> bool:
    """Return whether a server answers at `url`."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def load(url: str, voice: Path) -> None:
    """Have a server load an adapter."""
    wanted: Any = json.dumps({"lora_name": voice.name, "lora_path": str(voice)}).encode()
    request = urllib.request.Request(f"{url}/v1/load_lora_adapter", wanted, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60):
        pass


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def write_starter_shape(folder: Path) -> Path:
    """Write a Llama of 4 layers of 256 over 4,096 tokens; no token ends its answers."""
    tokenizer = byte_tokenizer(template=CHATML)
    config = LlamaConfig(
        vocab_size=4096,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        eos_token_id=None,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_voice(base_folder: Path, folder: Path, *, seed: int) -> Path:
    """Write a LoRA of rank 16 on all linear layers."""
    base = load_base(base_folder, dtype="float32")
    torch.manual_seed(seed)
    config = LoraConfig(r=16, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    model = get_peft_model(base.model, config)
    assert isinstance(model, PeftModel)
    save_adapter(model, folder, Origin(base.name, base.revision, "0" * 64, datetime.now(UTC)))
    return folder


if __name__ == "__main__":
    main()
