"""What the machine says and remembers: memory that ran out, and where its random numbers are."""

import torch
from torch import Tensor


def ran_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that there is not enough memory, of whatever kind."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Return where the random numbers of the processor and of `device` are."""
    state = {"cpu": torch.get_rng_state()}
    return {**state, "cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    """Go on with random numbers where `random_state` found them."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
