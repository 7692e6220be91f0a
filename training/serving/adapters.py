"""LoRA adapters beside the base model: which are loaded, and how one is put in and taken out.

A forward pass names the adapter of each row, so one batch serves several voices and the base.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from peft import LoraConfig, PeftModel
from peft.tuners.lora import Linear, LoraLayer
from torch import Tensor
from transformers import Cache, PreTrainedModel

from training.checkpoints import AdapterIncomplete, read_manifest
from training.serving.errors import AdapterNotFound, AdapterRefused
from training.serving.mixing import Mixer


@dataclass(frozen=True)
class Candidate:
    """A verified adapter folder. `sha256` is the hash of all its files."""

    folder: Path
    sha256: str
    base_revision: str
    config: LoraConfig


def inspect_adapter(folder: Path) -> Candidate:
    """Return the adapter in `folder`, its files checked against the manifest.

    Raises AdapterNotFound without such a folder and AdapterRefused for one that is incomplete or cannot be batched.
    """
    if not folder.is_dir():
        raise AdapterNotFound(f"There is no adapter folder at {folder}.", param="lora_path")
    try:
        manifest = read_manifest(folder)
        config = LoraConfig.from_pretrained(str(folder), local_files_only=True)
    except AdapterIncomplete as err:
        raise AdapterRefused(f"The adapter at {folder} is not complete: {err}", param="lora_path") from err
    except (OSError, ValueError, TypeError) as err:
        raise AdapterRefused(f"{folder} holds no LoRA adapter: {err}", param="lora_path") from err
    if wants := _unsupported(config):
        raise AdapterRefused(
            f"The adapter at {folder} uses {', '.join(wants)}, which cannot be served in one batch with others. "
            "Train it without.",
            param="lora_path",
        )
    return Candidate(folder, manifest.adapter_hash, manifest.origin.base_revision, config)


def _unsupported(config: LoraConfig) -> list[str]:
    wants = {
        "another method than LoRA": config.peft_type != "LORA",
        "DoRA": config.use_dora,
        "aLoRA": config.alora_invocation_tokens is not None,
        "modules_to_save": config.modules_to_save,
        "trained biases": config.bias != "none" or config.lora_bias,
        "trainable_token_indices": config.trainable_token_indices is not None,
        "target_parameters": config.target_parameters,
    }
    return [what for what, wanted in wants.items() if wanted]


class AdaptedModel:
    """The base model and the adapters in it. Not thread-safe: one thread owns it.

    Adapters go by slots, which are never used twice, so a name that comes back can't meet what it named before.
    """

    def __init__(self, base: PreTrainedModel) -> None:
        base.train(False)
        base.requires_grad_(False)
        self._base = base
        self._peft: PeftModel | None = None
        self._slots = 0
        self._mixer = Mixer()

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return torch.device(self._base.device)

    @property
    def parameters(self) -> int:
        """How many numbers the model has, adapters among them."""
        return sum(parameter.numel() for parameter in self._base.parameters())

    def insert(self, candidate: Candidate) -> str:
        """Put an adapter beside the base; return its slot. Raises AdapterRefused when its weights do not fit."""
        slot = f"slot{self._slots:06d}"
        self._slots += 1
        try:
            self._insert(candidate, slot)
        except (RuntimeError, ValueError, KeyError, TypeError) as err:
            self.remove(slot)
            raise AdapterRefused(f"{candidate.folder} does not fit the base model: {err}", param="lora_path") from err
        return slot

    def _insert(self, candidate: Candidate, slot: str) -> None:
        config = candidate.config
        config.inference_mode = True
        if self._peft is None:
            with warnings.catch_warnings():
                # PEFT 0.21 asks transformers 5 for a property by its old name, and transformers warns the user.
                warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
                self._peft = PeftModel(self._base, config, adapter_name=slot, low_cpu_mem_usage=True)
            # No adapter is ever "active": every pass names its own, and taking an active one out would elect another.
            self._peft.base_model.set_adapter([])  # type: ignore[operator]  # a module's attribute, to mypy
        else:
            self._peft.add_adapter(slot, config, low_cpu_mem_usage=True)
        device = str(self._base.device)
        loaded = self._peft.load_adapter(
            str(candidate.folder), adapter_name=slot, torch_device=device, low_cpu_mem_usage=True
        )
        if loaded.missing_keys or loaded.unexpected_keys:
            raise ValueError(f"{len(loaded.missing_keys)} weights missing, {len(loaded.unexpected_keys)} unknown")
        self._base.train(False)
        self._base.requires_grad_(False)
        self._check_layers(slot)
        self._mixer.adopt(self._base)

    def _check_layers(self, slot: str) -> None:
        for layer in self._base.modules():
            # The order keeps mypy from deciding that a module can't be a LoraLayer, which is a mixin.
            holds = isinstance(layer, LoraLayer) and (slot in layer.lora_A or slot in layer.lora_embedding_A)
            if holds and not isinstance(layer, Linear):
                raise ValueError(f"it adapts a {type(layer).__name__}, and only linear layers are served")
            if isinstance(layer, Linear) and slot in layer.lora_variant:
                raise ValueError("it uses a variant of LoRA that is not served")

    def remove(self, slot: str) -> None:
        """Take an adapter out and free its memory. An unknown slot is fine."""
        if self._peft is not None and slot in self._peft.peft_config:
            self._peft.delete_adapter(slot)
            self._mixer.adopt(self._base)

    def forward(self, ids: Tensor, mask: Tensor, positions: Tensor, cache: Cache, adapters: list[str]) -> Tensor:
        """Return the logits of the last column, (rows, vocabulary); `cache` grows by the columns of `ids`."""
        self._mixer.select(adapters)
        output = self._base(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return cast("Tensor", output.logits[:, -1])
