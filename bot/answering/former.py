"""The index of the embedder before, which answers until the one in use has embedded every passage."""

import logging
from collections.abc import Callable, Collection, Sequence

from bot.answering.embedding import Embed
from bot.answering.reranking import Reranked
from storage.database import Database
from storage.vectors import VectorIndex
from training.voices import VoiceServerError

logger = logging.getLogger(__name__)


class FormerIndex:
    """Searches by the former embedder; where that is gone, by words, and ranks what they find by the one in use."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        embed_by: Callable[[str, Sequence[str]], list[list[float]]],
        embed: Embed,
    ) -> None:
        self._database = database
        self._index = index
        self._embed_by = embed_by
        self._embed = embed
        self._told: set[str] = set()

    def search(
        self, question: str, *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float] | None:
        """Return cosine similarity by chunk id, best first; None when there is no former index to ask any more."""
        if (former := self._index.former) is None:
            return None
        try:
            vector = self._embed_by(former, [question])[0]
        except VoiceServerError as err:
            self._tell(former, err)
            words = Reranked(self._database, question, self._embed)
            return words.search(self._embed([question])[0], team_id=team_id, channel_ids=channel_ids, limit=limit)
        return self._index.search_former(vector, team_id=team_id, channel_ids=channel_ids, limit=limit)

    def _tell(self, former: str, err: VoiceServerError) -> None:
        if former not in self._told:
            self._told.add(former)
            logger.warning(
                "%s can't embed questions any more (%s): until every passage is embedded anew, they are found by "
                "their words alone",
                former,
                err,
            )
