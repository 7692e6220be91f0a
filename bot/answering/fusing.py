"""What two arms found by meaning and by words, put on one scale. How the figures were found: docs/experiments.md."""

from collections.abc import Mapping

WORDS = 0.25
"""What a passage gains that holds all of a question's words."""
UNCERTAIN = 2.0
"""What it gains beyond that where no passage is nearer than usual: an error code, say, has no meaning to go by."""
CERTAIN = 0.65
"""How near the best passage is where the dense arm knows what a question is about."""
LEAD = 2.0
"""What it gains beyond that where no other passage has any of the words."""


def fuse(
    dense: Mapping[int, float], lexical: Mapping[int, float], *, usual: float = 0.0
) -> dict[int, tuple[float, float]]:
    """Return cosine and fused score by id: how near a passage is, and so much for the share of the question it holds.

    `usual`: the question's mean cosine with what is known. A passage that is no nearer than that is 0 near, one with
    the question's own vector 1, whatever the embedder. What only the lexical arm found lies further away than
    everything the dense arm found: its cosine is taken to be the smallest of those.
    """
    floor = min(dense.values(), default=0.0)
    weight = lexical_weight(_nearness(max(dense.values(), default=0.0), usual), _lead(lexical))
    cosines = {id_: dense.get(id_, floor) for id_ in dense.keys() | lexical.keys()}
    return {id_: (cosine, _nearness(cosine, usual) + weight * lexical.get(id_, 0.0)) for id_, cosine in cosines.items()}


def lexical_weight(best: float, lead: float) -> float:
    """Return what words are worth, where the best passage is this near, and one leads the others by this share."""
    return WORDS + UNCERTAIN * min(1.0, max(0.0, 1 - best / CERTAIN)) + LEAD * lead


def _nearness(cosine: float, usual: float) -> float:
    return (cosine - usual) / (1 - usual)


def _lead(lexical: Mapping[int, float]) -> float:
    first, second, *_ = *sorted(lexical.values(), reverse=True), 0.0, 0.0
    return first - second
