"""Questions to begin with: some that approved answers answer, which this person may read."""

from bot.answering.places import Audience, Places, Scope
from bot.collecting.exchanges import is_question
from storage.database import Database
from storage.knowledge import Chunk, latest_pair_chunks

LOOKED_AT = 40
LONGEST = 120
NOTHING_YET = ("What can you help me with?",)


class Suggestions:
    """Offers nothing from where somebody can't look."""

    def __init__(self, database: Database, places: Places, *, limit: int) -> None:
        self._database = database
        self._places = places
        self._limit = limit

    def for_person(self, *, team_id: str, user_id: str, channel_id: str) -> tuple[str, ...]:
        """Return a few questions. Raises `UnreadableError` where Slack does not say who reads along."""
        audience = Audience(team_id, channel_id, only=user_id)
        for is_fresh in (False, True):
            chosen = self._chosen(self._places.scope(audience, fresh=is_fresh), is_fresh=is_fresh)
            if self._places.still_allows(audience, [chunk.id for chunk in chosen]):
                return tuple(chunk.title for chunk in chosen) or NOTHING_YET
        return NOTHING_YET

    def _chosen(self, scope: Scope, *, is_fresh: bool) -> list[Chunk]:
        """Return the latest that fit, one of each title."""
        place, is_kept_out = scope.place, self._places.keeps_out(scope, fresh=is_fresh)
        with self._database.reading() as session:
            latest = latest_pair_chunks(session, team_id=place.team_id, channel_ids=place.channel_ids, limit=LOOKED_AT)
        chosen: dict[str, Chunk] = {}
        for chunk in latest:
            fits = len(chunk.title) <= LONGEST and "[" not in chunk.title and is_question(chunk.title)
            if fits and chunk.title not in chosen and not is_kept_out(chunk):
                chosen[chunk.title] = chunk
            if len(chosen) == self._limit:
                break
        return list(chosen.values())
