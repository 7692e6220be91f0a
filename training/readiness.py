"""Is training worth it now? What can be said without a model, from the pairs alone. Needs no torch."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from storage import runs
from storage.pairs import Pair
from storage.twins import disagreeing
from training.config import TrainingConfig
from training.dataset import MIN_QUESTIONS, Dataset, Usable, make_dataset, usable_pairs
from training.grouping import groups, normalised
from training.style import style_of

FEW_PAIRS = 500
"""Below so many a voice can be learnt, and tells less surely whether it is better."""
LOOSE_STYLE = 0.35
UNTOLD_SHARE = 0.3
ASSUMED_SPREAD = 0.5
"""Nats per token by which the difference between two voices varies from answer to answer, where no run measured it."""
DETECTABLE = 1.96 + 0.84
"""Standard errors of a difference that is found four times in five at the 5% level (Cohen, 1988)."""
_95_PERCENT = 2 * 1.96


@dataclass(frozen=True)
class Readiness:
    """What is known of the pairs before training."""

    pairs: int
    questions: int
    """Different ones: nearly the same ones and those of one thread count once."""
    repeated: int
    """Answers to a question that is answered already, in the same words but for case and punctuation."""
    contradictions: int
    """Pairs of answers that say different things on nearly the same question, about which nobody decided."""
    style: float
    """Consistency, from 0 to 1."""
    untold: int
    """Answers with figures or names that no passage tells; those are not learnt."""
    authors: int
    held_out: int
    detectable: float | None
    """The smallest difference in nats per token that the held-out answers would show; None where there are none."""
    needed: int
    left_out: Mapping[str, int]

    @property
    def is_enough(self) -> bool:
        return self.pairs >= self.needed

    @property
    def cautions(self) -> list[str]:
        """Return what speaks against training now, each in a sentence that says what to do."""
        learnable, unlike = self.pairs > 0, self.style < LOOSE_STYLE
        said = [
            (not self.is_enough, f"There are {self.pairs} pairs and {self.needed} are needed: approve more."),
            (
                self.is_enough and self.pairs < FEW_PAIRS,
                f"There are {self.pairs} pairs: enough for habits. From {FEW_PAIRS} on, the report tells small "
                "differences, too.",
            ),
            (self.repeated > 0, f"{self.repeated} answers repeat another one word for word: they teach nothing new."),
            (
                self.contradictions > 0,
                f"{self.contradictions} answers contradict another one on the same question: decide in the review "
                "queue which stands.",
            ),
            (
                learnable and unlike,
                f"The answers are written in different ways (alike to {self.style:.0%}): approve those that sound as "
                "Timbre should.",
            ),
            (
                self.untold > UNTOLD_SHARE * self.pairs,
                f"{self.untold} answers tell figures or names that no passage has. Those are not learnt: add the "
                "documents with `timbre ingest`.",
            ),
        ]
        return [sentence for holds, sentence in said if holds]


def readiness(session: Session, config: TrainingConfig, *, team_id: str) -> Readiness:
    """Return what is known of a team's approved pairs."""
    usable = usable_pairs(session, team_id=team_id)
    names = groups(usable.pairs)
    dataset = _dataset(usable, config, len(set(names.values())))
    held_out = len(dataset.split.test) if dataset else 0
    examples = [example for part in dataset.parts.values() for example in part] if dataset else []
    return Readiness(
        pairs=len(usable.pairs),
        questions=len(set(names.values())),
        repeated=_repeated(usable.pairs),
        contradictions=len(disagreeing(session, team_id=team_id)),
        style=style_of([pair.answer for pair in usable.pairs]).consistency if usable.pairs else 0.0,
        untold=sum(bool(example.masked) for example in examples),
        authors=len({pair.answered_by for pair in usable.pairs}),
        held_out=held_out,
        detectable=DETECTABLE * _spread(session, team_id) / math.sqrt(held_out) if held_out else None,
        needed=config.min_pairs,
        left_out=usable.left_out,
    )


def lines(found: Readiness) -> list[str]:
    """Return what is known, in sentences for people."""
    counted = f"{found.pairs} approved answers by {found.authors} people, to {found.questions} different questions."
    said = [counted, f"They are written alike to {found.style:.0%}."]
    if found.detectable is not None:
        said.append(
            f"{found.held_out} of them are held out: they would show a difference of {found.detectable:.2f} nats per "
            "token or more."
        )
    return [*said, *found.cautions, "" if found.cautions else "Nothing speaks against training."]


def _dataset(usable: Usable, config: TrainingConfig, questions: int) -> Dataset | None:
    return make_dataset(usable, config) if questions >= MIN_QUESTIONS else None


def _repeated(pairs: Sequence[Pair]) -> int:
    counts = Counter((normalised(pair.question), normalised(pair.answer)) for pair in pairs)
    return sum(counts.values()) - len(counts)


def _spread(session: Session, team_id: str) -> float:
    """Return by how much the difference between two voices varied from answer to answer in the last comparison."""
    for run in runs.list_runs(session, team_id=team_id):
        report: Mapping[str, Any] = run.result.get("report", {})
        interval, cases = report.get("differences", {}).get("base"), report.get("cases", 0)
        if interval and cases > 1:
            return float(interval["high"] - interval["low"]) / _95_PERCENT * math.sqrt(cases)
    return ASSUMED_SPREAD
