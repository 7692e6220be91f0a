"""What a training run can be told, checked before anything is loaded. Needs no torch, so that the bot can read it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

from training.errors import TrainingError


class SettingsError(TrainingError):
    """Settings that cannot work; the message lists every problem."""


@dataclass(frozen=True)
class _Rule:
    names: tuple[str, ...]
    wanted: str
    holds: Callable[[float], bool]


_RULES = (
    _Rule(("epochs", "batch_size", "micro_batch_size", "rank", "patience"), "at least 1", lambda v: v >= 1),
    _Rule(("max_length",), "at least 16", lambda v: v >= 16),
    _Rule(("alpha", "learning_rate", "max_grad_norm"), "above 0", lambda v: 0 < v < math.inf),
    _Rule(("dropout", "warmup"), "at least 0 and below 1", lambda v: 0 <= v < 1),
    _Rule(("weight_decay", "seed"), "at least 0", lambda v: 0 <= v < math.inf),
)


@dataclass(frozen=True)
class LoraSettings:
    """How a LoRA is fitted. Raises SettingsError with every problem at once."""

    epochs: int = 8
    """How often every pair is seen at most; early stopping may end sooner."""
    batch_size: int = 8
    """Pairs per optimizer step."""
    micro_batch_size: int | None = None
    """Pairs in memory at once; the gradients of a batch add up over them. None: the whole batch."""
    max_length: int = 1024
    """Tokens per pair at most; a longer prompt loses its middle, never its answer."""
    rank: int = 16
    """Rank of the two small matrices beside each linear layer: capacity against size and forgetting."""
    alpha: float | None = None
    """Scale of the adapter: its output is multiplied by alpha / rank. None: twice the rank."""
    dropout: float = 0.0
    """Share of the adapter's inputs that is dropped while training."""
    learning_rate: float = 1e-3
    """The highest learning rate, reached after the warm-up. Large models want less, about 2e-4."""
    warmup: float = 0.05
    """Share of all steps over which the learning rate rises from zero; it then falls along a cosine."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW) on the adapter."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    patience: int = 2
    """Stop after so many epochs in a row without a lower validation loss; the best epoch is kept."""
    seed: int = 0
    """Decides initial weights, order and dropout: on a CPU the same seed gives the same adapter."""

    def __post_init__(self) -> None:
        """Check every field."""
        problems = [*self._type_problems(), *self._range_problems()]
        if problems:
            raise SettingsError("; ".join(problems))

    @property
    def lora_alpha(self) -> float:
        """Return `alpha`, or its default for this rank."""
        return 2.0 * self.rank if self.alpha is None else self.alpha

    def _type_problems(self) -> list[str]:
        wanted = {"int": (int,), "int | None": (int, type(None)), "float": (int, float)}
        wanted["float | None"] = (int, float, type(None))
        problems = []
        for field in fields(self):
            value = getattr(self, field.name)
            kind = getattr(field.type, "__name__", str(field.type))
            if isinstance(value, bool) or not isinstance(value, wanted[kind]):
                problems.append(f"{field.name} must be {kind}, got {value!r}")
        return problems

    def _range_problems(self) -> list[str]:
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        return [
            f"{name} must be {rule.wanted}, got {numbers[name]!r}"
            for rule in _RULES
            for name in rule.names
            if isinstance(numbers[name], int | float) and not rule.holds(numbers[name])
        ]
