"""The answers being written now: a batch that requests join and leave between any two tokens."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from training.serving.generation import Row
from training.serving.kv_cache import RowCache
from training.serving.sampling import choose

Forward = Callable[..., Tensor]
"""(input_ids, attention_mask, position_ids, cache, adapters) to the last column's logits, (rows, vocabulary)."""


class Batch:
    """Rows that advance together, one token a step.

    `forward` runs the model. Rows are left-padded; positions count from each row's own first token, so padding changes
    no answer.
    """

    def __init__(self, forward: Forward, *, device: torch.device) -> None:
        self.rows: list[Row] = []
        self._forward = forward
        self._device = device
        self._cache = RowCache()
        self._mask = torch.zeros(0, 0, dtype=torch.long, device=device)
        self._tokens: list[int] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Read the prompts of `rows`, in one pass, give each its first token, and let them join."""
        ids, mask = _left_padded([row.generation.prompt for row in rows], self._device)
        positions = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        cache = RowCache()
        adapters = [row.generation.adapter for row in rows]
        tokens = _next_tokens(self._forward(ids, mask, positions, cache, adapters), rows)
        self._join(rows, cache, mask, tokens)
        self._advance(tokens, rows)

    def step(self) -> None:
        """Generate one token for every row; rows that are done or cancelled leave."""
        ids = torch.tensor(self._tokens, device=self._device).unsqueeze(1)
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        positions = torch.tensor([row.length for row in self.rows], device=self._device).unsqueeze(1)
        adapters = [row.generation.adapter for row in self.rows]
        logits = self._forward(ids, self._mask, positions, self._cache, adapters)
        for row in self.rows:
            row.length += 1
        self._tokens = _next_tokens(logits, self.rows)
        self._advance(self._tokens, self.rows)

    def drop_finished(self) -> None:
        """Let rows go that are done or whose client is gone."""
        staying = [at for at, row in enumerate(self.rows) if not row.done and not row.generation.cancelled]
        if len(staying) == len(self.rows):
            return
        if not staying:
            self.clear()
            return
        self.rows = [self.rows[at] for at in staying]
        self._tokens = [self._tokens[at] for at in staying]
        trim = self._mask.shape[1] - max(row.length for row in self.rows)
        self._mask = self._mask[staying, trim:]
        self._cache.keep(staying, trim=trim)

    def clear(self) -> None:
        """Forget all rows and give their memory back."""
        self.rows, self._tokens = [], []
        self._cache = RowCache()
        self._mask = self._mask.new_zeros(0, 0)

    def _join(self, rows: Sequence[Row], cache: RowCache, mask: Tensor, tokens: list[int]) -> None:
        if self.rows:
            self._cache.append(cache)
            columns = max(self._mask.shape[1], mask.shape[1])
            self._mask = torch.cat([_widened(self._mask, columns), _widened(mask, columns)])
        else:
            self._cache, self._mask = cache, mask
        self.rows = [*self.rows, *rows]
        self._tokens = [*self._tokens, *tokens]

    def _advance(self, tokens: Sequence[int], rows: Sequence[Row]) -> None:
        for row, token in zip(rows, tokens, strict=True):
            row.accept(token)
        self.drop_finished()


def _next_tokens(logits: Tensor, rows: Sequence[Row]) -> list[int]:
    return choose(logits, [row.sampling for row in rows], [row.generator for row in rows])


def _left_padded(prompts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return ids and mask, both (rows, longest prompt). What id padding carries doesn't matter: it is masked."""
    width = max(len(prompt) for prompt in prompts)
    ids = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _widened(mask: Tensor, columns: int) -> Tensor:
    return torch.nn.functional.pad(mask, (columns - mask.shape[1], 0))
