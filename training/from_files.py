"""Training and evaluation straight from a pairs file: what `timbre train` and `timbre evaluate` run."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from training.base_licence import base_licence
from training.checkpoints import Origin, refuse_unusable, save_adapter
from training.evaluation.arms import ArmLoss
from training.evaluation.bootstrap import paired_difference
from training.evaluation.comparison import BASE, attached, measure_arms
from training.examples import Example, fingerprint, read_usable, split
from training.hyperparameters import LoraSettings
from training.lora import Fit, Progress, fit
from training.models import Base, Dtype, load_base
from training.processes import started

ADAPTER = "adapter"
AGAINST = "against"


def train_from_file(
    pairs: Path,
    base: str | Path,
    out: Path,
    settings: LoraSettings,
    *,
    now: Callable[[], datetime],
    dtype: Dtype = "auto",
    device: str = "cpu",
    on_progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any] | None:
    """Train an adapter on a pairs file into the new folder `out` and return what happened, ready for JSON.

    A tenth of the pairs, always the same, is kept for validation when there are ten groups of them or more and several
    epochs to choose the best from. `total_seconds` includes loading and saving; what else is told, `_told` says. Lines
    that hold no pair are left out and named in `refused_lines`. Of several processes that were started together, the
    first saves; the others return None.

    Raises PairsFileError, BaseModelMissing, DeviceMissing, AdapterExists, AdapterUnwritable, ChatFormatError,
    NonFiniteLoss or TrainingCancelled.
    """
    begun = clock()
    usable = read_usable(pairs)
    refuse_unusable(out)
    train, validation = hold_out(usable.examples, settings)
    watched = partial(fit, on_progress=on_progress, should_stop=should_stop, clock=clock)
    with started(device) as processes:
        loaded = load_base(base, dtype=dtype, device=processes.device)
        result = watched(loaded, train, validation, settings, processes=processes)
    if not processes.is_first:
        return None
    manifest = save_adapter(result.model, out, _origin(loaded, usable.examples, settings, result, now()))
    return {
        "adapter": str(out),
        "adapter_hash": manifest.adapter_hash,
        "train_pairs": len(train),
        "validation_pairs": len(validation),
        "refused_lines": [str(line) for line in usable.refused],
        "total_seconds": clock() - begun,
        **_origin_told(manifest.origin),
        **_told(result),
        "dtype": str(loaded.model.dtype).removeprefix("torch."),
    }


def _origin_told(origin: Origin) -> dict[str, Any]:
    return {
        "base_model": origin.base_model,
        "base_revision": origin.base_revision,
        "fingerprint": origin.fingerprint,
        "settings": dict(origin.settings),
    }


def _told(result: Fit) -> dict[str, Any]:
    """Return what is told of a fit.

    Losses are nats per answer token; `tokens_per_s` counts all tokens of the examples, prompts included and padding
    not, over `seconds`, the time in the training loop with its validations.
    """
    return {
        "truncated_pairs": result.truncated,
        "epochs": len(result.epochs),
        "steps": result.steps,
        "train_loss": result.train_loss,
        "val_loss_start": result.val_loss_start,
        "val_loss": result.val_loss_end,
        "seconds": result.seconds,
        "tokens": result.tokens,
        "tokens_per_s": result.tokens / result.seconds,
        "examples_per_s": result.examples / result.seconds,
    }


def evaluate_from_file(
    pairs: Path,
    base: str | Path,
    *,
    adapter: Path | None = None,
    against: Path | None = None,
    batch_size: int = 8,
    max_length: int = 1024,
    seed: int = 0,
    dtype: Dtype = "auto",
    device: str = "cpu",
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Any]:
    """Return the loss on a pairs file of the base and of up to two adapters, ready for JSON.

    `loss` is by arm (`base`, `adapter`, `against`), in nats per answer token; `intervals` are the differences between
    two arms with their 95% intervals, below zero when the first named is better.

    Raises PairsFileError, BaseModelMissing, AdapterIncomplete, BaseChanged or ChatFormatError.
    """
    usable = read_usable(pairs)
    folders = {name: folder for name, folder in ((ADAPTER, adapter), (AGAINST, against)) if folder is not None}
    loaded = load_base(base, dtype=dtype, device=device)
    measured = partial(measure_arms, batch_size=batch_size, max_length=max_length, on_progress=on_progress)
    with attached(loaded, folders) as model:
        arms = measured(loaded, model, usable.examples, list(folders))
    return {
        "cases": len(usable.examples),
        "refused_lines": [str(line) for line in usable.refused],
        "answer_tokens": sum(case.tokens for case in arms[BASE].cases),
        "loss": {name: arm.loss for name, arm in arms.items()},
        "intervals": dict(_intervals(arms, seed=seed)),
        "base_model": loaded.name,
        "base_revision": loaded.revision,
    }


def _intervals(arms: Mapping[str, ArmLoss], *, seed: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the difference between each two arms of which the first may be better."""
    for first in (ADAPTER, AGAINST):
        for second in (BASE, AGAINST):
            if first != second and first in arms and second in arms:
                yield f"{first} - {second}", asdict(paired_difference(arms[first], arms[second], seed=seed))


def hold_out(examples: list[Example], settings: LoraSettings) -> tuple[list[Example], list[Example]]:
    """Return what to train on and a tenth to validate on; the place of a group is stable.

    Nothing is held out below ten groups, and for a single epoch, which validation has nothing to choose from.
    """
    parts = split(examples, settings.seed)
    if settings.epochs == 1 or not parts.train or len({example.group for example in examples}) < 10:
        return examples, []
    held_out = {id(example) for example in parts.validation}
    return [e for e in examples if id(e) not in held_out], list(parts.validation)


def _origin(base: Base, examples: list[Example], settings: LoraSettings, result: Fit, now: datetime) -> Origin:
    return Origin(
        base_model=base.name,
        base_revision=base.revision,
        base_licence=base_licence(base.name),
        fingerprint=fingerprint(examples, asdict(settings)),
        created_at=now,
        settings=asdict(settings),
        scores={
            "train_loss": result.train_loss,
            "val_loss_start": result.val_loss_start,
            "val_loss": result.val_loss_end,
        },
    )
