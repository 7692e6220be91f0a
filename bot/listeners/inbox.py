"""Events are kept before they are acknowledged, so that a crash after the acknowledgement loses none."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse

from storage import inbox
from storage.database import Database

logger = logging.getLogger(__name__)

KEPT = timedelta(days=1)

Handler = Callable[[dict[str, Any], str], None]


class EventInbox:
    """Hands each event to its handler once: `handler(event, team_id)`."""

    def __init__(
        self,
        database: Database,
        handlers: dict[str, Handler],
        concerns_us: Callable[[dict[str, Any]], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._concerns_us = concerns_us
        self._now = now
        self._left_behind: set[str] = set()

    def register(self, app: App) -> None:
        """Listen to every event there is a handler for."""
        app.use(self.keep)
        for event_type in self._handlers:
            app.event(event_type)(self.handle)

    def keep(self, body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 (Bolt injects by this name)
        """Store an event; one that came before, or leads to nothing, is acknowledged and goes no further."""
        if body.get("type") == "event_callback":
            if body["event"]["type"] not in self._handlers or not self._concerns_us(body["event"]):
                return BoltResponse(status=200)
            event_id = body["event_id"]
            with self._database.writing() as session:
                is_new = inbox.receive(session, event_id, body, now=self._now())
            if not is_new and not self._is_left_behind(event_id):
                return BoltResponse(status=200)
        return next()

    def handle(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Hand an event to its handler; one that fails stays to be tried again at the next start."""
        event_id = body["event_id"]
        with self._database.writing() as session:
            inbox.start(session, event_id)
        try:
            self._handlers[event["type"]](event, body["team_id"])
        except Exception:
            logger.exception("event %s (%s) failed, id %s", event_id, event["type"], uuid.uuid4().hex[:8])
            return
        with self._database.writing() as session:
            inbox.finish(session, event_id, now=self._now())

    def forget_old(self) -> None:
        """Delete events that are over: Slack redelivers for minutes, not for a day."""
        with self._database.writing() as session:
            inbox.forget(session, received_before=self._now() - KEPT)

    def _is_left_behind(self, event_id: str) -> bool:
        """Return whether an event is one that is replayed: true once, for Slack may still deliver it again."""
        try:
            self._left_behind.remove(event_id)
        except KeyError:
            return False
        return True

    def replay(self, app: App) -> int:
        """Hand over again what a crash left unhandled; returns how many events.

        Call it before connecting: afterwards what is unhandled may be what is being handled right now.
        """
        with self._database.reading() as session:
            events = inbox.unhandled(session)
        self._left_behind = {event.event_id for event in events}
        for event in events:
            app.dispatch(BoltRequest(body=event.payload, mode="socket_mode"))
        return len(events)
