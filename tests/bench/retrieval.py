"""How fast retrieval is with 100,000 chunks: `python -m tests.bench.retrieval [--chunks N]` prints JSON.

The texts are drawn word by word from the demo's, with words of their own. Most vectors are random directions, because
embedding them all would take an hour; `--embedded` of them, every question's, and those of the ingestion and of the
added pairs are made by a real model server, over HTTP. A tenth of the chunks belongs to fifty private channels, and a
question is asked in one of them. Bare query: the index of what everybody may see, no filter, in the same run.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from bot.answering.retrieval import Place
from bot.bootstrap import Knowledge, open_knowledge
from bot.processes import free_port, model_server
from bot.settings import Settings
from storage.database import Database
from storage.knowledge import NewDocument, chunks_to_index, mark_indexed, put_document
from storage.lexical import lexical_search
from tests.bench.collecting import NOW, TEAM, fill, timed

AT_ONCE = 500
TEXTS_A_DOCUMENT = 20
CHANNELS = [f"G{number}" for number in range(50)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--embedded", type=int, default=500)
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        url = f"http://127.0.0.1:{free_port()}/v1"
        settings = Settings(_env_file=None, data=Path(scratch), models_url=url)  # type: ignore[call-arg]  # pydantic-settings' own argument
        with model_server(settings) as running:
            database = Database(running.database)
            database.upgrade()
            knowledge = open_knowledge(running, database)
            figures = {"chunks": arguments.chunks, "load_before": round(os.getloadavg()[0], 1)}
            figures |= build(knowledge, arguments.chunks, arguments.embedded)
            figures |= measure(knowledge, arguments.questions)
            figures["load_after"] = round(os.getloadavg()[0], 1)
            knowledge.index.close()
            database.close()
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


class Writer:
    """Writes texts of the demo's words, as often as they are there, and now and then a word of its own."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 (texts, not secrets)
        folder = files("bot.demo").joinpath("content", "documents")
        self._words = " ".join(file.read_text(encoding="utf-8") for file in folder.iterdir()).split()

    def text(self, least: int, most: int) -> str:
        """Return a text of so many words."""
        words = self._random.choices(self._words, k=self._random.randint(least, most))
        words[self._random.randrange(len(words))] = f"part{int(self._random.paretovariate(0.6)) % 50_000}"
        return " ".join(words)


def build(knowledge: Knowledge, chunks: int, embedded: int) -> dict[str, object]:
    """Fill the database and the index, and return how fast what is embedded was taken in."""
    writer, started = Writer(), time.perf_counter()
    store(knowledge.database, writer, "bulk", chunks - embedded, least=20, most=80)
    stored_in = time.perf_counter() - started
    started = time.perf_counter()
    fill_index(knowledge)
    filled_in = time.perf_counter() - started
    started = time.perf_counter()
    store(knowledge.database, writer, "embedded", embedded, least=8, most=25)
    knowledge.indexing.follow()
    return {
        "stored_in_s": round(stored_in, 1),
        "random_vectors_indexed_in_s": round(filled_in, 1),
        "ingested_short_texts_per_s": round(embedded / (time.perf_counter() - started), 1),
    }


def store(database: Database, writer: Writer, name: str, chunks: int, *, least: int, most: int) -> None:
    """Store documents of `TEXTS_A_DOCUMENT` passages, every tenth of them in a private channel."""
    documents = -(-chunks // TEXTS_A_DOCUMENT)
    for start in range(0, documents, AT_ONCE // TEXTS_A_DOCUMENT):
        with database.writing() as session:
            for number in range(start, min(documents, start + AT_ONCE // TEXTS_A_DOCUMENT)):
                channel = CHANNELS[number // 10 % len(CHANNELS)] if number % 10 == 0 else None
                texts = tuple(writer.text(least, most) for _ in range(TEXTS_A_DOCUMENT))
                put_document(session, NewDocument(TEAM, f"{name}-{number}", writer.text(3, 8), channel, texts), now=NOW)


def fill_index(knowledge: Knowledge) -> None:
    """Index what waits under random directions."""
    drawn = np.random.default_rng(0)
    size = len(knowledge.models.embed(["hello"])[0])
    while True:
        with knowledge.database.reading() as session:
            chunks = chunks_to_index(session, limit=10 * AT_ONCE)
        if not chunks:
            return
        vectors = drawn.standard_normal((len(chunks), size), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        knowledge.index.upsert(chunks, vectors.tolist())
        with knowledge.database.writing() as session:
            mark_indexed(session, chunks, now=NOW)


def measure(knowledge: Knowledge, questions: int) -> dict[str, Any]:
    """Return milliseconds: median, 95th percentile and the longest, each step for the same questions."""
    writer = Writer(seed=1)
    asked = [f"Where is the {writer.text(4, 10)}?" for _ in range(questions)]
    place = Place(TEAM, (CHANNELS[0],))
    vectors = [knowledge.models.embed([question])[0] for question in asked]

    def lexical(question: str) -> object:
        with knowledge.database.reading() as session:
            return lexical_search(session, question, team_id=TEAM, channel_ids=place.channel_ids, limit=20)

    def search_bare(vector: Sequence[float]) -> object:
        return knowledge.index.search(vector, team_id=TEAM, channel_ids=(), limit=20)

    def embed_and_search(question: str) -> object:
        return search_bare(knowledge.models.embed([question])[0])

    def retrieve(question: str) -> object:
        return knowledge.retriever.search(question, place, limit=3)

    # In turn, so that whatever else the machine does weighs on both.
    whole, bare = together(retrieve, embed_and_search, asked)
    return {
        "retrieval_ms": whole,
        "embedding_and_bare_query_ms": bare,
        "ratio_p50": round(whole["p50"] / bare["p50"], 2),
        "ratio_p95": round(whole["p95"] / bare["p95"], 2),
        "embedding_ms": timed([partial(knowledge.models.embed, [question]) for question in asked]),
        "bare_query_ms": timed([partial(search_bare, vector) for vector in vectors]),
        "lexical_ms": timed([partial(lexical, question) for question in asked]),
        "adding_one_pair_ms": added(knowledge, 30),
    }


def together(
    first: Callable[[str], object], second: Callable[[str], object], asked: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the times of two ways to treat the same questions, one after the other for each."""
    taken: tuple[list[float], list[float]] = ([], [])
    for question in asked:
        for act, times in zip((first, second), taken, strict=True):
            started = time.perf_counter()
            act(question)
            times.append(1000 * (time.perf_counter() - started))
    return spread(taken[0]), spread(taken[1])


def spread(taken: list[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the longest."""
    p50, p95, longest = (round(float(np.quantile(taken, share)), 1) for share in (0.5, 0.95, 1))
    return {"p50": p50, "p95": p95, "max": longest}


def added(knowledge: Knowledge, pairs: int) -> dict[str, float]:
    """Return how long an approved pair takes from its rows to being in the index, embedding included."""
    taken = []
    for number in range(1, pairs + 1):
        # Every other pair is approved; those before are there already.
        fill(knowledge.database, 2 * number, since=2 * number - 2)
        started = time.perf_counter()
        knowledge.indexing.follow()
        taken.append(1000 * (time.perf_counter() - started))
    return spread(taken)


if __name__ == "__main__":
    main()
