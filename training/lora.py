"""Fit a LoRA on approved answers."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from peft import PeftModel
from torch import Tensor

from training.adapters import add_adapter
from training.batches import Batch, by_length, collate, training_order
from training.chat import Encoded, encode_all
from training.errors import TrainingError
from training.examples import Example
from training.fused_lora import fused
from training.hyperparameters import LoraSettings
from training.master_weights import MasterAdamW
from training.models import Base
from training.short_attention import short_attention
from training.steps import StepMetrics, train_step, validate

__all__ = ["Fit", "LoraSettings", "NonFiniteLoss", "Progress", "StepRecord", "TrainingCancelled", "fit"]

logger = logging.getLogger(__name__)


class NonFiniteLoss(TrainingError):  # noqa: N818 - the name says what is the case
    """The loss or its gradient is no longer a number; the message names the step and its pairs."""


class TrainingCancelled(TrainingError):  # noqa: N818 - the name says what is the case
    """`should_stop` said so; nothing is kept."""


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


@dataclass(frozen=True)
class Fit:
    """A trained adapter on its base, and how it came about. Losses are nats per answer token."""

    model: PeftModel
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


def fit(
    base: Base,
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: LoraSettings,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> Fit:
    """Train an adapter on `train` and keep the epoch with the lowest loss on `validation`; without any, the last.

    The base's weights stay as they are, but `base.model` has the adapter's layers in it afterwards. On a CPU the result
    depends on the examples, the settings and the number of threads alone; the caller's random state is left alone.

    Raises NonFiniteLoss, TrainingCancelled, ChatFormatError, or ValueError when `train` is empty.
    """
    if not train:
        raise ValueError("there is nothing to train on: give at least one pair")
    devices = [base.model.device] if base.model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(settings.seed)
        run = _Run(base, train, validation, settings, on_progress, should_stop, clock)
        with fused(run.model), short_attention(base.model):
            return run.complete()


class _Run:
    """What changes while one adapter is fitted."""

    def __init__(
        self,
        base: Base,
        train: Sequence[Example],
        validation: Sequence[Example],
        settings: LoraSettings,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.base, self.settings = base, settings
        self.on_progress, self.should_stop, self.clock = on_progress, should_stop, clock
        max_length = min(settings.max_length, _window(base))
        self.train = encode_all(base.tokenizer, train, max_length=max_length)
        held_out = encode_all(base.tokenizer, validation, max_length=max_length)
        self.held_out = [self._collate(batch) for batch in by_length(held_out, batch_size=settings.batch_size)]
        self.model = add_adapter(base, settings)
        self.weights = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        self.optimizer = MasterAdamW(
            self.weights.values(), learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.steps = settings.epochs * math.ceil(len(train) / settings.batch_size)
        self.history: list[StepRecord] = []
        self.epochs: list[EpochRecord] = []
        self.val_loss: float | None = None
        self.tokens = 0
        self.started = 0.0

    def complete(self) -> Fit:
        self.started = self.clock()
        val_loss_start = self.val_loss = self._validate()
        kept, weights, stale = EpochRecord(0, math.nan, None), self._snapshot(), 0
        for epoch in range(1, self.settings.epochs + 1):
            record = self._train_epoch(epoch)
            if _better(record.val_loss, kept.val_loss):
                kept, weights, stale = record, self._snapshot(), 0
            else:
                stale += 1
            if stale == self.settings.patience:
                logger.info("stopped after epoch %d: validation loss was lowest after epoch %d", epoch, kept.epoch)
                break
        self._restore(weights)
        self.model.train(False)
        return Fit(
            model=self.model,
            train_loss=kept.train_loss,
            val_loss_start=val_loss_start,
            val_loss_end=kept.val_loss,
            seconds=self.clock() - self.started,
            tokens=self.tokens,
            examples=len(self.train) * len(self.epochs),
            truncated=sum(example.truncated for example in self.train),
            steps=len(self.history),
            history=tuple(self.history),
            epochs=tuple(self.epochs),
        )

    def _train_epoch(self, epoch: int) -> EpochRecord:
        self.model.train(True)
        losses = targets = 0.0
        order = training_order(self.train, batch_size=self.settings.batch_size, seed=self.settings.seed, epoch=epoch)
        for examples in order:
            if self.should_stop():
                raise TrainingCancelled(f"cancelled after step {len(self.history)} of {self.steps}")
            batch_targets = sum(example.target_tokens for example in examples)
            losses += self._train_batch(examples, epoch) * batch_targets
            targets += batch_targets
        self.val_loss = self._validate()
        if self.val_loss is not None and not math.isfinite(self.val_loss):
            raise NonFiniteLoss(f"validation loss is {self.val_loss} after epoch {epoch}; lower the learning rate")
        record = EpochRecord(epoch, losses / targets, self.val_loss)
        self.epochs.append(record)
        return record

    def _train_batch(self, examples: Sequence[Encoded], epoch: int) -> float:
        step = len(self.history) + 1
        rate = self.settings.learning_rate * schedule(step, self.steps, self.settings.warmup)
        self.optimizer.set_learning_rate(rate)
        metrics = train_step(
            self.model, list(self._micro_batches(examples)), self.optimizer, max_grad_norm=self.settings.max_grad_norm
        )
        _check(metrics, step, examples)
        self.history.append(StepRecord(step, epoch, metrics.loss, rate))
        self.tokens += sum(len(example.input_ids) for example in examples)
        self._report(step, epoch, metrics.loss)
        return metrics.loss

    def _micro_batches(self, examples: Sequence[Encoded]) -> Iterator[Batch]:
        size = self.settings.micro_batch_size or len(examples)
        for start in range(0, len(examples), size):
            yield self._collate(examples[start : start + size])

    def _report(self, step: int, epoch: int, loss: float) -> None:
        elapsed = max(self.clock() - self.started, 1e-9)
        left = elapsed / step * (self.steps - step)
        self.on_progress(Progress(step, self.steps, epoch, loss, self.val_loss, self.tokens / elapsed, left))

    def _collate(self, examples: Sequence[Encoded]) -> Batch:
        return collate(examples, pad_id=self.base.tokenizer.pad_token_id or 0, device=self.base.model.device)

    def _validate(self) -> float | None:
        return validate(self.model, self.held_out) if self.held_out else None

    def _snapshot(self) -> dict[str, Tensor]:
        return {name: parameter.detach().clone() for name, parameter in self.weights.items()}

    @torch.no_grad()
    def _restore(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self.weights.items():
            parameter.copy_(weights[name])


def schedule(step: int, steps: int, warmup: float) -> float:
    """Return the share of the highest learning rate at `step` of `steps`, counted from 1: linear up, a cosine down."""
    rising = max(1, round(steps * warmup))
    if step <= rising:
        return step / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising + 1)))


def _window(base: Base) -> int:
    window = getattr(base.model.config, "max_position_embeddings", None)
    return window if isinstance(window, int) else 2**31


def _better(val_loss: float | None, best: float | None) -> bool:
    """Return whether an epoch replaces the best one; without validation each does."""
    return val_loss is None or best is None or val_loss < best


def _check(metrics: StepMetrics, step: int, examples: Sequence[Encoded]) -> None:
    if metrics.finite:
        return
    pairs = ", ".join(example.id for example in examples)
    raise NonFiniteLoss(
        f"step {step}: loss {metrics.loss}, gradient norm {metrics.grad_norm}; lower the learning rate, or look at "
        f"the pairs of this batch: {pairs}"
    )
