"""How alike answers are written: by habits that anybody can see, each of which an answer has or has not."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

_EMOJI = re.compile(r":[a-z0-9_+-]+:|[\U0001f300-\U0001faff☀-➿]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_COMMON_OPENERS = 20
_REPEATED = 0.02
"""A first or last word is a habit when this share of the answers has it."""


@dataclass(frozen=True)
class Style:
    """How consistent answers are: 1 when all keep to the same habits, 0 when each habit is a toss of a coin."""

    consistency: float
    habits: Mapping[str, float]
    """The share of the answers that has each habit."""


def style_of(answers: Sequence[str]) -> Style:
    """Return how alike `answers` are written. Raises ValueError when there are none."""
    if not answers:
        raise ValueError("there are no answers to look at")
    habits = {name: fmean(has(answer) for answer in answers) for name, has in _habits(answers).items()}
    return Style(fmean(abs(2 * share - 1) for share in habits.values()), habits)


def _habits(answers: Sequence[str]) -> dict[str, Callable[[str], bool]]:
    typical = median(len(_WORD.findall(answer)) for answer in answers)
    openers, closers = _often(answers, 0), _often(answers, -1)
    return {
        "opens with a usual word": lambda answer: _word(answer, 0) in openers,
        "closes with a usual word": lambda answer: _word(answer, -1) in closers,
        "has an emoji": lambda answer: bool(_EMOJI.search(answer)),
        "has an exclamation mark": lambda answer: "!" in answer,
        "ends with a full stop": lambda answer: answer.rstrip().endswith("."),
        "begins with a capital": lambda answer: answer.lstrip()[:1].isupper(),
        "contracts words": lambda answer: bool(re.search(r"\w['’](?:s|re|ll|ve|t|d|m)\b", answer)),
        "speaks to the reader": lambda answer: bool(re.search(r"\b(?:you|your|yours)\b", answer, re.IGNORECASE)),
        "is of usual length": lambda answer: 0.5 * typical <= len(_WORD.findall(answer)) <= 2 * typical,
    }


def _often(answers: Sequence[str], place: int) -> frozenset[str]:
    found = Counter(word for answer in answers if (word := _word(answer, place)))
    least = max(2, _REPEATED * len(answers))
    return frozenset(word for word, count in found.most_common(_COMMON_OPENERS) if count >= least)


def _word(answer: str, place: int) -> str:
    words = _WORD.findall(answer)
    return words[place].lower() if words else ""
