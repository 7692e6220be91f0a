"""A shell in an empty folder, a company with all its processes, and a base model small enough to load in a moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.commands import Timbre
from tests.end_to_end.yard import Yard
from tests.training.conftest import save_random_llama


@pytest.fixture
def timbre(tmp_path: Path) -> Timbre:
    return Timbre(tmp_path)


@pytest.fixture
def yard(elsewhere: Path) -> Iterator[Yard]:
    """The demo's company at work, where 20 approved answers are enough for a run of one epoch."""
    yard = Yard(elsewhere / "data", epochs=1, min_pairs=20)
    yard.open()
    yield yard
    yard.close()


@pytest.fixture(scope="session")
def small_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a Llama with random weights and a window that holds a prompt, a token for each byte."""
    folder = tmp_path_factory.mktemp("models") / "small"
    return save_random_llama(folder, hidden_size=32, layers=1, heads=2, positions=4096)
