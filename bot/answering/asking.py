"""A question from the command line, whether the bot runs beside it or not."""

from bot.answering.answered import Answered
from bot.answering.answerer import Permitted
from bot.answering.reranking import Reranked
from bot.answering.retrieval import Place, Retriever
from bot.assembly.knowledge import answerer_of, models_of, open_knowledge
from bot.settings import Settings
from storage.database import Database
from storage.index_folder import IndexInUseError


def ask_once(settings: Settings, database: Database, question: str, *, team_id: str) -> Answered:
    """Answer from what everybody in the workspace may know."""
    permitted = Permitted(Place(team_id))
    try:
        knowledge = open_knowledge(settings, database)
    except IndexInUseError:
        models = models_of(settings)
        retriever = Retriever(database, Reranked(database, question, models.embed), models.embed)
        return answerer_of(settings, database, retriever, models).answer(question, permitted)
    try:
        knowledge.indexing.check()
        knowledge.indexing.check_embedder()
        knowledge.indexing.follow()
        return knowledge.answerer.answer(question, permitted)
    finally:
        knowledge.index.close()
