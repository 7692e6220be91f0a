"""Questions to begin with: some that approved answers answer, which this person may read."""

from bot.answering.places import Audience, Places
from bot.collecting.exchanges import is_question
from storage.database import Database
from storage.knowledge import latest_pair_chunks

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
        scope = self._places.scope(Audience(team_id, channel_id, only=user_id), fresh=True)
        is_kept_out = self._places.keeps_out(scope, fresh=True)
        with self._database.reading() as session:
            latest = latest_pair_chunks(session, team_id=team_id, channel_ids=scope.place.channel_ids, limit=LOOKED_AT)
        asked = (chunk.title for chunk in latest if not is_kept_out(chunk))
        short = [title for title in asked if len(title) <= LONGEST and "[" not in title and is_question(title)]
        return tuple(dict.fromkeys(short))[: self._limit] or NOTHING_YET
