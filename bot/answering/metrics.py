"""How good a ranking is, as trec_eval measures it. `relevance`: how relevant each document is; above 0 is relevant."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

DEPTH = 10


def measures(rankings: Sequence[Sequence[str]], relevances: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the means over questions, by their names in a report; each question has a ranking, best first."""
    judged = list(zip(rankings, relevances, strict=True))
    return {
        "hit@1": fmean(hit(ranking, relevance, depth=1) for ranking, relevance in judged),
        "hit@5": fmean(hit(ranking, relevance, depth=5) for ranking, relevance in judged),
        "mrr@10": fmean(reciprocal_rank(ranking, relevance) for ranking, relevance in judged),
        "ndcg@10": fmean(ndcg(ranking, relevance) for ranking, relevance in judged),
    }


def hit(ranking: Sequence[str], relevance: Mapping[str, float], *, depth: int) -> float:
    """Return 1 when a relevant document is among the first `depth`, else 0."""
    return float(any(relevance.get(document, 0) > 0 for document in ranking[:depth]))


def reciprocal_rank(ranking: Sequence[str], relevance: Mapping[str, float], *, depth: int = DEPTH) -> float:
    """Return 1 over the rank of the first relevant document, 0 when it is below `depth`."""
    ranks = (rank for rank, document in enumerate(ranking[:depth], start=1) if relevance.get(document, 0) > 0)
    return next((1 / rank for rank in ranks), 0.0)


def ndcg(ranking: Sequence[str], relevance: Mapping[str, float], *, depth: int = DEPTH) -> float:
    """Return the gain of the first `depth`, discounted by rank, over the best order's; 0 when none is relevant."""
    best = _gain(sorted(relevance.values(), reverse=True)[:depth])
    return _gain([relevance.get(document, 0) for document in ranking[:depth]]) / best if best > 0 else 0.0


def _gain(values: Sequence[float]) -> float:
    return math.fsum(max(0.0, value) / math.log2(rank + 1) for rank, value in enumerate(values, start=1))
