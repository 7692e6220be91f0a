"""What a fit is made of: one optimizer step at its learning rate, one validation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import PeftModel

from training.batches import Batch
from training.errors import TrainingError
from training.likelihood import token_losses
from training.master_weights import MasterAdamW
from training.processes import Processes


class NonFiniteLoss(TrainingError):  # noqa: N818 - the name says what is the case
    """The loss or its gradient is no longer a number; the message names the step and its pairs."""


@dataclass(frozen=True)
class StepMetrics:
    """One optimizer step: loss in nats per answer token, and the gradient's norm before clipping."""

    loss: float
    grad_norm: float

    @property
    def finite(self) -> bool:
        """Return whether the step was taken: it is skipped when loss or gradient are not numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.grad_norm)


def accumulate(
    model: PeftModel, micro_batches: Sequence[Batch], optimizer: MasterAdamW, *, target_tokens: int
) -> float:
    """Add up the gradients of `micro_batches` from nothing, and return their share of the loss of `target_tokens`."""
    optimizer.zero_grad()
    total = 0.0
    for batch in micro_batches:
        # Divided by all target tokens: a mean of means would give short answers more weight.
        loss = token_losses(model, batch).sum() / target_tokens
        loss.backward()  # type: ignore[no-untyped-call] # untyped upstream
        total += loss.item()
    return total


def take_step(optimizer: MasterAdamW, loss: float, processes: Processes, *, max_grad_norm: float) -> StepMetrics:
    """Take one step along the gradients of all `processes`, unless loss or gradient are not finite."""
    total = processes.total(loss)
    if not math.isfinite(total):
        return StepMetrics(total, math.nan)
    processes.add_up(optimizer.gradients())
    return StepMetrics(total, optimizer.step(max_grad_norm=max_grad_norm))


def refuse_non_finite(metrics: StepMetrics, step: int, ids: Sequence[str]) -> None:
    """Raise NonFiniteLoss, which names the pairs of the batch, for a step that was not taken."""
    if metrics.finite:
        return
    raise NonFiniteLoss(
        f"step {step}: loss {metrics.loss}, gradient norm {metrics.grad_norm}; lower the learning rate, or look at "
        f"the pairs of this batch: {', '.join(ids)}"
    )


@torch.no_grad()
def validate(model: PeftModel, batches: Sequence[Batch]) -> float:
    """Return the summed loss over `batches` in nats, without dropout."""
    was_training = model.training
    model.train(False)
    total = sum(token_losses(model, batch).sum().item() for batch in batches)
    model.train(was_training)
    return total


def schedule(step: int, steps: int, warmup: float) -> float:
    """Return the share of the highest learning rate at `step` of `steps`, counted from 1: linear up, a cosine down."""
    rising = max(1, round(steps * warmup))
    if step <= rising:
        return step / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising + 1)))
