"""Several processes fit the adapter that one alone would."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from tests.training.conftest import example
from training.checkpoints import WEIGHTS, read_manifest
from training.examples import write_examples
from training.processes import Processes, started

LAUNCH = ["accelerate.commands.launch", "--cpu", "--num_machines", "1", "--num_cpu_threads_per_process", "1"]
LAUNCH += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]


def test_one_alone_has_all_the_work_and_exchanges_nothing() -> None:
    with started("cpu") as alone:
        assert (alone.device, alone.is_first) == ("cpu", True)
        assert alone.share([1, 2, 3]) == [1, 2, 3]
        assert alone.total(0.1) == 0.1
        assert alone.agree(True)
        assert not alone.agree(False)


def test_shares_are_disjoint_and_together_all_there_is() -> None:
    shares = [Processes(rank=rank, count=3).share(range(7)) for rank in range(3)]
    assert sorted(number for share in shares for number in share) == list(range(7))
    assert [len(Processes(rank=rank, count=3).share("a")) for rank in range(3)] == [1, 0, 0]


def trained(folder: Path, base: Path, processes: int) -> tuple[dict[str, Any], Mapping[str, Tensor], str]:
    """Return what `timbre train` tells and saves, and prints beside it, when so many processes are started."""
    out = folder / f"by-{processes}"
    told = out.with_suffix(".json")
    options = [
        "--pairs",
        folder / "pairs.jsonl",
        "--base",
        base,
        "--out",
        out,
        "--json",
        told,
        "--data",
        folder / "data",
    ]
    settings = ["--epochs", "3", "--batch-size", "6", "--rank", "4", "--max-length", "256", "--learning-rate", "0.01"]
    launcher = [*LAUNCH, "--num_processes", str(processes), "-m"] if processes > 1 else []
    command = [sys.executable, "-m", *launcher, "bot", "train", *map(str, options), *settings]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TIMBRE_DEVICE": "cpu", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert read_manifest(out).adapter_hash == json.loads(told.read_text())["adapter_hash"]
    return json.loads(told.read_text()), load_file(out / WEIGHTS), done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_come_to_the_weights_and_losses_of_one(tiny_folder: Path, tmp_path: Path) -> None:
    # 19 pairs of 21 in batches of 6: the last batch has a pair for one process and nothing for the other.
    write_examples(tmp_path / "pairs.jsonl", [example(number) for number in range(21)])
    one, weights, _ = trained(tmp_path, tiny_folder, 1)
    two, other, printed = trained(tmp_path, tiny_folder, 2)
    same = ("train_pairs", "validation_pairs", "steps", "epochs", "tokens", "fingerprint", "base_revision")
    assert {name: one[name] for name in same} == {name: two[name] for name in same}
    assert one["train_pairs"] % 6 == 1
    for name in ("train_loss", "val_loss_start", "val_loss"):
        assert two[name] == pytest.approx(one[name], rel=1e-4), name
    assert two["val_loss"] < two["val_loss_start"]
    assert weights.keys() == other.keys()
    for name, tensor in weights.items():
        assert tensor.sub(other[name]).abs().max() < 1e-3 * max(1.0, tensor.abs().max().item()), name
    assert not list(tmp_path.glob(".by-2.*"))
    assert json.loads(printed) == two, "told once"
