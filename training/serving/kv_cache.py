"""The attention cache of a running batch: rows join and leave, and a new token does not copy what is there.

Keys and values are (rows, heads, columns, head size). Rows end in the same column and are padded on the left, so one
forward pass appends one column to all of them whatever their lengths.
"""

from typing import Any

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import DynamicLayer

_SPARE_COLUMNS = 128


class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers leaves __init_subclass__ untyped
    """One layer's keys and values: views of buffers with columns to spare.

    transformers' own layer concatenates, which copies all rows' caches for each token.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in transformers
        self._buffers: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append columns; return all keys and all values."""
        held = self.states() if self.get_seq_length() else (key_states[:, :, :0], value_states[:, :, :0])
        start = held[0].shape[-2]
        end = start + key_states.shape[-2]
        if self._buffers is None or end > self._buffers[0].shape[-2]:
            self._buffers = _roomier(held[0], end), _roomier(held[1], end)
        keys, values = self._buffers
        keys[:, :, start:end] = key_states
        values[:, :, start:end] = value_states
        self._hold(keys[:, :, :end], values[:, :, :end])
        return self.states()

    def states(self) -> tuple[Tensor, Tensor]:
        """Return keys and values. Raises ValueError before the first update."""
        if self.keys is None or self.values is None:
            raise ValueError("this layer holds nothing yet")
        return self.keys, self.values

    def replace(self, keys: Tensor, values: Tensor) -> None:
        """Hold these instead of what is held."""
        self._buffers = None
        self._hold(keys, values)

    def _hold(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values = keys, values
        self.dtype, self.device = keys.dtype, keys.device
        self.is_initialized = True


class RowCache(Cache):
    """The cache of a batch. Layers appear as the model asks for them."""

    layers: list[GrowingLayer]  # type: ignore[assignment]  # narrowed: this cache makes no other layers

    def __init__(self) -> None:
        super().__init__(layer_class_to_replicate=GrowingLayer)

    def keep(self, rows: list[int], *, trim: int) -> None:
        """Keep only `rows`, in that order, and drop the first `trim` columns, which must be padding in all of them."""
        for layer in self.layers:
            keys, values = layer.states()
            index = torch.tensor(rows, device=keys.device)
            layer.replace(keys[:, :, trim:].index_select(0, index), values[:, :, trim:].index_select(0, index))

    def append(self, other: "RowCache") -> None:
        """Add the rows of `other`, the narrower of the two padded on its left."""
        columns = max(self.get_seq_length(), other.get_seq_length())
        for mine, theirs in zip(self.layers, other.layers, strict=True):
            (keys, values), (other_keys, other_values) = mine.states(), theirs.states()
            mine.replace(
                torch.cat([_padded(keys, columns), _padded(other_keys, columns)]),
                torch.cat([_padded(values, columns), _padded(other_values, columns)]),
            )


def _roomier(states: Tensor, columns: int) -> Tensor:
    """Return a buffer of at least `columns` that begins with `states`."""
    rows, heads, start, size = states.shape
    buffer = states.new_empty(rows, heads, columns + max(_SPARE_COLUMNS, columns // 4), size)
    buffer[:, :, :start] = states
    return buffer


def _padded(states: Tensor, columns: int) -> Tensor:
    return torch.nn.functional.pad(states, (0, 0, columns - states.shape[-2], 0))
