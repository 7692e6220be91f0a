"""An adapter on disk: complete and unchanged, or refused. Reading a manifest needs no torch."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from training.errors import TrainingError

if TYPE_CHECKING:
    from peft import PeftModel

MANIFEST = "manifest.json"
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
CARD = "README.md"
_FORMAT = 1


class AdapterIncomplete(TrainingError):  # noqa: N818 - the name says what is the case
    """An adapter folder that is not what its manifest says; the message names the file."""


class AdapterExists(TrainingError):  # noqa: N818 - the name says what is the case
    """The folder already holds something: an adapter is never written over another."""


class AdapterUnwritable(TrainingError):  # noqa: N818 - the name says what is the case
    """The folder can't be made."""


@dataclass(frozen=True)
class FileHash:
    """One file of an adapter."""

    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Origin:
    """Where an adapter comes from."""

    base_model: str
    base_revision: str
    fingerprint: str
    """Of its training data and settings."""
    created_at: datetime
    """Aware."""
    base_licence: str | None = None
    """As the base states it; None when it does not."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What an adapter's folder holds and where it comes from."""

    origin: Origin
    files: Mapping[str, FileHash]

    @property
    def adapter_hash(self) -> str:
        """Return the sha256 over the files' names and hashes: what an approval is bound to."""
        lines = sorted(f"{name}:{file.sha256}\n" for name, file in self.files.items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def save_adapter(model: "PeftModel", folder: Path, origin: Origin) -> Manifest:
    """Write the adapter of `model` in PEFT's layout, safetensors only, and its manifest last.

    Raises AdapterExists when `folder` is not empty, OSError when the disk is full.
    """
    return publish(folder, origin, partial(_write_weights, model))


def publish(folder: Path, origin: Origin, write_files: Callable[[Path], None]) -> Manifest:
    """Make `folder` from what `write_files` writes into the folder it is given, a model card and the manifest.

    All of it is written beside `folder` and moved there when it is complete, so that a killed process leaves nothing
    that loads.
    """
    refuse_existing(folder)
    unfinished = folder.parent / f".{folder.name}.{uuid4().hex}.partial"
    try:
        unfinished.mkdir(parents=True)
        write_files(unfinished)
        (unfinished / CARD).write_text(_card(origin), encoding="utf-8")
        manifest = Manifest(origin, {path.name: _hash(path) for path in sorted(unfinished.iterdir())})
        for path in unfinished.iterdir():
            _sync(path)
        (unfinished / MANIFEST).write_text(_dump(manifest), encoding="utf-8")
        _sync(unfinished / MANIFEST)
        _sync(unfinished)
        unfinished.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def refuse_existing(folder: Path) -> None:
    """Raise AdapterExists unless `folder` is absent or an empty folder."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        raise AdapterExists(f"{folder} already exists: give the path of a new folder")


def refuse_unusable(folder: Path) -> None:
    """Raise unless an adapter can be written to `folder`: asked before long work. It leaves nothing there.

    Raises AdapterExists, or AdapterUnwritable when the folder can't be made.
    """
    refuse_existing(folder)
    try:
        with TemporaryDirectory(dir=nearest_folder(folder)):
            pass
    except OSError as err:
        raise AdapterUnwritable(f"{folder} can't be made ({err.strerror}): give the path of another folder") from err


def nearest_folder(path: Path) -> Path:
    """Return the nearest of the folders above `path` that is there, or the file that is in their way."""
    return next(parent for parent in path.absolute().parents if parent.exists())


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest in `folder` after checking that every file it names is there and unchanged.

    Raises AdapterIncomplete, naming the file that is missing or different.
    """
    manifest = _parse(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise AdapterIncomplete(f"{path} is missing: this adapter is not complete, train it again")
        if path.stat().st_size != expected.size or _hash(path) != expected:
            raise AdapterIncomplete(f"{path} is not the file that was saved (its sha256 differs): train it again")
    return manifest


def _parse(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError as err:
        raise AdapterIncomplete(f"{path} is missing: {folder} holds no complete adapter") from err
    except (OSError, ValueError) as err:
        raise AdapterIncomplete(f"{path} cannot be read ({err}): train the adapter again") from err
    try:
        if data["format"] != _FORMAT:
            raise AdapterIncomplete(f"{path} has format {data['format']!r}; this version of Timbre reads {_FORMAT}")
        origin = data["origin"]
        manifest = Manifest(
            Origin(**{**origin, "created_at": datetime.fromisoformat(origin["created_at"])}),
            {name: FileHash(**file) for name, file in data["files"].items()},
        )
    except (KeyError, TypeError, AttributeError) as err:
        raise AdapterIncomplete(f"{path} is not an adapter's manifest ({err}): train the adapter again") from err
    for name in (WEIGHTS, CONFIG):
        if name not in manifest.files:
            raise AdapterIncomplete(f"{path} does not name {name}: train the adapter again")
    if any(Path(name).name != name for name in manifest.files):
        raise AdapterIncomplete(f"{path} names files outside {folder}")
    return manifest


def _dump(manifest: Manifest) -> str:
    origin = {**asdict(manifest.origin), "created_at": manifest.origin.created_at.isoformat()}
    files = {name: asdict(file) for name, file in manifest.files.items()}
    document = {"format": _FORMAT, "origin": origin, "files": files, "adapter_hash": manifest.adapter_hash}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _write_weights(model: "PeftModel", folder: Path) -> None:
    # Imported here: the bot reads manifests, and must not load torch for it.
    from peft import get_peft_model_state_dict
    from safetensors.torch import save

    adapter = model.active_adapter
    config = model.peft_config[adapter]
    weights = get_peft_model_state_dict(model, adapter_name=adapter, save_embedding_layers=False)
    # In memory first: safetensors tells of a full disk by an error of its own, with no number in it.
    (folder / WEIGHTS).write_bytes(save({name: tensor.contiguous().cpu() for name, tensor in weights.items()}))
    settings = config.to_dict() | {"inference_mode": True}
    # peft keeps these in a set, whose order changes from process to process and with it the adapter's hash.
    settings["target_modules"] = sorted(settings["target_modules"])
    (folder / CONFIG).write_text(json.dumps(settings, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")


def _hash(path: Path) -> FileHash:
    with path.open("rb") as file:
        return FileHash(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _card(origin: Origin) -> str:
    """Return the model card, in the form that model hubs and PEFT read."""
    settings = "\n".join(f"- {name}: {value}" for name, value in origin.settings.items())
    scores = "\n".join(f"- {name}: {value}" for name, value in origin.scores.items())
    licence = origin.base_licence or "not stated by the base"
    return f"""---
library_name: peft
base_model: {json.dumps(origin.base_model)}
tags: [lora, timbre]
---
# A team's voice

A LoRA that Timbre trained on answers a team approved, for `{origin.base_model}` at revision `{origin.base_revision}`.
It holds the voice; facts come from retrieval. Written {origin.created_at.isoformat()}. `{MANIFEST}` names every
file with its sha256.

Licence of the base model: {licence}. The adapter's use is bound by it, and by what the team allows.

Training data and settings: `{origin.fingerprint}`

## Settings
{settings or "- not recorded"}

## Scores
{scores or "- not recorded"}
"""
