"""An engine that really generates, over a tiny base model, and voices for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.training.serving.collected import Collected
from tests.training.serving.voices import write_adapter, write_lively_base
from training.models import Base, load_base
from training.serving.engine import Engine


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
