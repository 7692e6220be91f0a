"""Events are kept before they are acknowledged, so that a crash after the acknowledgement loses none."""

import logging
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_bolt import App, BoltResponse

from storage import inbox
from storage.database import Database

logger = logging.getLogger(__name__)

KEPT = timedelta(days=1)
# Between the attempts at an event; after the last one it is given up.
FIRST_WAIT = timedelta(seconds=15)
WAITS_GROW_BY = 8


@dataclass(frozen=True)
class Route:
    """Where events of one type go: `handler(event, team_id)`, in the threads of `executor`."""

    handler: Callable[[dict[str, Any], str], None]
    executor: Executor


class EventInbox:
    """Hands each event to its handler once. `kept_of` says what is stored of one, None where it leads to nothing.

    `watchers` are told of events by type at once, each time they come: what they learn need not outlast a crash.

    Handlers run in threads of their own, never in Bolt's: those acknowledge commands and buttons, within three seconds.
    """

    def __init__(
        self,
        database: Database,
        routes: Mapping[str, Route],
        kept_of: Callable[[dict[str, Any]], dict[str, Any] | None],
        now: Callable[[], datetime],
        watchers: Mapping[str, Callable[[dict[str, Any]], None]] | None = None,
    ) -> None:
        self._database = database
        self._routes = routes
        self._kept_of = kept_of
        self._now = now
        self._watchers = dict(watchers or {})
        # Events that failed, by their id: what is not in here may be being handled right now.
        self._retry_at: dict[str, datetime] = {}

    def register(self, app: App) -> None:
        """Take every event before a listener of Bolt's is looked for."""
        app.use(self.keep)

    def keep(self, body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 (Bolt injects by this name)
        """Store an event and have it handled; one that came before, or leads to nothing, is only acknowledged."""
        if body.get("type") != "event_callback":
            return next()
        if watcher := self._watchers.get(body["event"]["type"]):
            watcher(body["event"])
        event = self._kept_of(body["event"]) if body["event"]["type"] in self._routes else None
        if event is not None:
            self.accept(event, event_id=body["event_id"], team_id=body["team_id"])
        return BoltResponse(status=200)

    def accept(self, event: dict[str, Any], *, event_id: str, team_id: str) -> None:
        """Store an event, as it is kept, and have it handled; one that came before is left alone."""
        kept = {"event_id": event_id, "team_id": team_id, "event": event}
        with self._database.writing() as session:
            is_new = inbox.receive(session, event_id, kept, now=self._now())
        if is_new:
            self._hand_over(kept)

    def replay(self) -> int:
        """Hand over again what a crash left unhandled; returns how many events.

        Call it before connecting: afterwards what is unhandled may be what is being handled right now.
        """
        with self._database.reading() as session:
            events = inbox.unhandled(session)
        for event in events:
            self._hand_over(event.payload)
        return len(events)

    def retry(self) -> int:
        """Hand over again what failed and has waited long enough; returns how many events."""
        now = self._now()
        due = {event_id for event_id, at in self._retry_at.copy().items() if at <= now}
        if not due:
            return 0
        with self._database.reading() as session:
            events = [event for event in inbox.unhandled(session) if event.event_id in due]
        for event_id in due:
            del self._retry_at[event_id]
        for event in events:
            self._hand_over(event.payload)
        return len(events)

    def forget_old(self) -> None:
        """Delete events that are over: Slack redelivers for minutes, not for a day."""
        with self._database.writing() as session:
            inbox.forget(session, received_before=self._now() - KEPT)

    def _hand_over(self, body: dict[str, Any]) -> None:
        self._routes[body["event"]["type"]].executor.submit(self._handle, body)

    def _handle(self, body: dict[str, Any]) -> None:
        """Hand an event to its handler; one that fails stays to be tried again, by this process or the next."""
        event_id, event = body["event_id"], body["event"]
        attempts = 1
        try:
            with self._database.writing() as session:
                attempts = inbox.start(session, event_id)
            self._routes[event["type"]].handler(event, body["team_id"])
            with self._database.writing() as session:
                inbox.finish(session, event_id, now=self._now())
        except Exception:
            logger.exception("event %s (%s) failed, id %s", event_id, event["type"], uuid.uuid4().hex[:8])
            self._retry_at[event_id] = self._now() + FIRST_WAIT * WAITS_GROW_BY ** (attempts - 1)
