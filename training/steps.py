"""What a fit is made of: an untrained adapter, one optimizer step, one validation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from training.batches import Batch
from training.hyperparameters import LoraSettings
from training.likelihood import token_losses
from training.master_weights import MasterAdamW
from training.models import Base


@dataclass(frozen=True)
class StepMetrics:
    """One optimizer step: loss in nats per answer token, and the gradient's norm before clipping."""

    loss: float
    grad_norm: float

    @property
    def finite(self) -> bool:
        """Return whether the step was taken: it is skipped when loss or gradient are not numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.grad_norm)


def add_adapter(base: Base, settings: LoraSettings) -> PeftModel:
    """Return `base.model` with an adapter, which changes nothing yet, on all its linear layers but the last."""
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.lora_alpha,  # type: ignore[arg-type] # it is only ever divided by the rank
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(base.model, config, autocast_adapter_dtype=False)
    if not isinstance(model, PeftModel):
        raise TypeError(f"peft made a {type(model).__name__}, not a PeftModel")
    return model


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
