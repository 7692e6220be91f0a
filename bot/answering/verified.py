"""Approved answers that are given as they stand, because they answer nearly the same question."""

from collections.abc import Callable, Sequence

import numpy as np

from bot.answering.leaning import stands_alone
from bot.answering.opposites import ask_different_things
from bot.answering.retrieval import Hit
from bot.collecting.twins import asks_the_same
from storage.database import Database
from storage.knowledge import Chunk
from storage.pairs import Pair, PairStatus, get_pair

VERIFIED = 0.8
"""Cosine of two questions from which an approved answer is given as it stands.

Near-opposites lie that close, too: words tell those apart. On StackFAQ, 1 of 20 rephrasings is then answered by an
approved answer, always by the right one (docs/experiments.md).
"""


class VerifiedAnswers:
    """Looks for one among what was found: a model is not asked for what people have said better."""

    def __init__(self, database: Database, embed: Callable[[Sequence[str]], list[list[float]]]) -> None:
        self._database = database
        self._embed = embed

    def among(self, question: str, hits: Sequence[Hit]) -> tuple[Chunk, Pair] | None:
        """Return the approved pair that answers a question, with its passage, None where none is near enough."""
        approved = [hit.chunk for hit in hits if hit.chunk.pair_id is not None]
        # "And on Sundays?" was approved of something else, perhaps.
        if not approved or not stands_alone(question):
            return None
        likeness = self._likeness(question, [chunk.title for chunk in approved])
        # Of two answers to one question the later is given: it is what the other was corrected to.
        for value, chunk in sorted(
            zip(likeness, approved, strict=True), key=lambda item: (round(-item[0], 3), -item[1].id)
        ):
            if value < VERIFIED:
                return None
            if is_asked_by(question, chunk.title, likeness=value) and (pair := self._standing(chunk)):
                return chunk, pair
        return None

    def _standing(self, chunk: Chunk) -> Pair | None:
        """Return a passage's pair while it is approved and says what the passage says."""
        if chunk.pair_id is None:
            return None
        with self._database.reading() as session:
            pair = get_pair(session, chunk.pair_id)
        is_same = (pair.question, pair.answer) == (chunk.title, chunk.text)
        return pair if pair.status is PairStatus.APPROVED and is_same else None

    def _likeness(self, question: str, others: Sequence[str]) -> list[float]:
        vectors = np.asarray(self._embed([question, *others]), dtype=np.float32)
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return [float(value) for value in unit[1:] @ unit[0]]


def is_asked_by(question: str, approved: str, *, likeness: float) -> bool:
    """Return whether the answer to an approved question answers another as it stands."""
    return asks_the_same(question, approved, likeness=likeness) and not ask_different_things(question, approved)
