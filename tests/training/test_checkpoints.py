"""Adapters on disk: complete and unchanged, or refused."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from tests.training.conftest import example
from training.adapters import BaseChanged, add_adapter, attach_adapter, detach_adapters, using
from training.batches import collate
from training.chat import encode_all
from training.checkpoints import AdapterExists, AdapterIncomplete, Manifest, Origin, read_manifest, save_adapter
from training.hyperparameters import LoraSettings
from training.likelihood import token_losses
from training.models import Base

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def origin(base: Base) -> Origin:
    return Origin(base.name, base.revision, "f" * 64, NOW, settings={"rank": 4}, scores={"val_loss": 1.5})


@pytest.fixture
def model(tiny: Base) -> PeftModel:
    model = add_adapter(tiny, LoraSettings(rank=4))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(generator=torch.Generator().manual_seed(1))
    return model


@pytest.fixture
def saved(tiny: Base, model: PeftModel, tmp_path: Path) -> Path:
    save_adapter(model, tmp_path / "voice-1", origin(tiny))
    return tmp_path / "voice-1"


def test_a_manifest_is_read_back_as_it_was_written(tiny: Base, model: PeftModel, tmp_path: Path) -> None:
    manifest = save_adapter(model, tmp_path / "new" / "voice-1", origin(tiny))
    assert read_manifest(tmp_path / "new" / "voice-1") == manifest
    assert manifest.origin == origin(tiny)
    assert set(manifest.files) == {"adapter_model.safetensors", "adapter_config.json", "README.md"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["voice-1"]


def test_a_card_tells_the_licence_of_the_base_or_that_none_is_stated(
    tiny: Base, model: PeftModel, tmp_path: Path
) -> None:
    silent = save_adapter(model, tmp_path / "a", origin(tiny))
    stated = save_adapter(model, tmp_path / "b", replace(origin(tiny), base_licence="apache-2.0"))
    assert "Licence of the base model: not stated by the base." in (tmp_path / "a" / "README.md").read_text()
    assert "Licence of the base model: apache-2.0." in (tmp_path / "b" / "README.md").read_text()
    assert read_manifest(tmp_path / "a") == silent
    assert read_manifest(tmp_path / "b") == stated


def test_the_same_adapter_has_the_same_hash_and_another_has_not(tiny: Base, model: PeftModel, tmp_path: Path) -> None:
    first, again = (save_adapter(model, tmp_path / name, origin(tiny)) for name in ("a", "b"))
    with torch.no_grad():
        next(p for n, p in model.named_parameters() if "lora_A" in n).add_(1.0)
    other = save_adapter(model, tmp_path / "c", origin(tiny))
    assert first.adapter_hash == again.adapter_hash
    assert first.adapter_hash != other.adapter_hash


def test_a_saved_adapter_is_loaded_as_it_was(tiny: Base, model: PeftModel, saved: Path) -> None:
    batch = collate(encode_all(tiny.tokenizer, [example(1)], max_length=99), pad_id=0, device=torch.device("cpu"))
    expected = token_losses(model, batch)
    detach_adapters(model)
    base_alone = token_losses(tiny.model, batch)
    loaded = attach_adapter(tiny, tiny.model, saved, "voice-1")
    with using(loaded, "voice-1"):
        torch.testing.assert_close(token_losses(loaded, batch), expected)
    with using(loaded, None):
        torch.testing.assert_close(token_losses(loaded, batch), base_alone)
    assert not torch.allclose(expected, base_alone)


def test_plain_peft_loads_it_too(tiny: Base, model: PeftModel, saved: Path) -> None:
    detach_adapters(model)
    config = json.loads((saved / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA"
    assert config["inference_mode"] is True
    assert config["target_modules"] == sorted(config["target_modules"])
    loaded = attach_adapter(tiny, tiny.model, saved, "default")
    assert loaded.active_adapter == "default"


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json", "README.md"])
def test_a_changed_file_is_refused_by_name(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(AdapterIncomplete, match=f"{name} is not the file that was saved"):
        read_manifest(saved)


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json", "README.md", "manifest.json"])
def test_a_missing_file_is_refused_by_name(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(AdapterIncomplete, match=f"{name} is missing"):
        read_manifest(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "origin": {}, "files": {}}'])
def test_a_manifest_that_is_none_is_refused(saved: Path, text: str) -> None:
    (saved / "manifest.json").write_text(text)
    with pytest.raises(AdapterIncomplete, match=r"manifest\.json"):
        read_manifest(saved)


def rewrite(saved: Path, manifest: Manifest, **changes: object) -> None:
    document = json.loads((saved / "manifest.json").read_text())
    (saved / "manifest.json").write_text(json.dumps(document | changes))


def test_a_manifest_of_a_later_format_is_refused(saved: Path) -> None:
    rewrite(saved, read_manifest(saved), format=2)
    with pytest.raises(AdapterIncomplete, match="has format 2"):
        read_manifest(saved)


def test_a_manifest_cannot_name_files_elsewhere(saved: Path) -> None:
    document = json.loads((saved / "manifest.json").read_text())
    files = document["files"] | {"../voice-1/README.md": document["files"]["README.md"]}
    rewrite(saved, read_manifest(saved), files=files)
    with pytest.raises(AdapterIncomplete, match="names files outside"):
        read_manifest(saved)


def test_an_adapter_of_another_base_is_refused(tiny: Base, model: PeftModel, tmp_path: Path) -> None:
    other = Origin("other", "0123", "f", NOW)
    save_adapter(model, tmp_path / "other", other)
    detach_adapters(model)
    with pytest.raises(BaseChanged, match="was trained on other at revision 0123"):
        attach_adapter(tiny, tiny.model, tmp_path / "other", "voice")


def test_nothing_is_ever_written_over(tiny: Base, model: PeftModel, saved: Path) -> None:
    before = read_manifest(saved)
    with pytest.raises(AdapterExists, match="already exists: give the path of a new folder"):
        save_adapter(model, saved, origin(tiny))
    assert read_manifest(saved) == before


def test_an_empty_folder_may_be_filled(tiny: Base, model: PeftModel, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    save_adapter(model, tmp_path / "empty", origin(tiny))
    assert read_manifest(tmp_path / "empty").origin.base_revision == tiny.revision


def test_a_failure_while_saving_leaves_nothing(tiny: Base, model: PeftModel, tmp_path: Path) -> None:
    unwritable = Origin(tiny.name, tiny.revision, "f", NOW, scores={"loss": object()})
    with pytest.raises(TypeError):
        save_adapter(model, tmp_path / "voice-1", unwritable)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from training import checkpoints

def write(folder):
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "adapter_config.json").write_bytes(b"{}")

def save_and_die_at(point):
    steps, sync = iter(range(1, 100)), checkpoints._sync
    def sync_or_die(path):
        if next(steps) == point:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(path)
    checkpoints._sync = sync_or_die
    origin = checkpoints.Origin("base", "0", "f", datetime.now(UTC))
    checkpoints.publish(Path(sys.argv[1]) / f"voice-{point}", origin, write)

for point in range(1, 8):
    child = os.fork()
    if child == 0:
        save_and_die_at(point)
        os._exit(0)
    if os.waitpid(child, 0)[1] == signal.SIGKILL:
        print(point)
"""


def test_a_process_killed_while_saving_leaves_nothing_that_loads(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True)
    # Three files, the manifest and the folder are synced before the folder gets its name, its parent after that.
    assert done.stdout.split() == ["1", "2", "3", "4", "5", "6"]
    for point in range(1, 6):
        with pytest.raises(AdapterIncomplete):
            read_manifest(tmp_path / f"voice-{point}")
    for whole in ("voice-6", "voice-7"):
        read_manifest(tmp_path / whole)
    unnamed = [path.name for path in tmp_path.iterdir() if path.name not in ("voice-6", "voice-7")]
    assert len(unnamed) == 5
    assert all(name.startswith(".") and name.endswith(".partial") for name in unnamed)


def test_reading_a_manifest_needs_no_torch(saved: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from training.checkpoints import read_manifest; "
        "from training.evaluation.report import Report; import training.hyperparameters, training.examples; "
        "read_manifest(Path(sys.argv[1])); heavy = ('torch', 'transformers', 'peft', 'numpy'); "
        "sys.exit(any(name in sys.modules for name in heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(saved)]).returncode == 0
