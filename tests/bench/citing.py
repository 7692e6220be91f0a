"""What checking figures does to citations: `python -m tests.bench.citing` prints JSON, about a minute.

Each good reply of the demo is taken for an answer out of the three passages that are nearest to its question, and the
one that has its facts. Every sentence of it that tells a fact cites that passage (right), or another one (wrong).
"""

import asyncio
import json
import re
from collections import Counter

import numpy as np

from bot.answering.figures import not_read, with_right_numbers
from bot.demo.content import load_content
from bot.demo.shapes import Conversation, Document
from training.prompt import Passage
from training.serving.embedder import DEFAULT_NAME, load_embedder

NEAREST = 3
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+|\n|$)")


def main() -> None:
    """Measure and print."""
    content = load_content()
    known = [(document, text) for document in content.documents for text in document.paragraphs]
    passages = vectors([f"{document.title}\n{text}" for document, text in known])
    questions = vectors([one.question.text for one in content.conversations])
    counted: Counter[str] = Counter()
    for conversation, question in zip(content.conversations, questions, strict=True):
        nearest = np.argsort(passages @ question)[::-1][:NEAREST].tolist()
        count(conversation, known, nearest, counted)
    print(json.dumps(dict(sorted(counted.items())), indent=2))  # noqa: T201 (a bench's result)


def count(
    conversation: Conversation, known: list[tuple[Document, str]], nearest: list[int], counted: Counter[str]
) -> None:
    """Count what becomes of the citations in a conversation's good reply."""
    right = next(
        number
        for number, (document, text) in enumerate(known)
        if document.name == conversation.document and all(fact in text for fact in conversation.facts)
    )
    order = list(dict.fromkeys([*nearest, right]))
    given = [Passage(known[number][0].title, known[number][1]) for number in order]
    number = order.index(right) + 1
    reply = conversation.good_reply.text
    read = [conversation.question.text, *(f"{passage.title}\n{passage.text}" for passage in given)]
    counted["answers"] += 1
    counted["answers_told_to_have_unknown_figures"] += bool(not_read(reply, read))
    for sentence in SENTENCE.findall(reply):
        if any(fact in sentence for fact in conversation.facts):
            counted["right"] += 1
            counted["right_changed"] += cited_after(sentence, number, given) != number
            for wrong in set(range(1, len(given) + 1)) - {number}:
                after = cited_after(sentence, wrong, given)
                counted["wrong"] += 1
                counted["wrong_made_right"] += after == number
                counted["wrong_made_wrong_otherwise"] += after not in (number, wrong)


def cited_after(sentence: str, number: int, given: list[Passage]) -> int:
    """Return what a sentence that cites a passage cites when it was checked."""
    checked = with_right_numbers(f"{sentence.strip()} [{number}]", given)
    return int(checked.rpartition("[")[2].rstrip("]"))


def vectors(texts: list[str]) -> np.ndarray:
    """Return unit vectors, (texts, dimensions)."""
    return np.asarray(asyncio.run(load_embedder(DEFAULT_NAME).embed(texts)).vectors, dtype=np.float32)


if __name__ == "__main__":
    main()
