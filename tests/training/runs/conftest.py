"""A real database, and a team's data folder beside it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database, sqlite_url
from tests.training.runs.team import NOW, Candidates, add_pair
from training.adapters import add_adapter
from training.checkpoints import Origin, save_adapter
from training.config import TrainingConfig
from training.hyperparameters import LoraSettings
from training.models import load_base


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite database with all tables."""
    folder = tmp_path_factory.mktemp("migrated")
    database = Database(sqlite_url(folder))
    database.upgrade()
    database.close()
    return folder / "timbre.db"


@pytest.fixture
def config(tmp_path: Path, migrated: Path, tiny_folder: Path) -> TrainingConfig:
    """Return how a tiny base is trained on a new team's pairs in seconds."""
    shutil.copy(migrated, tmp_path / "timbre.db")
    return TrainingConfig(
        data_folder=tmp_path,
        database_url=sqlite_url(tmp_path),
        base_model=str(tiny_folder),
        house_style="Speak like a pirate.",
        min_pairs=20,
        lora=LoraSettings(epochs=2, rank=4, max_length=256),
        heartbeat_seconds=0.2,
        stale_seconds=1.5,
        sample_tokens=8,
        threads=1,
    )


@pytest.fixture
def database(config: TrainingConfig) -> Iterator[Database]:
    """Return the team's database, empty."""
    database = Database(config.database_url)
    yield database
    database.close()


@pytest.fixture
def team(database: Database) -> Database:
    """Return the database of a team with 40 approved pairs about 40 questions."""
    for number in range(40):
        add_pair(database, number)
    return database


@pytest.fixture(scope="session")
def trained(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a complete adapter for the tiny base."""
    folder = tmp_path_factory.mktemp("adapters") / "voice"
    base = load_base(tiny_folder, dtype="float32")
    origin = Origin(base.name, base.revision, fingerprint="0" * 64, created_at=NOW)
    save_adapter(add_adapter(base, LoraSettings(rank=2)), folder, origin)
    return folder


@pytest.fixture
def candidates(team: Database, config: TrainingConfig, trained: Path) -> Candidates:
    """Return what makes candidates for the team."""
    return Candidates(team, config, trained)
