"""How well the bot's own retrieval finds what it should, arm by arm, on a team's questions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.answering.metrics import DEPTH, measures
from bot.answering.question_sets import QuestionSet
from bot.answering.retrieval import Place, Retriever
from bot.assembly.knowledge import Knowledge, open_knowledge
from bot.collecting.standing import move
from bot.console import Tell
from bot.settings import Settings
from storage.clock import utc_now
from storage.database import Database, sqlite_url
from storage.knowledge import Chunk, readable_chunks
from storage.pairs import Candidate, PairStatus, add_candidate

TEAM = "T1"
PLACE = Place(TEAM)
STORED_AT_ONCE = 500
Rankings = dict[str, list[list[str]]]


def measure_retrieval(questions: QuestionSet, settings: Settings, *, on_progress: Tell) -> dict[str, Any]:
    """Return the figures of each arm and of the fusion, in a data folder made for it.

    The documents become approved pairs of a workspace, and are indexed and searched by what the bot runs. `settings`
    name a model server that answers.
    """
    with TemporaryDirectory(prefix="timbre-retrieval-") as folder:
        scratch = settings.model_copy(update={"data": Path(folder), "database_url": sqlite_url(Path(folder))})
        database = Database(scratch.database)
        database.upgrade()
        knowledge = open_knowledge(scratch, database)
        try:
            ids = _store(database, questions, now=utc_now())
            steps = len(questions.corpus) + len(questions.relevance)
            knowledge.indexing.follow(lambda done: on_progress(done, steps, f"{done} documents indexed"))
            rankings = _rank(knowledge, questions, ids, steps, on_progress)
        finally:
            knowledge.index.close()
            database.close()
    relevance = list(questions.relevance.values())
    return {
        "arms": {arm: measures(found, relevance) for arm, found in rankings.items()},
        "queries": len(questions.relevance),
        "documents": len(questions.corpus),
    }


def _store(database: Database, questions: QuestionSet, *, now: datetime) -> dict[int, str]:
    """Store the documents as approved pairs; returns their ids by the pairs'."""
    ids: dict[int, str] = {}
    numbered = list(enumerate(questions.corpus.items()))
    for start in range(0, len(numbered), STORED_AT_ONCE):
        with database.writing() as session:
            for number, (id_, document) in numbered[start : start + STORED_AT_ONCE]:
                candidate = Candidate(
                    team_id=TEAM,
                    channel_id="C1",
                    channel_is_private=False,
                    thread_ts=f"{number}.0",
                    question_ts=f"{number}.0",
                    answer_ts=f"{number}.1",
                    question=document.question,
                    answer=document.answer,
                    asked_by="U1",
                    answered_by="U2",
                    permalink="",
                )
                pair = add_candidate(session, candidate, now=now)
                move(session, pair, PairStatus.APPROVED, approvals_needed=1, now=now)
                ids[pair.id] = id_
    return ids


def _rank(knowledge: Knowledge, questions: QuestionSet, ids: dict[int, str], steps: int, on_progress: Tell) -> Rankings:
    """Return what each arm ranks first for each question."""
    rankings: Rankings = {"dense": [], "lexical": [], "fusion": []}
    for done, query in enumerate(questions.relevance, start=1):
        for arm, ranking in _rank_one(knowledge.retriever, knowledge.database, questions.queries[query], ids).items():
            rankings[arm].append(ranking)
        on_progress(steps - len(questions.relevance) + done, steps, f"{done} questions asked")
    return rankings


def _rank_one(retriever: Retriever, database: Database, question: str, ids: dict[int, str]) -> dict[str, list[str]]:
    found = retriever.candidates(question, PLACE)
    hits = retriever.rank(found, PLACE, limit=DEPTH)
    with database.reading() as session:
        chunks = readable_chunks(session, found.dense.keys() | found.lexical.keys(), team_id=TEAM, channel_ids=())

    def named(chunks: Iterable[Chunk]) -> list[str]:
        return [ids[chunk.pair_id] for chunk in chunks if chunk.pair_id is not None]

    def of(arm: Sequence[int]) -> list[str]:
        return named(chunks[id_] for id_ in arm[:DEPTH])

    return {"dense": of([*found.dense]), "lexical": of([*found.lexical]), "fusion": named(hit.chunk for hit in hits)}
