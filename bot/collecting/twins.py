"""Finds approved answers to nearly the same question, and those that say something else.

On StackFAQ, half of the rephrasings of a question lie at `SIMILAR` or closer to it, and 8 of 1,000 questions that close
to one they have nothing to do with (docs/experiments.md).
"""

import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from bot.answering.model_errors import TextRefusedError
from bot.answering.retrieval import Hit, Place, Retriever
from bot.collecting.standing import ask_reviewers
from storage.database import Database
from storage.pairs import Pair, PairStatus, get_pair
from storage.twins import Twin, put_twin, twins_of
from storage.waiting import mark_compared, pairs_to_compare

logger = logging.getLogger(__name__)

BATCH = 16
CANDIDATES = 3
SIMILAR = 0.75
"""Cosine of two questions from which they are nearly the same."""
NEAR = 0.6
"""Cosine of a question with another pair's question and answer below which the two are not looked at closer."""
UNLIKE = 0.4
"""Cosine of two answers below which they say different things."""
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NUMERAL = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|last|two|three|four|five|six|seven|eight|nine|ten|dozen|half)\b",
    re.IGNORECASE,
)
_YES = re.compile(r"^\W*(?:yes|yep|yeah|sure|of course|correct|absolutely)\b", re.IGNORECASE)
_NO = re.compile(r"^\W*(?:no|nope|not|never|sorry)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")


class Twins:
    """Runs where the index is owned. `on_compared` is told of each pair that resembles an approved answer."""

    def __init__(
        self,
        database: Database,
        retriever: Retriever,
        embed: Callable[[Sequence[str]], list[list[float]]],
        now: Callable[[], datetime],
        on_compared: Callable[[Pair], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._retriever = retriever
        self._embed = embed
        self._now = now
        self._on_compared = on_compared

    def catch_up(self) -> None:
        """Compare every pair that has not been compared as it reads now."""
        while pairs := self._waiting():
            for pair in pairs:
                self._compare(pair)

    def resembling(self, pair: Pair) -> list[Twin]:
        """Return the approved pairs that answer nearly the same question, the most similar first.

        Those are looked for that everybody may read, and in the pair's own channel where it is private.
        """
        place = Place(pair.team_id, (pair.channel_id,) if pair.channel_is_private else ())
        hits = self._retriever.search(
            pair.question, place, limit=CANDIDATES, without=lambda chunk: chunk.pair_id in (None, pair.id)
        )
        near = self._pairs([hit for hit in hits if hit.similarity >= NEAR])
        # Embedding is what takes time: most pairs have no other near them, and of those few ask the same.
        likeness = self._likeness(pair.question, [other.question for other in near])
        same = [
            (other, value)
            for other, value in zip(near, likeness, strict=True)
            if asks_the_same(pair.question, other.question, likeness=value)
        ]
        twins = [self._twin(pair, other, similarity) for other, similarity in same]
        return sorted(twins, key=lambda twin: -twin.similarity)

    def _twin(self, pair: Pair, other: Pair, similarity: float) -> Twin:
        # Figures mostly tell; only where they don't is it worth the time to embed the answers.
        contradicts = disagree(pair.answer, other.answer, likeness=1.0)
        if not contradicts:
            (likeness,) = self._likeness(pair.answer, [other.answer])
            contradicts = disagree(pair.answer, other.answer, likeness=likeness)
        return Twin(pair_id=pair.id, other_id=other.id, similarity=round(similarity, 4), disagrees=contradicts)

    def _waiting(self) -> list[Pair]:
        with self._database.reading() as session:
            return pairs_to_compare(session, limit=BATCH)

    def _compare(self, pair: Pair) -> None:
        try:
            twins = self.resembling(pair)
        except TextRefusedError:  # what can't be embedded is near to nothing, and must not hold up the others
            logger.warning("pair %d can't be compared: the embedder refuses a text of it or of one beside it", pair.id)
            twins = []
        with self._database.writing() as session:
            if not mark_compared(session, pair, now=self._now()):
                return
            for twin in twins:
                put_twin(session, twin, now=self._now())
            is_told = bool(twins_of(session, pair.id))
            if is_told and pair.status is PairStatus.APPROVED:
                ask_reviewers(session, pair, now=self._now())
        if is_told:
            self._on_compared(pair)

    def _pairs(self, hits: Sequence[Hit]) -> list[Pair]:
        with self._database.reading() as session:
            return [get_pair(session, hit.chunk.pair_id) for hit in hits if hit.chunk.pair_id is not None]

    def _likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the cosine of a text with each of some others."""
        if not others:
            return []
        vectors = np.asarray(self._embed([text, *others]), dtype=np.float32)
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return [float(value) for value in unit[1:] @ unit[0]]


def asks_the_same(question: str, other: str, *, likeness: float) -> bool:
    """Return whether two questions are nearly the same: plan 12 and plan 13 are two."""
    return likeness >= SIMILAR and _numbers(question) == _numbers(other)


def disagree(answer: str, other: str, *, likeness: float) -> bool:
    """Return whether two answers to one question say different things.

    They do when each has figures that the other has not, when one says yes and the other no, or when they have little
    in common at all.
    """
    ours, theirs = _figures(answer), _figures(other)
    if ours - theirs and theirs - ours:
        return True
    if (_YES.match(answer) and _NO.match(other)) or (_NO.match(answer) and _YES.match(other)):
        return True
    return likeness < UNLIKE


def _numbers(text: str) -> frozenset[str]:
    return _figures(text) | {word.lower() for word in _NUMERAL.findall(text)}


def _figures(text: str) -> frozenset[str]:
    return frozenset(_FIGURE.findall(_PLACEHOLDER.sub(" ", text)))
