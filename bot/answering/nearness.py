"""Whether what was found can answer a question at all."""

from collections.abc import Sequence

from bot.answering.codes import codes_in
from bot.answering.retrieval import Hit


def is_near(question: str, hits: Sequence[Hit], needed: float) -> bool:
    """Return whether a passage has a cosine of `needed`, or a code that was asked about.

    The passage that explains a code is as far away as any other.
    """
    asked = codes_in(question)
    return any(hit.similarity >= needed or asked & codes_in(f"{hit.chunk.title} {hit.chunk.text}") for hit in hits)
