"""The one prompt: training, evaluation and answering all build it here, so that a voice is used as it was learnt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

INSTRUCTIONS = (
    "Answer from the numbered passages and cite them like [1]. If they do not hold the answer, say that you don't know."
)
SPEAKERS = {"user": "They", "assistant": "You"}
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


def build_messages(
    question: str, passages: Sequence[Passage], *, house_style: str = "", history: Sequence[Message] = ()
) -> list[Message]:
    """Return the system and user message that ask for an answer to `question` from `passages`, numbered from 1.

    `history`: what was said before the question, oldest first. It is quoted, as the passages are: what somebody wrote
    an hour ago gives no orders either. Training examples have none.
    """
    system = f"{INSTRUCTIONS}\n\n{house_style.strip()}".strip()
    parts = [quote(passages), quote_history(history), f"Question: {question.strip()}"]
    return [{"role": "system", "content": system}, {"role": "user", "content": "\n\n".join(filter(None, parts))}]


def quote(passages: Sequence[Passage]) -> str:
    """Return `passages` as numbered block quotes.

    Every line of a passage is prefixed, so that no text inside one can close the quotation.
    """
    if not passages:
        return NO_PASSAGES
    return "Passages:\n" + "\n".join(_block(number, passage) for number, passage in enumerate(passages, start=1))


def quote_history(history: Sequence[Message]) -> str:
    """Return what was said before as a block quote, every line prefixed; nothing where nothing was said."""
    lines = [
        f"> {SPEAKERS.get(message['role'], 'They')}: {line}"
        for message in history
        for line in message["content"].splitlines()
        if line.strip()
    ]
    return "\n".join(["Earlier in this thread:", *lines]) if lines else ""


def _block(number: int, passage: Passage) -> str:
    lines = [f"> {line}" for line in passage.text.splitlines() if line.strip()]
    return "\n".join([f"[{number}] {' '.join(passage.title.split())}", *lines])
