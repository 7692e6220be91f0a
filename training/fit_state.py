"""How far a fit is: what its checkpoints hold beside tensors, and what is told of it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from training.hyperparameters import LoraSettings

if TYPE_CHECKING:
    from peft import PeftModel


@dataclass(frozen=True)
class Progress:
    """Where a run stands after an optimizer step. Losses are nats per answer token."""

    step: int
    steps: int
    """Planned; early stopping may end sooner."""
    epoch: int
    loss: float
    val_loss: float | None
    """Of the last validation."""
    tokens_per_s: float
    seconds_left: float
    micro_batch_size: int
    """Pairs in memory at once: fewer than were set when memory ran out."""


@dataclass(frozen=True)
class StepRecord:
    """One optimizer step, as the loss curve shows it."""

    step: int
    epoch: int
    loss: float
    learning_rate: float


@dataclass(frozen=True)
class EpochRecord:
    """One epoch. Losses are nats per answer token; `val_loss` is None without validation examples."""

    epoch: int
    train_loss: float
    val_loss: float | None

    def is_better_than(self, other: "EpochRecord") -> bool:
        """Return whether this epoch replaces the best one so far; without validation each does."""
        return self.val_loss is None or other.val_loss is None or self.val_loss < other.val_loss


@dataclass(frozen=True)
class Fit:
    """A trained adapter on its base, and how it came about. Losses are nats per answer token."""

    model: "PeftModel"
    train_loss: float
    """Mean over the epoch that was kept."""
    val_loss_start: float | None
    val_loss_end: float | None
    """After the epoch that was kept; None, like the start, without validation examples."""
    seconds: float
    """In the training loop, validation included."""
    tokens: int
    """Trained on, all epochs together, padding not counted."""
    examples: int
    """Trained on, all epochs together."""
    truncated: int
    """Training examples that were longer than max_length."""
    steps: int
    history: tuple[StepRecord, ...]
    epochs: tuple[EpochRecord, ...]
    micro_batch_size: int
    """Pairs in memory at once in the end: fewer than were set when memory ran out."""


@dataclass
class FitState:
    """Everything that changes while an adapter is fitted, but for tensors. The next batch is `position` of `epoch`."""

    micro_batch_size: int
    epoch: int = 1
    position: int = 0
    losses: float = 0.0
    """Of this epoch's batches, weighted by their targets."""
    targets: int = 0
    tokens: int = 0
    """Trained on, padding not counted."""
    seconds: float = 0.0
    """Spent, by earlier attempts too."""
    val_loss_start: float | None = None
    val_loss: float | None = None
    kept: EpochRecord = EpochRecord(0, math.nan, None)
    stale: int = 0
    """Epochs since the one that is kept."""
    history: list[StepRecord] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)

    def is_done(self, settings: LoraSettings) -> bool:
        """Return whether no epoch is to follow."""
        return self.epoch > settings.epochs or self.stale >= settings.patience

    def count(self, step: StepRecord, *, targets: int, tokens: int) -> None:
        """Note a batch that was trained on."""
        self.history.append(step)
        self.losses += step.loss * targets
        self.targets += targets
        self.tokens += tokens
        self.position += 1

    def close_epoch(self, val_loss: float | None) -> bool:
        """Note the end of an epoch; returns whether it is the best so far."""
        record = EpochRecord(self.epoch, self.losses / self.targets, val_loss)
        self.epochs.append(record)
        self.val_loss = val_loss
        is_best = record.is_better_than(self.kept)
        if is_best:
            self.kept, self.stale = record, 0
        else:
            self.stale += 1
        self.epoch, self.position, self.losses, self.targets = self.epoch + 1, 0, 0.0, 0
        return is_best

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads back, of numbers and texts alone."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "FitState":
        """Return the state that `to_dict` told."""
        return cls(
            **{
                **fields,
                "kept": EpochRecord(**fields["kept"]),
                "history": [StepRecord(**record) for record in fields["history"]],
                "epochs": [EpochRecord(**record) for record in fields["epochs"]],
            }
        )
