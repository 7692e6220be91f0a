"""How fast retrieval is with 100,000 chunks: `python -m tests.bench.retrieval [--keep FOLDER]` prints JSON.

The texts are drawn word by word from the demo's, with words of their own. Most vectors are random directions, because
embedding them all would take an hour; `--embedded` of them, every question's, and those of the ingestion and of the
added pairs are made by a real model server, over HTTP. A tenth of the chunks belongs to fifty private channels, and a
question is asked in one of them, by somebody in ten, and by somebody in all. Bare query: the index of what everybody
may see, no filter, in the same run.

`cpu_ms`: processor time of this process and the model server for each, which a busy machine disturbs less than time by
the clock. `--keep FOLDER` leaves what was built there, so that it need not be built for the next run.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge, open_knowledge
from bot.processes import free_port, model_server
from bot.settings import Settings
from storage.database import Database
from storage.knowledge import NewDocument, chunks_to_index, count_chunks, mark_indexed, put_document
from storage.lexical import lexical_search
from storage.tables import PairRow
from tests.bench.collecting import NOW, TEAM, fill

AT_ONCE = 500
TEXTS_A_DOCUMENT = 20
CHANNELS = [f"G{number}" for number in range(50)]
ASKED_CHANNELS = (1, 10, 50)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--embedded", type=int, default=500)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        data = arguments.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"http://127.0.0.1:{free_port()}/v1"
        settings = Settings(_env_file=None, data=data, models_url=url)  # type: ignore[call-arg]  # pydantic-settings' own argument
        settings.make_data_folder()
        running = stack.enter_context(model_server(settings))
        database = Database(running.database)
        stack.callback(database.close)
        database.upgrade()
        knowledge = open_knowledge(running, database)
        stack.callback(knowledge.index.close)
        figures: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 1)}
        figures |= build(knowledge, arguments.chunks - arguments.embedded)
        figures |= ingest(knowledge, arguments.embedded)
        figures |= measure(knowledge, arguments.questions, arguments.pairs)
        figures["load_after"] = round(os.getloadavg()[0], 1)
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


def build(knowledge: Knowledge, chunks: int) -> dict[str, Any]:
    """Fill the database and the index up to so many chunks, under random directions."""
    known = _chunks(knowledge.database)
    if known < chunks:
        store(knowledge.database, Writer(), f"bulk-{known}", chunks - known, least=20, most=80)
    started = time.perf_counter()
    fill_index(knowledge)
    return {"random_vectors_indexed_in_s": round(time.perf_counter() - started, 1)}


def ingest(knowledge: Knowledge, texts: int) -> dict[str, Any]:
    """Return how fast short texts are taken in, embedding included."""
    known = _chunks(knowledge.database)
    clock = Clock()
    with clock:
        store(knowledge.database, Writer(seed=known), f"embedded-{known}", texts, least=8, most=25)
        knowledge.indexing.follow()
    return {
        "chunks": _chunks(knowledge.database),
        "ingested_short_texts_per_s": round(1000 * texts / clock.ms[0], 1),
        "ingested_short_texts_per_cpu_s": round(1000 * texts / clock.cpu_ms[0], 1),
    }


def _chunks(database: Database) -> int:
    with database.reading() as session:
        return count_chunks(session, team_id=TEAM)[0]


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


def measure(knowledge: Knowledge, questions: int, pairs: int) -> dict[str, Any]:
    """Return milliseconds: median, 95th percentile and the longest, each step for the same questions."""
    writer = Writer(seed=1)
    asked = [f"Where is the {writer.text(4, 10)}?" for _ in range(questions)]
    place = Place(TEAM, (CHANNELS[0],))
    vectors = {question: knowledge.models.embed([question])[0] for question in asked}

    def lexical(question: str) -> object:
        with knowledge.database.reading() as session:
            return lexical_search(session, question, team_id=TEAM, channel_ids=place.channel_ids, limit=20)

    def search_bare(question: str) -> object:
        return knowledge.index.search(vectors[question], team_id=TEAM, channel_ids=(), limit=20)

    def embed_and_search(question: str) -> object:
        vector = knowledge.models.embed([question])[0]
        return knowledge.index.search(vector, team_id=TEAM, channel_ids=(), limit=20)

    def retrieve(question: str) -> object:
        return knowledge.retriever.search(question, place, limit=3)

    # In turn, so that whatever else the machine does weighs on both.
    whole, bare = in_turn((retrieve, embed_and_search), asked)
    embedding, query, words = in_turn((lambda one: knowledge.models.embed([one]), search_bare, lexical), asked)
    return {
        "retrieval": whole.figures(),
        "embedding_and_bare_query": bare.figures(),
        "ratio_p50": round(whole.quantile(0.5) / bare.quantile(0.5), 2),
        "ratio_p95": round(whole.quantile(0.95) / bare.quantile(0.95), 2),
        "embedding": embedding.figures(),
        "bare_query": query.figures(),
        "lexical": words.figures(),
        "private_channels": by_channels(knowledge, vectors),
        "adding_one_pair": added(knowledge, pairs).figures(),
    }


def by_channels(knowledge: Knowledge, vectors: Mapping[str, Sequence[float]]) -> dict[int, Any]:
    """Return what looking questions up takes by how many private channels are asked; `query`: of the vectors alone."""

    def retrieve(channels: int) -> Callable[[str], object]:
        place = Place(TEAM, tuple(CHANNELS[:channels]))
        return lambda question: knowledge.retriever.search(question, place, limit=3)

    def query(channels: int) -> Callable[[str], object]:
        names = CHANNELS[:channels]
        return lambda one: knowledge.index.search(vectors[one], team_id=TEAM, channel_ids=names, limit=20)

    whole = in_turn([retrieve(channels) for channels in ASKED_CHANNELS], [*vectors])
    queries = in_turn([query(channels) for channels in ASKED_CHANNELS], [*vectors])
    return {
        channels: {"retrieval": one.figures(), "query": other.figures()}
        for channels, one, other in zip(ASKED_CHANNELS, whole, queries, strict=True)
    }


class Clock:
    """Takes the time of what is done in it, again and again."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.cpu_ms: list[float] = []

    def __enter__(self) -> Self:
        self._started = time.perf_counter(), processor_s()
        return self

    def __exit__(self, *_: object) -> None:
        self.ms.append(1000 * (time.perf_counter() - self._started[0]))
        self.cpu_ms.append(1000 * (processor_s() - self._started[1]))

    def quantile(self, share: float) -> float:
        """Return what so large a share takes at most, in milliseconds."""
        return float(np.quantile(self.ms, share))

    def figures(self) -> dict[str, float]:
        """Return the median, the 95th percentile and the longest, and the mean processor time."""
        ms = {name: round(self.quantile(share), 1) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}
        return {**ms, "cpu_ms": round(float(np.mean(self.cpu_ms)), 1)}


def processor_s() -> float:
    """Return the processor time of this process and those it has started; theirs in hundredths of a second."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    ticks = 0
    for child in children:
        numbers = Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(numbers[11]) + int(numbers[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def in_turn(acts: Sequence[Callable[[str], object]], asked: Sequence[str]) -> list[Clock]:
    """Return the times of several ways to treat the same questions, one after the other for each."""
    clocks = [Clock() for _ in acts]
    for act in acts:
        act(asked[0])  # the first one opens what the others find open
    for question in asked:
        for act, clock in zip(acts, clocks, strict=True):
            with clock:
                act(question)
    return clocks


def added(knowledge: Knowledge, pairs: int) -> Clock:
    """Return how long an approved pair takes from its rows to being in the index, embedding included."""
    clock = Clock()
    with knowledge.database.reading() as session:
        known = count_pairs(session)
    for number in range(known, known + 2 * pairs, 2):
        # Every other pair is approved; those before are there already.
        fill(knowledge.database, number + 2, since=number)
        with clock:
            knowledge.indexing.follow()
    return clock


def count_pairs(session: Session) -> int:
    """Return how many pairs there are."""
    return session.scalar(select(func.count()).select_from(PairRow)) or 0


if __name__ == "__main__":
    main()
