"""A fit that is interrupted goes on from its last checkpoint, and one that runs out of memory in smaller parts."""

import errno
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.training.conftest import example
from training.fit_state import Fit, Progress
from training.hyperparameters import LoraSettings
from training.lora import TrainingCancelled, fit
from training.models import Base, load_base
from training.resuming import Checkpoints

# With dropout, so that the random state counts, too.
SETTINGS = LoraSettings(epochs=3, batch_size=4, rank=4, learning_rate=5e-3, dropout=0.1)
TRAIN, VALIDATION = [example(n) for n in range(12)], [example(n) for n in range(50, 53)]


def checkpoints(folder: Path, *, made_for: str = "these pairs", seconds: float = 0.0) -> Checkpoints:
    return Checkpoints(folder / "checkpoint.pt", made_for=made_for, seconds=seconds)


def trained(base: Base, **options: Any) -> Fit:
    return fit(base, TRAIN, VALIDATION, options.pop("settings", SETTINGS), **options)


def weights(fitted: Fit) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in fitted.model.named_parameters() if "lora" in name}


def after(steps: int) -> Callable[[], bool]:
    """Return what says stop when it is asked once more."""
    asked = iter([*[False] * steps, True])
    return lambda: next(asked)


@pytest.fixture(scope="module")
def undisturbed(tiny_folder: Path) -> Fit:
    return trained(load_base(tiny_folder, dtype="float32"))


@pytest.mark.parametrize("steps", [1, 3, 5, 8])
def test_an_interrupted_fit_ends_with_the_very_weights_of_an_undisturbed_one(
    tiny_folder: Path, tmp_path: Path, undisturbed: Fit, steps: int
) -> None:
    told: list[Progress] = []
    first, second = (load_base(tiny_folder, dtype="float32") for _ in range(2))
    with pytest.raises(TrainingCancelled):
        trained(first, checkpoints=checkpoints(tmp_path), should_stop=after(steps))
    torch.manual_seed(99)
    resumed = trained(second, checkpoints=checkpoints(tmp_path), on_progress=told.append)
    assert told[0].step == steps + 1
    assert resumed.history == undisturbed.history
    assert (resumed.epochs, resumed.tokens, resumed.steps) == (undisturbed.epochs, undisturbed.tokens, 9)
    assert resumed.val_loss_start == undisturbed.val_loss_start
    for name, tensor in weights(undisturbed).items():
        assert torch.equal(tensor, weights(resumed)[name]), name


def test_a_fit_that_was_done_is_not_done_again(tiny_folder: Path, tmp_path: Path, undisturbed: Fit) -> None:
    trained(load_base(tiny_folder, dtype="float32"), checkpoints=checkpoints(tmp_path, seconds=1e9))
    told: list[Progress] = []
    saved: list[str] = []
    kept = Checkpoints(
        tmp_path / "checkpoint.pt", made_for="these pairs", seconds=0.0, on_saved=lambda: saved.append("again")
    )
    again = trained(load_base(tiny_folder, dtype="float32"), checkpoints=kept, on_progress=told.append)
    assert told == []
    assert saved == []  # an attempt that gains nothing counts as one
    assert all(torch.equal(tensor, weights(again)[name]) for name, tensor in weights(undisturbed).items())


def test_a_checkpoint_in_half_the_precision_keeps_the_full_one(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingCancelled):
        trained(load_base(tiny_folder, dtype="bfloat16"), checkpoints=checkpoints(tmp_path), should_stop=after(4))
    resumed = trained(load_base(tiny_folder, dtype="bfloat16"), checkpoints=checkpoints(tmp_path))
    assert resumed.history == trained(load_base(tiny_folder, dtype="bfloat16")).history


@pytest.mark.parametrize("damage", ["cut", "none", "text", "other"])
def test_a_checkpoint_that_cannot_be_used_is_let_be(tiny: Base, tmp_path: Path, damage: str) -> None:
    saved = checkpoints(tmp_path, made_for="other pairs" if damage == "other" else "these pairs")
    saved.save({"progress": {}})
    path = tmp_path / "checkpoint.pt"
    if damage in ("cut", "none"):
        path.write_bytes(path.read_bytes()[: 100 if damage == "cut" else 0])
    elif damage == "text":
        path.write_text("nothing of the kind")
    assert checkpoints(tmp_path).load() is None
    told: list[Progress] = []
    trained(tiny, checkpoints=checkpoints(tmp_path), on_progress=told.append)
    assert told[0].step == 1


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: the system refuses writes as a full disk does, with another number."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    saved = checkpoints(tmp_path)
    saved.save({"step": 1})
    with disk_of(10_000), pytest.raises(OSError, match="too large") as caught:
        saved.save({"step": 2, "weights": torch.zeros(100_000)})
    assert caught.value.errno == errno.EFBIG
    assert saved.load() == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def run_out_above(base: Base, rows: int) -> None:
    """Have a model behave as on a machine that has memory for `rows` of a batch."""

    def look(_module: nn.Module, _args: tuple[Any, ...], given: dict[str, Any]) -> None:
        if given["input_ids"].shape[0] > rows:
            raise torch.OutOfMemoryError("CUDA out of memory")

    base.model.register_forward_pre_hook(look, with_kwargs=True)


def test_when_memory_runs_out_batches_are_halved_and_the_result_is_the_same(tiny_folder: Path, tmp_path: Path) -> None:
    # Without dropout: what is dropped depends on how a batch is divided.
    settings = LoraSettings(epochs=2, batch_size=8, rank=4, learning_rate=5e-3)
    whole = trained(load_base(tiny_folder, dtype="float32"), settings=settings)
    small = load_base(tiny_folder, dtype="float32")
    run_out_above(small, 2)
    told: list[Progress] = []
    parts = trained(small, settings=settings, on_progress=told.append, checkpoints=checkpoints(tmp_path))
    assert {progress.micro_batch_size for progress in told} == {2}
    assert parts.micro_batch_size == 2
    assert [step.loss for step in parts.history] == pytest.approx([step.loss for step in whole.history], rel=1e-3)


def test_no_memory_for_a_single_pair_is_an_error(tiny: Base) -> None:
    run_out_above(tiny, 0)
    with pytest.raises(torch.OutOfMemoryError):
        trained(tiny)
