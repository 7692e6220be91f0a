"""How near a question must be to an approved one: `python -m tests.bench.verified DIR` prints JSON, about a minute.

DIR holds corpus.jsonl, queries.jsonl and qrels.jsonl. For each threshold: of all questions, how many would be answered
by an approved answer as it stands; how many of those by the right one (precision); and how many would be all the same
where the right ones are taken out, so that every answer given is wrong (false).
"""

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from bot.answering.verified import is_asked_by
from training.serving.embedder import DEFAULT_NAME, load_embedder

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    corpus, queries, right = read(arguments.folder)
    asked, known = vectors([one["text"] for one in queries]), vectors([one["question"] for one in corpus])
    cosines = asked @ known.T
    print(json.dumps({f"{at:.2f}": measured(at, cosines, corpus, queries, right) for at in THRESHOLDS}, indent=2))  # noqa: T201 (a bench's result)


def measured(
    at: float, cosines: np.ndarray, corpus: list[Any], queries: list[Any], right: dict[str, set[str]]
) -> dict[str, float]:
    """Return what a threshold does. `cosines`: (queries, documents)."""
    given = correct = wrong = 0
    for row, query in zip(cosines, queries, strict=True):
        is_right = np.array([one["id"] in right[query["id"]] for one in corpus])
        best = int(row.argmax())
        if matches(query["text"], corpus[best]["question"], row[best], at):
            given += 1
            correct += bool(is_right[best])
        other = int(np.where(is_right, -1, row).argmax())
        wrong += matches(query["text"], corpus[other]["question"], row[other], at)
    return {
        "answered": round(given / len(queries), 4),
        "precision": round(correct / max(given, 1), 4),
        "false": round(wrong / len(queries), 4),
    }


def matches(question: str, other: str, cosine: float, at: float) -> bool:
    """Return what the bot would say, had it this threshold."""
    return cosine >= at and is_asked_by(question, other, likeness=1.0)


def read(folder: Path) -> tuple[list[Any], list[Any], dict[str, set[str]]]:
    """Return corpus, queries, and which documents are right for each query."""

    def lines(name: str) -> list[Any]:
        return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines() if line.strip()]

    right: dict[str, set[str]] = defaultdict(set)
    for one in lines("qrels.jsonl"):
        if one["rel"] > 0:
            right[one["query"]].add(one["doc"])
    return lines("corpus.jsonl"), lines("queries.jsonl"), right


def vectors(texts: list[str]) -> np.ndarray:
    """Return unit vectors, (texts, dimensions)."""
    sys.stderr.write(f"embedding {len(texts)} texts\n")
    embedded = asyncio.run(load_embedder(DEFAULT_NAME).embed(texts)).vectors
    return np.asarray(embedded, dtype=np.float32)


if __name__ == "__main__":
    main()
