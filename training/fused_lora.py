"""The same LoRA with fewer passes over memory while it is trained.

peft computes base(x) + B(A(x)) * scaling as five operations, each of which reads and writes activations as wide as the
layer. On a CPU those passes cost more than the two small products between them. Here the small products are added into
the large ones as they are computed (addmm), forward and backward.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from peft import PeftModel
from peft.tuners.lora import Linear
from torch import Tensor, nn


@contextmanager
def fused(model: PeftModel) -> Iterator[None]:
    """Compute the adapted linear layers of `model` in the fused form; what it does not cover stays as it is."""
    replaced = [module for module in model.modules() if isinstance(module, Linear) and _covered(module)]
    for layer in replaced:
        # On the instance, where it is found before the class's own, and taken away again below.
        layer.forward = partial(_forward, layer)  # type: ignore[method-assign] # see above
    try:
        yield
    finally:
        for layer in replaced:
            del layer.forward


def _covered(layer: Linear) -> bool:
    name = layer.active_adapters[0]
    base = layer.get_base_layer()
    return (
        len(layer.active_adapters) == 1
        and type(base) is nn.Linear
        and name not in layer.lora_variant
        and isinstance(layer.lora_dropout[name], nn.Identity)
        and layer.lora_A[name].weight.dtype == base.weight.dtype
        and not layer.lora_bias.get(name, False)
        and not layer.merged
    )


def _forward(layer: Linear, x: Tensor, *_: Any, **__: Any) -> Tensor:
    name = layer.active_adapters[0]
    base: Any = layer.get_base_layer()
    down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
    result: Tensor = _LoraLinear.apply(x, base.weight, base.bias, down, up, layer.scaling[name])  # type: ignore[no-untyped-call] # untyped upstream
    return result


class _LoraLinear(torch.autograd.Function):
    """x W' + bias + scaling (x A') B', for frozen W and bias.

    x: (..., inputs), W: (outputs, inputs), A: (rank, inputs), B: (outputs, rank).
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scaling: float
    ) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        inner = rows @ down.T
        result = nn.functional.linear(rows, weight, bias)
        result.addmm_(inner, up.T, alpha=scaling)
        ctx.save_for_backward(rows, inner, weight, down, up)
        ctx.scaling = scaling
        return result.view(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows, inner, weight, down, up = ctx.saved_tensors
        flat = grad.reshape(-1, grad.shape[-1])
        inner_grad = (flat @ up).mul_(ctx.scaling)
        x_grad = None
        if ctx.needs_input_grad[0]:
            x_grad = (flat @ weight).addmm_(inner_grad, down).view(*grad.shape[:-1], weight.shape[1])
        return x_grad, None, None, inner_grad.T @ rows, (flat.T @ inner).mul_(ctx.scaling), None
