"""What the machine says and remembers: memory that ran out, and where its random numbers are."""

import torch
from torch import Tensor

from training.errors import TrainingError


class DeviceMissing(TrainingError):  # noqa: N818 - the name says what is the case
    """The device that was named is not there; the message says what to set."""


def chosen_device(name: str) -> torch.device:
    """Return the device called `name`; "auto" is a GPU where there is one. Raises DeviceMissing."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise DeviceMissing(f"{name} is not there, this machine has {found} GPUs for torch: set TIMBRE_DEVICE to cpu")
    return device


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
