"""App Home."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from bot.blocks.home import Welcome, home
from bot.blocks.pair_button import Key, PairButton
from bot.collecting.people import People
from bot.collecting.queue import Queue
from bot.collecting.readers import PairReaders
from bot.slack.payloads import ReviewClick
from bot.steering.collecting import opted_out
from storage.database import Database
from storage.pairs import PairStatus
from storage.relations import count_of_person


class Home:
    """Shows each person theirs. `suggest(user, channel)` offers questions to ask."""

    def __init__(
        self,
        client: WebClient,
        database: Database,
        people: People,
        queue: Queue,
        readers: PairReaders,
        suggest: Callable[[str, str], None],
        *,
        team_id: str,
    ) -> None:
        self._client = client
        self._database = database
        self._people = people
        self._queue = queue
        self._readers = readers
        self._suggest = suggest
        self._team_id = team_id

    def opened(self, event: dict[str, Any], team_id: str) -> None:
        """Show somebody their page when they open it, or questions to begin with where they talk with Timbre."""
        if event["tab"] == "home":
            self.publish(event["user"])
        elif event.get("channel"):
            self._suggest(event["user"], event["channel"])

    def publish(
        self,
        user_id: str,
        *,
        after: Key | None = None,
        note: str = "",
        undo: tuple[PairButton, ...] = (),
        about_them: str = "",
    ) -> None:
        """Show somebody their page as it is now. `note` and `undo` are about the queue."""
        is_reviewer = self._readers.is_reviewer(user_id)
        page = self._queue.page(user_id, after=after, note=note, undo=undo) if is_reviewer else None
        with self._database.reading() as session:
            theirs = count_of_person(session, team_id=self._team_id, user_id=user_id)
        welcome = Welcome(
            approved=theirs.get(PairStatus.APPROVED, 0),
            waiting=theirs.get(PairStatus.CANDIDATE, 0),
            has_opted_out=self._people.has_opted_out(team_id=self._team_id, user_id=user_id),
            page=page,
            note=about_them or ("" if page else note),
        )
        self._client.views_publish(user_id=user_id, view=home(welcome))

    def opt_out(self, ack: Ack, body: dict[str, Any]) -> None:
        """Collect nothing of somebody from now on."""
        ack()
        user_id = ReviewClick.from_payload(body).user_id
        erased = self._people.opt_out(team_id=self._team_id, user_id=user_id)
        self.publish(user_id, about_them=opted_out(erased))

    def opt_in(self, ack: Ack, body: dict[str, Any]) -> None:
        """Collect somebody's messages again."""
        ack()
        user_id = ReviewClick.from_payload(body).user_id
        self._people.opt_in(team_id=self._team_id, user_id=user_id)
        self.publish(user_id, about_them="I learn from you again. What was erased stays erased.")
