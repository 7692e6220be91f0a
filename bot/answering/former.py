"""What answers until the embedder in use has embedded every passage: the former one's index, or words."""

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

from bot.answering.embedding import Embed
from bot.answering.reranking import Reranked
from storage.database import Database
from storage.vectors import VectorIndex
from training.voices import VoiceServerError

logger = logging.getLogger(__name__)


class FormerIndex:
    """Searches by the former embedder; where there is none, by words, and ranks what they find by the one in use."""

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
        """Return cosine similarity by chunk id, best first; None where the index in use is the one to ask."""
        where: dict[str, Any] = {"team_id": team_id, "channel_ids": channel_ids, "limit": limit}
        if (former := self._index.former) is None:
            return None if self._index.is_whole else self._by_words(question, **where)
        try:
            vector = self._embed_by(former, [question])[0]
        except VoiceServerError as err:
            self._tell(former, err)
            return self._by_words(question, **where)
        return self._index.search_former(vector, **where)

    def _by_words(self, question: str, **where: Any) -> dict[int, float]:
        words = Reranked(self._database, question, self._embed)
        return words.search(self._embed([question])[0], **where)

    def _tell(self, former: str, err: VoiceServerError) -> None:
        if former not in self._told:
            self._told.add(former)
            logger.warning(
                "%s can't embed questions any more (%s): until every passage is embedded anew, they are found by "
                "their words alone",
                former,
                err,
            )
