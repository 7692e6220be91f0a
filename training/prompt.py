"""The one prompt: training, evaluation and answering all build it here, so that a voice is used as it was learnt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

INSTRUCTIONS = (
    "Answer from the numbered passages and cite them like [1]. If they do not hold the answer, say that you don't know."
)
NO_PASSAGES = "No passages were found."


class Message(TypedDict):
    """One chat message, as OpenAI, TRL and chat templates take it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Passage:
    """A quotation that an answer may rest on."""

    title: str
    text: str


def build_messages(question: str, passages: Sequence[Passage], *, house_style: str = "") -> list[Message]:
    """Return the system and user message that ask for an answer to `question` from `passages`, numbered from 1."""
    system = f"{INSTRUCTIONS}\n\n{house_style.strip()}".strip()
    user = f"{quote(passages)}\n\nQuestion: {question.strip()}"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def quote(passages: Sequence[Passage]) -> str:
    """Return `passages` as numbered block quotes.

    Every line of a passage is prefixed, so that no text inside one can close the quotation.
    """
    if not passages:
        return NO_PASSAGES
    return "Passages:\n" + "\n".join(_block(number, passage) for number, passage in enumerate(passages, start=1))


def _block(number: int, passage: Passage) -> str:
    lines = [f"> {line}" for line in passage.text.splitlines() if line.strip()]
    return "\n".join([f"[{number}] {' '.join(passage.title.split())}", *lines])
