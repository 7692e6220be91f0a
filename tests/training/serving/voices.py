"""Models that say different things: a tiny base with lively random weights, and adapters for it."""

import hashlib
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

from training.checkpoints import MANIFEST, Origin, save_adapter
from training.models import Base, load_base


@contextmanager
def quiet_peft() -> Iterator[None]:
    """PEFT 0.21 asks transformers 5 for a property by its old name, and transformers warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


def write_lively_base(tiny_folder: Path, folder: Path) -> Path:
    """Write the tiny base with larger weights: as it is first initialised, it only repeats its last token."""
    base = load_base(tiny_folder, dtype="float32")
    generator = torch.Generator().manual_seed(11)
    for module in base.model.modules():
        if isinstance(module, nn.Linear) and module.out_features != base.model.config.vocab_size:
            module.weight.data.normal_(std=0.25, generator=generator)
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    return folder


def write_adapter(base_folder: Path, folder: Path, *, seed: int, use_dora: bool = False) -> Path:
    """Write a LoRA with random weights; rank and layers depend on the seed."""
    base = load_base(base_folder, dtype="float32")
    targets = ["q_proj", "v_proj", "down_proj"] if seed % 2 else "all-linear"
    config = LoraConfig(r=2 + seed, lora_alpha=16, target_modules=targets, task_type="CAUSAL_LM", use_dora=use_dora)
    with quiet_peft():
        model = get_peft_model(base.model, config)
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_A" in name or "lora_B" in name:
            parameter.data.normal_(std=0.2, generator=generator)
    assert isinstance(model, PeftModel)
    save_adapter(model, folder, origin_of(base))
    return folder


def origin_of(base: Base) -> Origin:
    """Return the origin of an adapter for `base`."""
    return Origin(base.name, base.revision, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC))


def resign(folder: Path) -> None:
    """Write the manifest of a changed adapter anew, as if it had been saved like that."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name, file in manifest["files"].items():
        content = (folder / name).read_bytes()
        file.update(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    (folder / MANIFEST).write_text(json.dumps(manifest))
