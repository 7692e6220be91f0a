"""Cross-entropy over a large vocabulary, a few rows at a time."""

from typing import Any

import torch
from torch import Tensor

_ELEMENTS = 2**19
"""Logits in float32 at once: 2 MB, which stays in a core's cache between one pass and the next."""


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return (rows,) losses in nats, float32, of (rows, vocabulary) logits in any precision.

    What torch.nn.functional does, without copies of all logits in float32: they would be the largest tensors of a step.
    """
    losses: Tensor = _CrossEntropy.apply(logits, targets)  # type: ignore[no-untyped-call] # untyped upstream
    return losses


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        chunks = torch.split(logits, _rows(logits))
        normalizers = torch.cat([torch.logsumexp(chunk.float(), dim=-1) for chunk in chunks])
        ctx.save_for_backward(logits, targets, normalizers)
        return normalizers - logits.gather(1, targets[:, None]).squeeze(1).float()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        logits, targets, normalizers = ctx.saved_tensors
        logits_grad = torch.empty_like(logits)
        rows = _rows(logits)
        parts = (torch.split(part, rows) for part in (logits, targets, normalizers, grad, logits_grad))
        for chunk, target, normalizer, chunk_grad, out in zip(*parts, strict=True):
            share = (chunk.float() - normalizer[:, None]).exp_()
            share[torch.arange(len(target), device=target.device), target] -= 1
            out.copy_(share.mul_(chunk_grad[:, None]))
        return logits_grad, None


def _rows(logits: Tensor) -> int:
    return max(1, _ELEMENTS // logits.shape[1]) if logits.device.type == "cpu" else max(1, logits.shape[0])
