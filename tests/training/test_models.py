"""Base models: found, named by their content, or refused in one line."""

import json
import shutil
import time
from pathlib import Path

import pytest
import torch

from training.machine import DeviceMissing
from training.models import BaseModelMissing, folder_revision, load_base


def copy(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to / "copy")
    return to / "copy"


def test_a_base_is_loaded_frozen_and_ready_to_answer(tiny_folder: Path) -> None:
    base = load_base(tiny_folder)
    assert base.model.dtype == torch.float32, "a small model gains nothing from bfloat16"
    assert not base.model.training
    assert not any(parameter.requires_grad for parameter in base.model.parameters())
    assert base.name == str(tiny_folder)
    assert load_base(tiny_folder, dtype="bfloat16").model.dtype == torch.bfloat16


def test_a_revision_follows_the_content_of_a_folder_and_not_its_place(tiny_folder: Path, tmp_path: Path) -> None:
    moved = copy(tiny_folder, tmp_path)
    assert folder_revision(moved) == folder_revision(tiny_folder) == load_base(tiny_folder).revision
    (moved / "README.md").write_text("A model.")
    assert folder_revision(moved) == folder_revision(tiny_folder)
    config = json.loads((moved / "config.json").read_text())
    (moved / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 0.5}))
    assert folder_revision(moved) != folder_revision(tiny_folder)


def missing(name: str | Path) -> str:
    with pytest.raises(BaseModelMissing) as caught:
        load_base(name)
    message = str(caught.value)
    assert "\n" not in message
    assert "set TIMBRE_BASE_MODEL" in message
    return message


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert f"no base model folder at {tmp_path / 'nothing'}" in missing(tmp_path / "nothing")


def test_a_file_is_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("weights")
    assert "no base model folder at" in missing(tmp_path / "model")


def test_a_folder_without_configuration_or_safetensors_says_which(tiny_folder: Path, tmp_path: Path) -> None:
    folder = copy(tiny_folder, tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "holds no *.safetensors" in missing(folder)
    (folder / "config.json").unlink()
    assert "config.json is missing" in missing(folder)


def test_broken_weights_are_one_line(tiny_folder: Path, tmp_path: Path) -> None:
    folder = copy(tiny_folder, tmp_path)
    (folder / "model.safetensors").write_bytes(b"\x08")
    assert "could not be loaded" in missing(folder)


def test_a_model_that_wants_to_run_its_own_code_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    folder = copy(tiny_folder, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    own = {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine", "AutoModelForCausalLM": "mine.Model"}}
    (folder / "config.json").write_text(json.dumps(config | own))
    (folder / "mine.py").write_text("raise SystemExit('it ran')")
    assert "could not be loaded" in missing(folder)


def test_a_hub_id_that_cannot_be_had_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert "base model nobody/nothing could not be loaded" in missing("nobody/nothing")


def test_a_hub_that_is_out_of_reach_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    # The names its modules hold: these are read anew at each request.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    )
    start = time.monotonic()

    assert "base model nobody/nothing could not be loaded" in missing("nobody/nothing")
    assert time.monotonic() - start < 5


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_models_compute_on_the_processor_unless_one_is_asked_for(tiny_folder: Path) -> None:
    assert load_base(tiny_folder, device="auto").model.device.type == "cpu"
    with pytest.raises(DeviceMissing, match=r"cuda:1 is not there, .* has 0 GPUs .* set TIMBRE_DEVICE to cpu"):
        load_base(tiny_folder, device="cuda:1")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_is_used_where_there_is_one(tiny_folder: Path) -> None:
    assert load_base(tiny_folder, device="auto").model.device.type == "cuda"
