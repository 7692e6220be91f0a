"""Causal attention for short sequences on a CPU.

PyTorch's flash attention keeps no attention weights and computes them again in its backward pass, block by block. For
the few hundred tokens of a Slack answer they fit in memory, and keeping them turns that pass, a third of the time of
a small model's training step, into a handful of batched products.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

_NAME = "timbre_short"
_USUAL = "sdpa"
MAX_LENGTH = 512
"""Tokens: beyond it the attention weights of a layer take more memory than they save time."""


@contextmanager
def short_attention(model: PreTrainedModel) -> Iterator[None]:
    """Let `model` compute attention this way where it may: on a CPU, where it would have used PyTorch's own."""
    if model.device.type != "cpu" or model.config._attn_implementation != _USUAL:
        yield
        return
    AttentionInterface.register(_NAME, _attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    model.set_attn_implementation(_NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(_USUAL)


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Return (batch, length, heads, width) from a (batch, heads, length, width) query; keys may have fewer heads."""
    length, width = query.shape[2:]
    plain = attention_mask is None and dropout == 0 and all(kwargs.get(name) is None for name in _SPECIAL)
    if not plain or length > MAX_LENGTH or key.shape[2] != length or not torch.is_grad_enabled():
        result: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return result
    scale = width**-0.5 if scaling is None else scaling
    attended: Tensor = _CausalAttention.apply(query, key, value, scale)  # type: ignore[no-untyped-call] # untyped upstream
    return attended.transpose(1, 2).contiguous(), None


_SPECIAL = ("softcap", "s_aux", "position_bias", "cache")
"""What some models add to attention and this one does not know."""


class _CausalAttention(torch.autograd.Function):
    """softmax(scale Q K' over what came before) V, with queries of several heads sharing a key head (GQA)."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        batch, heads, length, width = query.shape
        key_heads = key.shape[1]
        group = heads // key_heads
        q = query.reshape(batch * key_heads, group * length, width)
        k = key.reshape(batch * key_heads, length, width)
        v = value.reshape(batch * key_heads, length, value.shape[-1])
        scores = torch.bmm(q, k.transpose(1, 2)).view(-1, group, length, length)
        later = torch.ones(length, length, dtype=torch.bool, device=query.device).triu_(1)
        weights = torch.softmax(scores.mul_(scale).masked_fill_(later, float("-inf")), dim=-1)
        weights = weights.view(batch * key_heads, group * length, length)
        ctx.save_for_backward(q, k, v, weights)
        ctx.scale, ctx.shapes = scale, (query.shape, key.shape, value.shape)
        return torch.bmm(weights, v).view(batch, heads, length, value.shape[-1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, weights = ctx.saved_tensors
        query_shape, key_shape, value_shape = ctx.shapes
        grad = grad.reshape(q.shape[0], q.shape[1], v.shape[-1])
        value_grad = torch.bmm(weights.transpose(1, 2), grad)
        scores_grad = torch._softmax_backward_data(torch.bmm(grad, v.transpose(1, 2)), weights, -1, weights.dtype)
        query_grad = torch.bmm(scores_grad, k).mul_(ctx.scale)
        key_grad = torch.bmm(scores_grad.transpose(1, 2), q).mul_(ctx.scale)
        return query_grad.view(query_shape), key_grad.view(key_shape), value_grad.view(value_shape), None
