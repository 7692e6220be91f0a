"""Two optimizers and one schedule for their learning rates."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch.optim import AdamW, Muon, Optimizer
from transformers import LlamaForCausalLM

_LOWEST = 0.02
"""The lowest learning rate, as a part of the highest."""
_CAREFUL = 5
"""How much slower the embeddings change: what copies relies on the code of every token, rare ones too."""


def build_optimizers(model: LlamaForCausalLM, *, matrix_rate: float, learning_rate: float) -> list[Optimizer]:
    """Return Muon for the layers' matrices, which learns from fewer tokens, and AdamW for the rest."""
    matrices = [weight for weight in model.model.layers.parameters() if weight.ndim == 2]
    embeddings = model.model.embed_tokens.weight
    others = [weight for weight in model.parameters() if not any(weight is one for one in (*matrices, embeddings))]
    optimizers: list[Optimizer] = [
        Muon(matrices, lr=matrix_rate, weight_decay=0.01, momentum=0.95),
        AdamW(
            [{"params": others, "lr": learning_rate}, {"params": [embeddings], "lr": learning_rate / _CAREFUL}],
            betas=(0.9, 0.98),
            weight_decay=0.0,
        ),
    ]
    for group in _groups(optimizers):
        group["peak"] = group["lr"]
    return optimizers


def rate_at(step: int, steps: int, warmup: int, decay: int) -> float:
    """Return the learning rate of `step` (from 0) of `steps`, as a part of its peak: it rises, stays and falls."""
    return max(_LOWEST, min(1.0, (step + 1) / warmup, (steps - step) / decay))


def set_rate(optimizers: Sequence[Optimizer], part: float) -> None:
    """Set every learning rate to `part` of its peak."""
    for group in _groups(optimizers):
        group["lr"] = group["peak"] * part


def step(model: torch.nn.Module, optimizers: Sequence[Optimizer]) -> None:
    """Clip the gradients, take a step, forget the gradients."""
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def _groups(optimizers: Sequence[Optimizer]) -> Iterator[dict[str, Any]]:
    return chain.from_iterable(optimizer.param_groups for optimizer in optimizers)
