"""Examples of like length together: which go into a batch, and the batch as tensors."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.chat import Encoded

_POOL = 8
"""Batches whose examples are drawn together and then sorted by length: enough to save padding, few enough to mix."""


@dataclass(frozen=True)
class Batch:
    """Examples padded on the right to the longest.

    Nothing attends to what comes after it, so that padding there needs no mask and changes nothing that is learnt.
    """

    ids: tuple[str, ...]
    input_ids: Tensor
    """(rows, length) token ids."""
    rows: Tensor
    """(targets,) the row of each position whose next token is learnt."""
    columns: Tensor
    """(targets,) the column of each of those positions."""
    targets: Tensor
    """(targets,) the tokens to be predicted there."""
    tokens: int
    """Tokens without padding."""

    @property
    def target_tokens(self) -> int:
        """Return how many tokens are learnt."""
        return self.targets.numel()


def collate(examples: Sequence[Encoded], *, pad_id: int, device: torch.device) -> Batch:
    """Return `examples` as one batch on `device`."""
    length = max(len(example.input_ids) for example in examples)
    padded = [[*example.input_ids, *[pad_id] * (length - len(example.input_ids))] for example in examples]
    places = [(row, place - 1) for row, example in enumerate(examples) for place in example.learnt]
    input_ids = torch.tensor(padded)
    rows, columns = torch.tensor(places).T
    return Batch(
        ids=tuple(example.id for example in examples),
        input_ids=input_ids.to(device),
        rows=rows.to(device),
        columns=columns.to(device),
        targets=input_ids[rows, columns + 1].to(device),
        tokens=sum(len(example.input_ids) for example in examples),
    )


def training_order(examples: Sequence[Encoded], *, batch_size: int, seed: int, epoch: int) -> list[list[Encoded]]:
    """Return the batches of one epoch: a new order for each, whatever the order of `examples`.

    Shuffled first and sorted by length only within a pool of batches, so that a batch differs from epoch to epoch.
    """
    # A string seeds by its content, the same in every process.
    source = random.Random(f"{seed}:{epoch}")  # noqa: S311 - order, not secrets
    order = sorted(examples, key=lambda example: (example.id, example.input_ids))
    source.shuffle(order)
    pool = batch_size * _POOL
    batches = [
        batch for start in range(0, len(order), pool) for batch in _by_length(order[start : start + pool], batch_size)
    ]
    source.shuffle(batches)
    return batches


def by_length(examples: Sequence[Encoded], *, batch_size: int) -> list[list[Encoded]]:
    """Return all of `examples` in batches with the least padding, longest first: too large a batch fails at once."""
    return _by_length(examples, batch_size)


def _by_length(examples: Sequence[Encoded], batch_size: int) -> list[list[Encoded]]:
    ordered = sorted(examples, key=lambda example: len(example.input_ids), reverse=True)
    return [ordered[start : start + batch_size] for start in range(0, len(ordered), batch_size)]
