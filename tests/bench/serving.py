"""How fast the model server answers: `python -m tests.bench.serving [--base FOLDER]` prints JSON.

Answers of 64 tokens to prompts of some 200, over HTTP through OpenAI's client, one after another and at once. Without
a folder, a Llama of the starter's shape with random weights is measured.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue

import openai
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from tests.training.conftest import CHATML, byte_tokenizer
from training.checkpoints import Origin, save_adapter
from training.models import load_base
from training.serving.engine import Engine
from training.serving.scheduler import SchedulerSettings
from training.serving.server import listen, server

CONCURRENT = 8
TOKENS = 64
PROMPT = "Passages:\n[1] Plans\n> The Cobus plan costs $74 a month and can be cancelled at any time.\n\nQuestion: "


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, help="a base model's folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        base_folder = arguments.base or write_starter_shape(Path(scratch) / "base")
        engine = Engine(load_base(base_folder, dtype="float32"), settings=SchedulerSettings(threads=arguments.threads))
        engine.start()
        stack.callback(engine.close)
        voices = [write_voice(base_folder, Path(scratch) / f"voice-{n}", seed=n) for n in range(4)]
        client = stack.enter_context(openai.OpenAI(base_url=f"{started(engine, stack)}/v1", api_key="unused"))
        figures = {"threads": arguments.threads, "base": measure(client, ["base"], arguments.rounds)}
        for folder in voices:
            engine.load_adapter(folder.name, folder)
        names = [folder.name for folder in voices]
        figures["base_beside_voices"] = measure(client, ["base"], arguments.rounds)
        figures["one_voice"] = measure(client, names[:1], arguments.rounds)
        figures["four_voices"] = measure(client, names, arguments.rounds)
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


def measure(client: openai.OpenAI, models: list[str], rounds: int) -> dict[str, float]:
    """Return tokens a second, the middle of `rounds`, of 8 requests in turn and of 8 at once.

    Those by processor second count what server and client computed, whoever else is using the machine.
    """
    asked = [(models[n % len(models)], f"{PROMPT}what does plan {n} cost?") for n in range(CONCURRENT)]
    rates: dict[str, list[float]] = defaultdict(list)
    answer(client, *asked[0])
    for _ in range(rounds):
        for way, workers in (("in_turn", 1), ("at_once", CONCURRENT)):
            begun, computed = time.perf_counter(), time.process_time()
            with ThreadPoolExecutor(workers) as pool:
                tokens = sum(pool.map(lambda one: answer(client, *one), asked))
            rates[f"{way}_per_s"].append(tokens / (time.perf_counter() - begun))
            rates[f"{way}_per_processor_s"].append(tokens / (time.process_time() - computed))
    middle = {name: round(statistics.median(values), 1) for name, values in rates.items()}
    return {**middle, "ratio": round(middle["at_once_per_s"] / middle["in_turn_per_s"], 2)}


def answer(client: openai.OpenAI, model: str, question: str) -> int:
    """Return how many tokens were written."""
    said = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], temperature=0, max_tokens=TOKENS
    )
    return said.usage.completion_tokens if said.usage else 0


def started(engine: Engine, stack: ExitStack) -> str:
    """Return the URL of a server that stops with `stack`."""
    listener = stack.enter_context(closing(listen("127.0.0.1", 0)))
    ready: Queue[str] = Queue()
    running = server(engine, None, on_ready=ready.put)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    stack.callback(thread.join)
    stack.callback(setattr, running, "should_exit", True)
    return ready.get(timeout=30)


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
