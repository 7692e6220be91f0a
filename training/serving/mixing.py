"""One pass for rows that each have their own LoRA, or none.

A layer's output is W x + B A x. For a batch that uses several adapters their A are set side by side and their B below
one another; each row keeps, of what the joint A gives, only its own adapter's part. That is two products per layer
however many adapters there are. PEFT's own mixed batches go through the adapters one by one, layer by layer, which for
a small model costs several times the model itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from peft.tuners import lora
from torch import Tensor, nn

BASE = "__base__"
"""What rows without an adapter have instead."""


@dataclass(frozen=True)
class _Joint:
    """The adapters in use, in one layer. `own` is (rows, 1, ranks): 1 where a rank is of the row's own adapter.

    It is None when all rows have the same adapter.
    """

    down: Tensor
    up: Tensor
    own: Tensor | None


class Mixer:
    """Replaces how PEFT's linear layers compute, in the model it is given; PEFT still loads and holds the weights."""

    def __init__(self) -> None:
        self._layers: list[lora.Linear] = []
        self._rows: list[str] = []
        self._joint: dict[nn.Module, _Joint] = {}
        self._weights: dict[tuple[nn.Module, tuple[str, ...]], tuple[Tensor, Tensor]] = {}

    def adopt(self, model: nn.Module) -> None:
        """Take over the LoRA layers of `model`, new ones among them, and forget what was made of the adapters."""
        for layer in model.modules():
            if isinstance(layer, lora.Linear) and layer not in self._layers:
                layer.forward = partial(self._forward, layer)  # type: ignore[method-assign]  # the purpose of this class
                self._layers.append(layer)
        self._rows = []
        self._joint = {}
        self._weights = {}

    def select(self, rows: Sequence[str]) -> None:
        """Say which adapter, or BASE, each row of the next pass has."""
        if self._rows == rows:
            return
        self._rows = list(rows)
        used = sorted(set(rows) - {BASE})
        owns: dict[tuple[tuple[str, int], ...], Tensor | None] = {}
        self._joint = {}
        for layer in self._layers:
            ranks = tuple((slot, int(layer.r[slot])) for slot in used if slot in layer.lora_A)
            if ranks:
                down, up = self._concatenated(layer, tuple(slot for slot, _ in ranks))
                if ranks not in owns:
                    owns[ranks] = None if len(set(rows)) == 1 else _ownership(rows, ranks).to(down)
                self._joint[layer] = _Joint(down, up, owns[ranks])

    def _forward(self, layer: lora.Linear, x: Tensor) -> Tensor:
        result: Tensor = layer.base_layer(x)
        joint = self._joint.get(layer)
        if joint is None:
            return result
        parts = x.to(joint.down.dtype) @ joint.down
        if joint.own is not None:
            parts *= joint.own
        return result + (parts @ joint.up).to(result.dtype)

    def _concatenated(self, layer: lora.Linear, slots: tuple[str, ...]) -> tuple[Tensor, Tensor]:
        """Return (inputs, ranks) and (ranks, outputs), kept because the same adapters are used again and again."""
        key = (layer, slots)
        if key not in self._weights:
            if len(self._weights) > 16 * len(self._layers):
                self._weights.clear()
            downs = [cast("Tensor", layer.lora_A[slot].weight) for slot in slots]
            ups = [cast("Tensor", layer.lora_B[slot].weight) * layer.scaling[slot] for slot in slots]
            self._weights[key] = torch.cat(downs).T.contiguous(), torch.cat(ups, dim=1).T.contiguous()
        return self._weights[key]


def _ownership(rows: Sequence[str], ranks: Sequence[tuple[str, int]]) -> Tensor:
    owners = [slot for slot, rank in ranks for _ in range(rank)]
    return torch.tensor([[float(owner == row) for owner in owners] for row in rows]).unsqueeze(1)
