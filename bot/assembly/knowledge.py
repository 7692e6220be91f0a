"""The database, the index, and what searches and fills them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.answering.answerer import Answerer, AnswerLimits
from bot.answering.former import FormerIndex
from bot.answering.indexing import Indexing
from bot.answering.models import Models
from bot.answering.retrieval import Retriever
from bot.connecting import StartError
from bot.settings import Settings
from storage.clock import utc_now
from storage.database import Database
from storage.vectors import VectorIndex
from storage.workspaces import other_workspaces


@dataclass(frozen=True)
class Knowledge:
    """The database and the index, with what searches and fills them."""

    database: Database
    index: VectorIndex
    models: Models
    retriever: Retriever
    indexing: Indexing
    answerer: Answerer


def open_database(settings: Settings, *, team_id: str) -> Database:
    """Return the database of a workspace at its newest revision.

    Raises `storage.database.DatabaseError`, or `StartError` when it serves another workspace; that one is left alone.
    """
    database = Database(settings.database)
    if others := other_workspaces(database, team_id=team_id):
        database.close()
        raise StartError(
            f"{database.safe_url} belongs to another workspace ({', '.join(others.values())}): give this one a folder "
            "of its own with --data or TIMBRE_DATA, and a database of its own where TIMBRE_DATABASE_URL is set"
        )
    database.upgrade()
    return database


def models_of(settings: Settings) -> Models:
    """Return the model server of the settings."""
    return Models(
        url=settings.models_url,
        api_key=settings.models_api_key.get_secret_value(),
        embedding_model=settings.embedding_model,
        embedding_url=settings.embedding_url,
        embedding_api_key=settings.embedding_api_key.get_secret_value(),
        timeout_s=settings.model_timeout_s,
        answer_timeout_s=settings.answer_timeout_s,
    )


def open_knowledge(settings: Settings, database: Database, *, now: Callable[[], datetime] = utc_now) -> Knowledge:
    """Open the index and what stands on it. Raises `storage.index_folder.IndexInUseError`."""
    models = models_of(settings)
    index = VectorIndex(settings.data / "index", embedder=settings.embedding_model)
    former = FormerIndex(database, index, models.embed_by, models.embed)
    retriever = Retriever(database, index, models.embed, former)
    indexing = Indexing(database, index, models.embed, retriever, passages=settings.passages, now=now)
    answerer = answerer_of(settings, database, retriever, models, now=now)
    return Knowledge(database, index, models, retriever, indexing, answerer)


def answerer_of(
    settings: Settings,
    database: Database,
    retriever: Retriever,
    models: Models,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Answerer:
    """Return what answers questions from `retriever`'s passages."""
    limits = AnswerLimits(
        settings.passages,
        settings.min_similarity,
        settings.max_answer_tokens,
        settings.history_tokens,
        settings.answer_examples,
    )
    return Answerer(
        database,
        retriever,
        models,
        limits,
        base_name=settings.base_model_name,
        house_style=settings.house_style_summary(),
        now=now,
        model=settings.answer_model,
    )
