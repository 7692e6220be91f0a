"""What a fit is made of: one optimizer step, one validation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import PeftModel

from training.batches import Batch
from training.likelihood import token_losses
from training.master_weights import MasterAdamW


@dataclass(frozen=True)
class StepMetrics:
    """One optimizer step: loss in nats per answer token, and the gradient's norm before clipping."""

    loss: float
    grad_norm: float

    @property
    def finite(self) -> bool:
        """Return whether the step was taken: it is skipped when loss or gradient are not numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.grad_norm)


def train_step(
    model: PeftModel, micro_batches: Sequence[Batch], optimizer: MasterAdamW, *, max_grad_norm: float
) -> StepMetrics:
    """Add up gradients over `micro_batches`, then take one step, unless loss or gradient are not finite."""
    optimizer.zero_grad()
    target_tokens = sum(batch.target_tokens for batch in micro_batches)
    total = 0.0
    for batch in micro_batches:
        # Divided by all target tokens: a mean of means would give short answers more weight.
        loss = token_losses(model, batch).sum() / target_tokens
        loss.backward()  # type: ignore[no-untyped-call] # untyped upstream
        total += loss.item()
    if not math.isfinite(total):
        return StepMetrics(total, math.nan)
    return StepMetrics(total, optimizer.step(max_grad_norm=max_grad_norm))


@torch.no_grad()
def validate(model: PeftModel, batches: Sequence[Batch]) -> float:
    """Return the mean loss over `batches` in nats per answer token, without dropout."""
    was_training = model.training
    model.train(False)
    total = sum(token_losses(model, batch).sum().item() for batch in batches)
    model.train(was_training)
    return total / sum(batch.target_tokens for batch in batches)
