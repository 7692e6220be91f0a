"""Puts the citation on an approved answer that its author, like most people, left out: citing is format, not voice."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from training.prompt import Passage

_CITATION = re.compile(r"\[\d{1,3}\]")
LONGEST_CITATION = len(" [999]")
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CLAUSE_END = re.compile(r"[.,:;!?](?=\s|$)|[—–()\n]")
MIN_WORDS = 2
MIN_SHARE = 0.6
"""A passage supports a clause without figures when it has this many of its words, and this share of them."""
MIN_SHARE_WITH_FIGURES = 0.2
"""The same for a clause whose figures it has."""
_FUNCTION_WORDS = """
about after again also and another any are aren't back because been before being both but can can't cannot could
did does doesn't doing don't down each even ever every few for from get gets getting give given goes going got
had has have having her here him his how i'd i'll i'm i've into isn't it's its just let let's like made make
many may might more most much must need needs not now off once one only onto other our out over own please same
she should some such sure take than that that's the their them then there there's these they they're thing
things this those through too until upon use very want was way well were what when where which while who why
will with won't would yes yet you you'll you're your yours
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True)
class _Claim:
    """What a clause says that can be checked."""

    figures: frozenset[str]
    words: frozenset[str]


def cite(answer: str, passages: Sequence[Passage]) -> str:
    """Return `answer` with ` [n]` at its end, n being the passage that supports it best, counted from 1.

    It comes back unchanged when it cites something already or nothing supports it.
    """
    if _CITATION.search(answer):
        return answer
    number = supporting_passage(answer, passages)
    return answer if number is None else f"{answer.rstrip()} [{number}]"


def supporting_passage(answer: str, passages: Sequence[Passage]) -> int | None:
    """Return the number of the passage that supports `answer` best, counted from 1; of equals, the first.

    A passage supports an answer when it has all of its figures, and enough of the words of one of its clauses. Clauses
    are looked at one by one, because those that are there for the sake of the voice are in no passage.
    """
    claims = [_claim(clause) for clause in _CLAUSE_END.split(answer)]
    scores = [_support(claims, _claim(f"{passage.title}\n{passage.text}")) for passage in passages]
    best = max(scores, default=0)
    return scores.index(best) + 1 if best else None


def _support(answer: Sequence[_Claim], passage: _Claim) -> int:
    """Return how many words and figures of `answer` are in `passage`: 0 when that is too little to cite it."""
    figures = frozenset[str]().union(*(claim.figures for claim in answer))
    shared = frozenset[str]().union(*(claim.words for claim in answer)) & passage.words
    if not figures <= passage.figures:
        return 0
    # 24 is in many a passage, 14,900 in few.
    telling = shared and any(len(figure) > 2 for figure in figures)
    if not telling and not any(_carries(passage, claim) for claim in answer if bool(claim.figures) == bool(figures)):
        return 0
    return len(figures) + len(shared)


def _carries(passage: _Claim, claim: _Claim) -> bool:
    shared = len(claim.words & passage.words)
    if claim.figures:
        return shared >= min(MIN_WORDS, len(claim.words)) and shared >= MIN_SHARE_WITH_FIGURES * len(claim.words)
    return shared >= MIN_WORDS and shared >= MIN_SHARE * len(claim.words)


def telling_words(text: str) -> frozenset[str]:
    """Return the words of a text that say what it is about, each without its ending."""
    words = (word.lower().replace("’", "'") for word in _WORD.findall(text))
    return frozenset(_stem(word) for word in words if len(word) > 2 and word not in FUNCTION_WORDS)


def _claim(text: str) -> _Claim:
    return _Claim(figures=frozenset(_FIGURE.findall(text)), words=telling_words(text))


def _stem(word: str) -> str:
    """Return `word` without an English plural, possessive or verb ending: crude, and enough to match."""
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
