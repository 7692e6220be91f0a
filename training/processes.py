"""The processes that fit one adapter together, as `accelerate launch` starts them: one for each GPU.

Each holds the whole base model and computes its share of every batch. What they found is added up, so that all of them
take the same step and none has to tell another its weights.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import Tensor

from training.machine import chosen_device, ran_out_of_memory

T = TypeVar("T")


class ProcessGoneError(RuntimeError):
    """One of the other processes ended, so that nothing can be exchanged with it any more."""


@dataclass(frozen=True)
class Processes:
    """Which process this is, of how many, and where it computes. One alone exchanges nothing.

    All of them have to call `meet`, `total`, `add_up` and `agree` equally often. Each of those raises ProcessGoneError.
    """

    device: str = "auto"
    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Return whether this is the one that tells, saves and decides."""
        return self.rank == 0

    def meet(self) -> None:
        """Wait until all of them are here."""
        self.total(0.0)

    def share(self, work: Sequence[T]) -> Sequence[T]:
        """Return this one's part of `work`; where that is sorted, the parts are alike."""
        return work[self.rank :: self.count]

    def total(self, value: float) -> float:
        """Return the sum of what all of them have."""
        return self._sum(torch.tensor(value, dtype=torch.float64)).item() if self.count > 1 else value

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Make each of `tensors` the sum of what all of them have there."""
        if self.count == 1:
            return
        # In one piece, because there are hundreds of small ones and each exchange takes its time.
        together = self._sum(torch.cat([tensor.flatten().float() for tensor in tensors]))
        parts = torch.split(together, [tensor.numel() for tensor in tensors])
        for tensor, summed in zip(tensors, parts, strict=True):
            tensor.copy_(summed.view_as(tensor))

    def agree(self, decision: bool) -> bool:
        """Return what the first one decided."""
        return self.total(float(decision and self.is_first)) > 0

    def _sum(self, tensor: Tensor) -> Tensor:
        from accelerate.utils import reduce

        try:
            return cast("Tensor", reduce(tensor.to(self.device), "sum"))
        except RuntimeError as err:
            if ran_out_of_memory(err):
                raise
            raise ProcessGoneError("another process of this run ended") from err


@contextmanager
def started(device: str) -> Iterator[Processes]:
    """Yield what this process is among those that were started with it; alone if it was started by itself.

    Raises DeviceMissing.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes(device)
        return
    # Not at the top: it takes a second to import, and most have one GPU or none.
    from accelerate import PartialState

    state = PartialState(cpu=chosen_device(device).type == "cpu")
    try:
        yield Processes(str(state.device), state.process_index, state.num_processes)
    finally:
        state.destroy_process_group()
