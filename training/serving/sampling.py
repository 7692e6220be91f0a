"""How the next token of each row is chosen from its logits."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_GREEDY_BELOW = 1e-5  # dividing logits by less overflows


@dataclass(frozen=True)
class Sampling:
    """What a request asks of its tokens. Temperature 0 is greedy; `max_tokens` None means up to the window."""

    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def generator(self) -> torch.Generator | None:
        """Return the row's own source of randomness, or None for a greedy row."""
        if self.temperature < _GREEDY_BELOW:
            return None
        generator = torch.Generator()
        if self.seed is None:
            generator.seed()
        else:
            generator.manual_seed(self.seed)
        return generator


def choose(logits: Tensor, samplings: Sequence[Sampling], generators: Sequence[torch.Generator | None]) -> list[int]:
    """Return one token id per row of `logits` (rows, vocabulary).

    Each row draws from its own generator, so what a seed yields does not depend on who else is in the batch.
    """
    tokens: list[int] = logits.argmax(dim=-1).tolist()
    for row, (sampling, generator) in enumerate(zip(samplings, generators, strict=True)):
        if generator is not None:
            tokens[row] = _draw(logits[row], sampling, generator)
    return tokens


def _draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    probabilities = torch.softmax(logits.float().cpu() / sampling.temperature, dim=-1)
    if sampling.top_p < 1:
        probabilities = _nucleus(probabilities, sampling.top_p)
    return int(torch.multinomial(probabilities, 1, generator=generator).item())


def _nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Zero all but the most likely tokens that together reach `top_p` (Holtzman et al., 2020); at least one stays."""
    ordered, order = probabilities.sort(descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    ordered = ordered.masked_fill(before >= top_p, 0.0)
    # top_p 0 would leave nothing to draw from.
    ordered[0] = ordered[0].clamp(min=torch.finfo(ordered.dtype).tiny)
    return torch.zeros_like(probabilities).scatter(0, order, ordered)
