"""What a worker and its child processes are told. Needs no torch, so that the bot can make it from its settings."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.hyperparameters import LoraSettings


@dataclass(frozen=True)
class TrainingConfig:
    """How runs are worked on."""

    data_folder: Path
    """Datasets, adapters and logs are kept under it, by absolute path."""
    database_url: str
    base_model: str
    """A model's folder or hub id."""
    house_style: str = ""
    """Part of every prompt, in training as at answer time."""
    min_pairs: int = 50
    """Fewer approved pairs than this are not trained on."""
    lora: LoraSettings = field(default_factory=LoraSettings)
    heartbeat_seconds: float = 5.0
    """How often a worker says that it is alive."""
    stale_seconds: float = 60.0
    """A run whose worker has been silent for so long is taken up by another."""
    checkpoint_seconds: float = 30.0
    """How often a fit leaves what a killed run goes on from."""
    ballot_days: float = 7.0
    """How long reviewers can decide about a new voice."""
    sample_tokens: int = 160
    """Length at most of the answers that a report shows."""
    device: str = "cpu"
    """Where a training process computes, as torch names it: cpu, cuda, cuda:1; auto is a GPU where there is one."""
    processes: int = 1
    """How many learn an adapter together, one for each GPU."""
    threads: int | None = None
    """CPU threads of a run, shared by its processes; None: as many as torch sees fit."""

    def __post_init__(self) -> None:
        """Make the folder absolute: a child process and the bot may run elsewhere."""
        object.__setattr__(self, "data_folder", self.data_folder.absolute())
        if self.heartbeat_seconds * 2 > self.stale_seconds:
            raise ValueError(
                f"stale_seconds is {self.stale_seconds}; it must be at least twice heartbeat_seconds "
                f"({self.heartbeat_seconds}), or a living worker loses its run"
            )

    def to_json(self) -> str:
        """Return what `from_json` reads back."""
        return json.dumps({**asdict(self), "data_folder": str(self.data_folder)}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "TrainingConfig":
        """Return the configuration in `text`. Raises `ValueError` when it is not one."""
        try:
            fields: Mapping[str, Any] = json.loads(text)
            lora, folder = LoraSettings(**fields["lora"]), Path(fields["data_folder"])
            return cls(**{**fields, "lora": lora, "data_folder": folder})
        except (TypeError, KeyError) as err:
            raise ValueError(f"not a training configuration ({err})") from err

    def write(self, path: Path) -> None:
        """Write a file that only its owner can read: the database's URL may hold a password."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(self.to_json(), encoding="utf-8")
