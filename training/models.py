"""The base model: found, loaded, and named by what is really in it."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import transformers
from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from training.base_folder import BaseModelMissing, base_folder
from training.machine import chosen_device

__all__ = ["Base", "BaseModelMissing", "Dtype", "cpu_computes_bfloat16", "folder_revision", "load_base"]

logger = logging.getLogger(__name__)

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
_SMALL = 50_000_000
"""Parameters below which a model runs no faster in bfloat16 than in float32 on a CPU."""


@dataclass(frozen=True)
class Base:
    """A base model in memory, in evaluation mode and frozen."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    """The folder or hub id it was loaded from."""
    revision: str
    """The hub's commit, or 16 hex digits of the sha256 of the folder's configuration and weights."""


def load_base(
    name_or_folder: str | Path, *, dtype: Dtype = "auto", device: str = "cpu", revision: str | None = None
) -> Base:
    """Return the model in a folder, or of a hub id at `revision`.

    Only safetensors are read, and no code that comes with a model is ever run. With `dtype` "auto" it is bfloat16
    where the hardware computes in it and the model is large enough to gain from that.

    Raises BaseModelMissing when there is no such model or it cannot be read, DeviceMissing when `device` is not there.
    """
    place = chosen_device(device)
    name, folder = str(name_or_folder), base_folder(name_or_folder)
    source, found = (str(folder), folder_revision(folder)) if folder else (name, None)
    if folder is None:
        _look_up(source, revision)
    model, tokenizer = _load(source, revision)
    model.to(device=place, dtype=_resolve(dtype, model, place))  # type: ignore[call-arg] # its wrapper hides self
    model.requires_grad_(False)
    model.train(False)
    return Base(model, tokenizer, name, found or _hub_revision(model, revision))


def folder_revision(folder: Path) -> str:
    """Return 16 hex digits of the sha256 over configuration, tokenizer and weights of a model folder."""
    digest = hashlib.sha256()
    names = {"config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    for path in sorted(folder.iterdir()):
        if path.name in names or path.suffix == ".safetensors":
            with path.open("rb") as file:
                digest.update(f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _load(source: str, revision: str | None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    # A bar per weight file would be drawn into whatever the command prints.
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call] # untyped upstream
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, revision=revision, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            source, revision=revision, trust_remote_code=False, use_safetensors=True, dtype="auto"
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as err:
        raise _not_loaded(source, err) from err
    return model, tokenizer


def _look_up(source: str, revision: str | None) -> None:
    """Ask the hub once for a model that is not on this machine: transformers would ask for each file, for a minute."""
    if isinstance(try_to_load_from_cache(source, "config.json", revision=revision), str):
        return
    try:
        get_hf_file_metadata(hf_hub_url(source, "config.json", revision=revision))
    except Exception as err:
        raise _not_loaded(source, err) from err


def _not_loaded(source: str, err: Exception) -> BaseModelMissing:
    reason = str(err).strip().splitlines()[0] if str(err).strip() else type(err).__name__
    advice = "set TIMBRE_BASE_MODEL to a model's folder or hub id"
    return BaseModelMissing(f"base model {source} could not be loaded ({reason[:200]}): {advice}")


def _resolve(dtype: Dtype, model: PreTrainedModel, device: torch.device) -> torch.dtype:
    if dtype != "auto":
        resolved: torch.dtype = getattr(torch, dtype)
        return resolved
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    large = sum(parameter.numel() for parameter in model.parameters()) >= _SMALL
    return torch.bfloat16 if large and cpu_computes_bfloat16() else torch.float32


def cpu_computes_bfloat16() -> bool:
    """Return whether the processor has instructions for bfloat16, without which it is slower than float32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def _hub_revision(model: PreTrainedModel, revision: str | None) -> str:
    return str(getattr(model.config, "_commit_hash", None) or revision or "main")
