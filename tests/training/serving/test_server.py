import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import openai
import pytest
from transformers import MambaConfig, MambaForCausalLM

from training.models import BaseModelMissing, load_base
from training.serving.engine import Engine
from training.serving.server import ServeError, listen, serve, server

PROGRAM = """
import sys
from pathlib import Path
import torch
from training.serving.server import serve
torch.set_num_threads(1)
base, voice = sys.argv[1:]
serve(base, port=0, adapters={"voice-1": Path(voice)}, on_ready=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


def test_it_serves_until_it_is_told_to_stop_and_leaves_cleanly(lively_folder: Path, voices: list[Path]) -> None:
    command = [sys.executable, "-c", PROGRAM, str(lively_folder), str(voices[0])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0) as client:
            models = [card.id for card in client.models.list()]
            vector = client.embeddings.create(model="all-MiniLM-L6-v2", input="hello").data[0].embedding
            stream = client.chat.completions.create(
                model="voice-1",
                messages=[{"role": "user", "content": "Hi"}],
                stream=True,
                max_tokens=400,
                temperature=0,
            )
            next(stream)
            process.send_signal(signal.SIGTERM)
            finish = [chunk.choices[0].finish_reason for chunk in stream][-1]
        output, errors = process.communicate(timeout=20)

    assert models == ["base", "voice-1", "all-MiniLM-L6-v2"]
    assert len(vector) == 384
    # What was being written when the signal came is written to its end.
    assert finish in {"stop", "length"}
    assert (process.returncode, output, errors) == (0, "stopped\n", "")


def test_a_taken_port_is_one_clear_error(lively_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"cannot listen on 127.0.0.1:{port} .* Choose another port"):
            serve(lively_folder, port=port)


def test_a_host_that_does_not_exist_is_one_clear_error() -> None:
    with pytest.raises(ServeError, match=r"cannot listen on nowhere\.invalid:1"):
        listen("nowhere.invalid", 1)


def test_a_missing_base_model_frees_the_port_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]

    with pytest.raises(BaseModelMissing, match="TIMBRE_BASE_MODEL"):
        serve(tmp_path / "nowhere", port=port)

    listen("127.0.0.1", port).close()


def test_an_adapter_that_cannot_be_loaded_is_one_clear_error(lively_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="no adapter folder"):
        serve(lively_folder, port=0, adapters={"voice-1": tmp_path / "nowhere"})


def test_a_recurrent_model_is_refused_because_padding_would_change_its_answers(
    lively_folder: Path, tmp_path: Path
) -> None:
    vocabulary = len(load_base(lively_folder).tokenizer)
    config = MambaConfig(vocab_size=vocabulary, hidden_size=8, num_hidden_layers=1, state_size=2)
    shutil.copytree(lively_folder, tmp_path / "mamba")
    MambaForCausalLM(config).save_pretrained(tmp_path / "mamba")

    with pytest.raises(ServeError, match="recurrent or hybrid"):
        serve(tmp_path / "mamba", port=0)


def test_an_idle_connection_stays_open_for_longer_than_clients_keep_it(lively_folder: Path) -> None:
    kept = openai.DEFAULT_CONNECTION_LIMITS.keepalive_expiry
    serving = server(Engine(load_base(lively_folder, dtype="float32")), None, on_ready=None)

    assert kept is not None
    assert serving.config.timeout_keep_alive > kept
