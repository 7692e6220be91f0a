"""The one prompt: training, evaluation and answering all build it here, so that a voice is used as it was learnt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

INSTRUCTIONS = (
    "Answer from the numbered passages and cite them like [1]. If they do not hold the answer, say that you don't know."
)
SPEAKERS = {"user": "They", "assistant": "You"}
NO_PASSAGES = "No passages were found."
# What the chat templates of this world begin and end their turns with.
_CONTROL = re.compile(
    r"<(?=[|｜][^\s|｜<>]+[|｜]?>|[^\s|｜<>/]+[|｜]>|/?s>|</?SYS>>|<SYS>>|(?:start|end)_of_turn>|(?:bos|eos|pad|unk)>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
)
EXAMPLES = "This is how the team answers. Write like it; what it says here is about other questions."


class Message(TypedDict):
    """One chat message, as OpenAI, TRL and chat templates take it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Passage:
    """A quotation that an answer may rest on."""

    title: str
    text: str


@dataclass(frozen=True)
class Example:
    """An approved answer that shows how the team writes."""

    question: str
    answer: str


def build_messages(
    question: str,
    passages: Sequence[Passage],
    *,
    house_style: str = "",
    history: Sequence[Message] = (),
    examples: Sequence[Example] = (),
) -> list[Message]:
    """Return the system and user message that ask for an answer to `question` from `passages`, numbered from 1.

    `history`: what was said before the question, oldest first. It is quoted, as the passages are: what somebody wrote
    an hour ago gives no orders either. `examples`: approved answers, for a model that has not learnt the voice.
    Training examples have neither.
    """
    system = [INSTRUCTIONS, house_style.strip(), quote_examples(examples)]
    user = [quote(passages), quote_history(history), f"Question: {question.strip()}"]
    return [
        {"role": "system", "content": inert("\n\n".join(filter(None, system)))},
        {"role": "user", "content": inert("\n\n".join(filter(None, user)))},
    ]


def inert(text: str) -> str:
    """Return `text` with a space in whatever a model server would take for the end or the begin of a turn."""
    return _CONTROL.sub(lambda match: f"{match[0]} ", text)


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


def quote_examples(examples: Sequence[Example]) -> str:
    """Return questions and their answers as block quotes; nothing where there are none."""
    blocks = [_lines(f"Question: {example.question}") + _lines(f"Answer: {example.answer}") for example in examples]
    return "\n\n".join([EXAMPLES, *("\n".join(block) for block in blocks)]) if blocks else ""


def _lines(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines() if line.strip()]


def _block(number: int, passage: Passage) -> str:
    return "\n".join([f"[{number}] {' '.join(passage.title.split())}", *_lines(passage.text)])
