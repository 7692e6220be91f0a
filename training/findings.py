"""What is known of a run once it is done: kept with it in the database, and as a file beside its adapter."""

import json
import math
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.adapters import LiveVoice
from training.dataset import Dataset, asked
from training.evaluation.report import Report

if TYPE_CHECKING:
    from training.fit_state import Fit
    from training.models import Base


def describe(
    base: "Base", dataset: Dataset, fitted: "Fit", report: Report, live: LiveVoice, note: str | None
) -> dict[str, Any]:
    """Return what is known of the run, ready for JSON. Losses are nats per answer token.

    `note` says why the voice in use was not compared, if it was not.
    """
    return {
        "base_model": base.name,
        "base_revision": base.revision,
        "train_pairs": len(dataset.split.train),
        "val_pairs": len(dataset.split.validation),
        "test_pairs": len(dataset.split.test),
        "left_out": dict(dataset.left_out),
        "truncated_pairs": fitted.truncated,
        "masked_pairs": sum(bool(example.masked) for part in dataset.parts.values() for example in part),
        "micro_batch_size": fitted.micro_batch_size,
        "epochs": len(fitted.epochs),
        "steps": fitted.steps,
        "train_loss": fitted.train_loss,
        "val_loss_start": fitted.val_loss_start,
        "val_loss_end": fitted.val_loss_end,
        "seconds": fitted.seconds,
        "tokens_per_s": fitted.tokens / fitted.seconds,
        "history": [[record.step, record.loss] for record in fitted.history],
        "dataset_sha256": dataset.sha256,
        "live": live.adapter.name if live.adapter else None,
        "live_note": note,
        "report": _readable(report),
    }


def _readable(report: Report) -> dict[str, Any]:
    """Return the report ready for JSON and for people: the questions without their passages."""
    found: dict[str, Any] = json.loads(report.to_json())
    for sample in found["samples"]:
        sample["question"] = asked(sample["question"])
    # With a single held-out answer an interval has no bounds, and JSON no infinity.
    bounded = {arm: range_ for arm, range_ in found["differences"].items() if math.isfinite(range_["low"])}
    return {**found, "differences": bounded}


def write_report(path: Path, result: dict[str, Any]) -> str:
    """Write the report beside the adapter and return the sha256 of the file."""
    text = json.dumps(result, indent=2, ensure_ascii=False, sort_keys=True).encode()
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(text)
    partial.replace(path)
    return sha256(text).hexdigest()
