"""Checkpoints of a fit: a killed run goes on from the last one. One file, whole or not there."""

import io
import logging
import os
import pickle
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch

from training.folders import remove_checkpoint

logger = logging.getLogger(__name__)


class Checkpoints:
    """Where a fit leaves its state every `seconds`. `made_for` names data, base and settings: others start anew."""

    def __init__(
        self,
        path: Path,
        *,
        made_for: str,
        seconds: float,
        on_saved: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._made_for = path, made_for
        self._seconds, self._on_saved, self._clock = seconds, on_saved, clock
        self._saved_at = clock()

    @property
    def is_due(self) -> bool:
        """Return whether the last one is long enough ago."""
        return self._clock() - self._saved_at >= self._seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the checkpoint. Raises OSError when the disk is full; the one before stays then."""
        # In memory first: torch's own writer tells of a full disk by an error that could be anything.
        buffer = io.BytesIO()
        torch.save({"made_for": self._made_for, "state": dict(state)}, buffer)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f".{self._path.name}.{uuid4().hex}.partial")
        try:
            with partial.open("wb") as file:
                file.write(buffer.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)
        self._saved_at = self._clock()
        self._on_saved()

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved last, or None when there is none for the same data, base and settings."""
        try:
            # weights_only: tensors, numbers and texts; nothing in the file is ever run.
            saved = torch.load(self._path, map_location="cpu", weights_only=True)
            made_for, state = saved["made_for"], dict(saved["state"])
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as err:
            logger.warning("%s can't be read (%s): training starts anew", self._path, type(err).__name__)
            return None
        if made_for != self._made_for:
            logger.info("%s is of other data or settings: training starts anew", self._path)
            return None
        return state

    def remove(self) -> None:
        """Do what `remove_checkpoint` does."""
        remove_checkpoint(self._path)
