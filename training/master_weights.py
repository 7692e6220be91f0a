"""AdamW for weights that are kept in less precision than an update needs."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class MasterAdamW:
    """AdamW over float32 copies of `parameters`.

    The steps of a low learning rate vanish in bfloat16's eight bits. Keeping only the copies in float32, and not the
    adapter, spares each forward pass two casts of its activations beside every linear layer.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], *, learning_rate: float, weight_decay: float) -> None:
        self._parameters = list(parameters)
        self._masters = [p.detach().clone().float() if p.dtype != torch.float32 else p for p in self._parameters]
        self._optimizer = torch.optim.AdamW(self._masters, lr=learning_rate, weight_decay=weight_decay, fused=True)

    def set_learning_rate(self, learning_rate: float) -> None:
        """Use `learning_rate` from the next step on."""
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    def gradients(self) -> list[Tensor]:
        """Return the gradient of each parameter, to be changed in place; zeros where there was none."""
        for parameter in self._parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        return [parameter.grad for parameter in self._parameters if parameter.grad is not None]

    def state(self) -> dict[str, Any]:
        """Return what `load_state` reads back."""
        return {"masters": [master.detach().clone() for master in self._masters], "adamw": self._optimizer.state_dict()}

    @torch.no_grad()
    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was told."""
        for parameter, master, saved in zip(self._parameters, self._masters, state["masters"], strict=True):
            master.copy_(saved)
            if parameter is not master:
                parameter.copy_(master)
        self._optimizer.load_state_dict(state["adamw"])

    @torch.no_grad()
    def step(self, *, max_grad_norm: float) -> float:
        """Take one step and return the norm the gradients had before they were clipped; nothing moves unless finite."""
        for parameter, master in zip(self._parameters, self._masters, strict=True):
            if parameter.grad is not None:
                master.grad = parameter.grad.float()
        norm = float(torch.nn.utils.clip_grad_norm_(self._masters, max_grad_norm, foreach=True))
        if math.isfinite(norm):
            self._optimizer.step()
            for parameter, master in zip(self._parameters, self._masters, strict=True):
                if parameter is not master:
                    parameter.copy_(master)
        return norm
