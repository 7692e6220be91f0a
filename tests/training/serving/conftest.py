"""An engine that really generates, over a tiny base model, and voices for it."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.training.serving.collected import Collected
from tests.training.serving.fakes import HashEmbedder
from tests.training.serving.voices import write_adapter, write_lively_base
from training.models import Base, load_base
from training.serving.engine import Engine
from training.serving.server import listen, server


@pytest.fixture(scope="session")
def lively_folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny base that says varied things."""
    return write_lively_base(tiny_folder, tmp_path_factory.mktemp("lively") / "base")


@pytest.fixture
def lively(lively_folder: Path) -> Base:
    """Return a freshly loaded base: adapters are put into it."""
    return load_base(lively_folder, dtype="float32")


@pytest.fixture(scope="session")
def voices(lively_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return four adapters, of different ranks and on different layers."""
    folder = tmp_path_factory.mktemp("voices")
    return [write_adapter(lively_folder, folder / f"voice-{seed}", seed=seed) for seed in range(4)]


@pytest.fixture
def engine(lively: Base) -> Iterator[Engine]:
    """Return a running engine over the lively base."""
    engine = Engine(lively)
    engine.start()
    yield engine
    engine.close()


@pytest.fixture
def ask(engine: Engine) -> Callable[..., Collected]:
    """Return a function that submits a question and collects its events."""

    def submit(text: str, model: str = "base", **sampling: Any) -> Collected:
        return Collected.of(engine, text, model, **sampling)

    return submit


@pytest.fixture
def url(engine: Engine) -> Iterator[str]:
    """Return the URL of a model server on a real socket."""
    with closing(listen("127.0.0.1", 0)) as listener:
        ready: queue.Queue[str] = queue.Queue()
        running = server(engine, HashEmbedder(), on_ready=ready.put)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield ready.get(timeout=10)
        running.should_exit = True
        thread.join()


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    """Return OpenAI's own client, pointed at the server."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0, timeout=30) as client:
        yield client
