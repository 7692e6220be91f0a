"""What the evaluation found, as a value to be stored, hashed, shown and read again. Needs no torch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Interval:
    """A difference in nats per answer token, below zero when the first arm is better, with its 95% interval."""

    difference: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Return whether the first arm is better beyond doubt: the whole interval is below zero."""
        return self.high < 0

    @property
    def worse(self) -> bool:
        """Return whether the first arm is worse beyond doubt: the whole interval is above zero."""
        return self.low > 0


@dataclass(frozen=True)
class Sample:
    """One question, what each arm answered, and the answer that people approved."""

    id: str
    question: str
    answers: dict[str, str]
    approved: str


@dataclass(frozen=True)
class Report:
    """The arms on the same held-out cases. Losses are nats per answer token, lower is better."""

    cases: int
    loss: Mapping[str, float]
    """By arm: `base`, `candidate` and, when a voice is in use, `live`."""
    differences: Mapping[str, Interval]
    """Of the candidate's loss from another arm's, by that arm's name."""
    samples: tuple[Sample, ...] = ()

    @property
    def verdict(self) -> str:
        """Return what was found, in one sentence."""
        found = [_compare(arm, interval) for arm, interval in self.differences.items()]
        return f"On {self.cases} held-out answers the candidate {' and '.join(found)}."

    @property
    def digest(self) -> str:
        """Return the sha256 of the report's content: what an approval is bound to."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Return the report as JSON that `from_json` reads; the same report always gives the same text."""
        return json.dumps({**asdict(self), "verdict": self.verdict}, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Return the report that `to_json` wrote. Raises ValueError for anything else."""
        try:
            data = json.loads(text)
            return cls(
                cases=data["cases"],
                loss=data["loss"],
                differences={arm: Interval(**interval) for arm, interval in data["differences"].items()},
                samples=tuple(Sample(**sample) for sample in data["samples"]),
            )
        except (KeyError, TypeError, AttributeError) as err:
            raise ValueError(f"not a report: {err}") from err


_NAMES = {"base": "the base model", "live": "the voice in use"}


def _compare(arm: str, interval: Interval) -> str:
    than = _NAMES.get(arm, arm)
    size = f"by {abs(interval.difference):.2f} nats per token"
    if interval.better:
        return f"is better than {than} {size}"
    if interval.worse:
        return f"is worse than {than} {size}"
    return f"is not clearly different from {than}"
