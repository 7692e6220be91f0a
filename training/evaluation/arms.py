"""What was measured of one arm."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CaseLoss:
    """One held-out answer: mean loss in nats per answer token, over `tokens` tokens."""

    id: str
    loss: float
    tokens: int


@dataclass(frozen=True)
class ArmLoss:
    """One model on all held-out answers, in the order they were given."""

    cases: tuple[CaseLoss, ...]

    @property
    def loss(self) -> float:
        """Return the mean in nats per answer token, over all answer tokens: a long answer counts for more."""
        return sum(case.loss * case.tokens for case in self.cases) / sum(case.tokens for case in self.cases)
