"""Fit a LoRA on approved answers."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from training.adapters import add_adapter
from training.batches import Batch, by_length, collate, training_order
from training.chat import Encoded, encode_all
from training.errors import TrainingError
from training.examples import Example
from training.fit_state import Fit, FitState, Progress, StepRecord
from training.fused_lora import fused
from training.hyperparameters import LoraSettings
from training.machine import ran_out_of_memory, random_state, set_random_state
from training.master_weights import MasterAdamW
from training.models import Base
from training.processes import Processes
from training.resuming import Checkpoints
from training.short_attention import short_attention
from training.steps import (
    NonFiniteLoss,
    StepMetrics,
    accumulate,
    refuse_non_finite,
    schedule,
    take_step,
    validate,
)

__all__ = ["Fit", "LoraSettings", "NonFiniteLoss", "Progress", "StepRecord", "TrainingCancelled", "fit"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

ALONE = Processes()


class TrainingCancelled(TrainingError):  # noqa: N818 - the name says what is the case
    """`should_stop` said so; nothing is kept."""


def fit(
    base: Base,
    train: Sequence[Example],
    validation: Sequence[Example],
    settings: LoraSettings,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    checkpoints: Checkpoints | None = None,
    processes: Processes = ALONE,
    clock: Callable[[], float] = time.perf_counter,
) -> Fit:
    """Train an adapter on `train` and keep the epoch with the lowest loss on `validation`; without any, the last.

    The base's weights stay as they are, but `base.model` has the adapter's layers in it afterwards. On a CPU the result
    depends on the examples, the settings and the number of threads alone, however often it is interrupted and goes on
    from one of its `checkpoints`; the caller's random state is left alone. When memory runs out, a batch is computed in
    smaller parts, which changes nothing else. Of several `processes`, the first tells of the progress and saves.

    Raises NonFiniteLoss, TrainingCancelled, ChatFormatError, or ValueError when `train` is empty.
    """
    if not train:
        raise ValueError("there is nothing to train on: give at least one pair")
    devices = [base.model.device] if base.model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(settings.seed)
        run = _Run(base, train, validation, settings, on_progress, should_stop, checkpoints, processes, clock)
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
        checkpoints: Checkpoints | None,
        processes: Processes,
        clock: Callable[[], float],
    ) -> None:
        self.base, self.settings, self.checkpoints = base, settings, checkpoints
        self.on_progress, self.should_stop, self.clock = on_progress, should_stop, clock
        self.processes = processes
        max_length = min(settings.max_length, _window(base))
        self.train = encode_all(base.tokenizer, train, max_length=max_length)
        self.held_out = encode_all(base.tokenizer, validation, max_length=max_length)
        self.model = add_adapter(base, settings)
        self.weights = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        self.optimizer = MasterAdamW(
            self.weights.values(), learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.steps = settings.epochs * math.ceil(len(train) / settings.batch_size)
        self.state = FitState(settings.micro_batch_size or settings.batch_size)
        self.best = self._snapshot()
        self.started = 0.0

    def complete(self) -> Fit:
        self.started = self.clock()
        if not self._resume():
            self.state.val_loss_start = self.state.val_loss = self._validate()
        done_before = len(self.state.history)
        while not self.state.is_done(self.settings):
            self._train_epoch()
        if len(self.state.history) > done_before:  # else nothing was gained by this attempt
            self._save_checkpoint()
        kept, epochs = self.state.kept, self.state.epochs
        if epochs and epochs[-1].epoch < self.settings.epochs:
            logger.info("stopped after epoch %d: validation loss was lowest after %d", epochs[-1].epoch, kept.epoch)
        self._restore(self.best)
        self.model.train(False)
        return Fit(
            model=self.model,
            train_loss=kept.train_loss,
            val_loss_start=self.state.val_loss_start,
            val_loss_end=kept.val_loss,
            seconds=self._seconds(),
            tokens=self.state.tokens,
            examples=len(self.train) * len(epochs),
            truncated=sum(example.truncated for example in self.train),
            steps=len(self.state.history),
            history=tuple(self.state.history),
            epochs=tuple(epochs),
            micro_batch_size=self.state.micro_batch_size,
        )

    def _train_epoch(self) -> None:
        """Train on what is left of an epoch, then validate."""
        self.model.train(True)
        epoch = self.state.epoch
        order = training_order(self.train, batch_size=self.settings.batch_size, seed=self.settings.seed, epoch=epoch)
        for examples in order[self.state.position :]:
            if self.processes.agree(self.should_stop()):
                raise TrainingCancelled(f"cancelled after step {len(self.state.history)} of {self.steps}")
            self._train_batch(examples)
            if self.checkpoints and self.checkpoints.is_due:
                self._save_checkpoint()
        val_loss = self._validate()
        if val_loss is not None and not math.isfinite(val_loss):
            raise NonFiniteLoss(f"validation loss is {val_loss} after epoch {epoch}; lower the learning rate")
        if self.state.close_epoch(val_loss):
            self.best = self._snapshot()

    def _train_batch(self, examples: Sequence[Encoded]) -> None:
        step, epoch = len(self.state.history) + 1, self.state.epoch
        rate = self.settings.learning_rate * schedule(step, self.steps, self.settings.warmup)
        self.optimizer.set_learning_rate(rate)
        metrics = self._step(examples)
        refuse_non_finite(metrics, step, [example.id for example in examples])
        self.state.count(
            StepRecord(step, epoch, metrics.loss, rate),
            targets=_targets(examples),
            tokens=sum(len(example.input_ids) for example in examples),
        )
        if self.processes.is_first:
            self._report(step, epoch, metrics.loss)

    def _step(self, examples: Sequence[Encoded]) -> StepMetrics:
        # What is exchanged with other processes stays out of what is done again when memory runs out in this one.
        loss = self._fitting_memory(lambda: self._accumulate(examples))
        return take_step(self.optimizer, loss, self.processes, max_grad_norm=self.settings.max_grad_norm)

    def _accumulate(self, examples: Sequence[Encoded]) -> float:
        size, own = self.state.micro_batch_size, self.processes.share(examples)
        parts = (own[start : start + size] for start in range(0, len(own), size))
        batches = [self._collate(part) for part in parts]
        return accumulate(self.model, batches, self.optimizer, target_tokens=_targets(examples))

    def _validate(self) -> float | None:
        if not self.held_out:
            return None
        return self.processes.total(self._fitting_memory(self._measure)) / _targets(self.held_out)

    def _measure(self) -> float:
        batches = by_length(self.processes.share(self.held_out), batch_size=self.state.micro_batch_size)
        return validate(self.model, [self._collate(batch) for batch in batches])

    def _fitting_memory(self, work: Callable[[], T]) -> T:
        """Return what `work` does, in half as large parts for as long as memory runs out."""
        while True:
            try:
                return work()
            except (MemoryError, RuntimeError) as err:
                if not ran_out_of_memory(err) or self.state.micro_batch_size == 1:
                    raise
            # Out of the handler, where the error still holds on to the tensors that filled the memory.
            self.state.micro_batch_size //= 2
            self.optimizer.zero_grad()
            logger.warning("memory ran out: %d pairs at once from here on", self.state.micro_batch_size)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _report(self, step: int, epoch: int, loss: float) -> None:
        elapsed = max(self._seconds(), 1e-9)
        left = elapsed / step * (self.steps - step)
        speed, size = self.state.tokens / elapsed, self.state.micro_batch_size
        self.on_progress(Progress(step, self.steps, epoch, loss, self.state.val_loss, speed, left, size))

    def _seconds(self) -> float:
        """Return the time spent, by attempts before this one too."""
        return self.state.seconds + self.clock() - self.started

    def _collate(self, examples: Sequence[Encoded]) -> Batch:
        return collate(examples, pad_id=self.base.tokenizer.pad_token_id or 0, device=self.base.model.device)

    def _resume(self) -> bool:
        """Go on from the last checkpoint; returns whether there was one."""
        saved = self.checkpoints.load() if self.checkpoints else None
        if saved is None:
            return False
        micro_batch_size = min(self.state.micro_batch_size, saved["progress"]["micro_batch_size"])
        self.state = FitState.from_dict({**saved["progress"], "micro_batch_size": micro_batch_size})
        self._restore(saved["weights"])
        self.best = {name: tensor.to(self.base.model.device) for name, tensor in saved["best"].items()}
        self.optimizer.load_state(saved["optimizer"])
        set_random_state(saved["random"], self.base.model.device)
        logger.info("going on from step %d of %d", len(self.state.history), self.steps)
        return True

    def _save_checkpoint(self) -> None:
        if self.checkpoints is None or not self.processes.is_first:
            return
        self.checkpoints.save(
            {
                "progress": {**self.state.to_dict(), "seconds": self._seconds()},
                "weights": self._snapshot(),
                "best": self.best,
                "optimizer": self.optimizer.state(),
                "random": random_state(self.base.model.device),
            }
        )

    def _snapshot(self) -> dict[str, Tensor]:
        return {name: parameter.detach().clone() for name, parameter in self.weights.items()}

    @torch.no_grad()
    def _restore(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self.weights.items():
            parameter.copy_(weights[name])


def _targets(examples: Sequence[Encoded]) -> int:
    return sum(example.target_tokens for example in examples)


def _window(base: Base) -> int:
    window = getattr(base.model.config, "max_position_embeddings", None)
    return window if isinstance(window, int) else 2**31
