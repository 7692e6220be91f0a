"""How sure a difference is: the paired bootstrap."""

import numpy as np

from training.evaluation.arms import ArmLoss
from training.evaluation.report import Interval

RESAMPLES = 5_000


def paired_difference(first: ArmLoss, second: ArmLoss, *, seed: int) -> Interval:
    """Return the loss of `first` minus that of `second`, which must have the same cases in the same order.

    Cases are drawn again with replacement (Efron and Tibshirani, 1993, percentile interval), not tokens: the tokens of
    one answer depend on each other. With a single case the interval is unbounded.
    """
    if [(case.id, case.tokens) for case in first.cases] != [(case.id, case.tokens) for case in second.cases]:
        raise ValueError("the two arms were not measured on the same cases")
    tokens = np.array([case.tokens for case in first.cases], dtype=np.float64)
    pairs = zip(first.cases, second.cases, strict=True)
    differences = np.array([(a.loss - b.loss) for a, b in pairs], dtype=np.float64) * tokens
    difference = float(differences.sum() / tokens.sum())
    if len(tokens) < 2:
        return Interval(difference, -np.inf, np.inf)
    drawn = np.random.default_rng(seed).integers(len(tokens), size=(RESAMPLES, len(tokens)))
    resampled = differences[drawn].sum(axis=1) / tokens[drawn].sum(axis=1)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(difference, float(low), float(high))
