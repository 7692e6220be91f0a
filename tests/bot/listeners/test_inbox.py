"""Events are kept before they are acknowledged and handled once, through real Bolt."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_bolt import App, BoltRequest

from bot.listeners.inbox import FIRST_WAIT, EventInbox, Route
from storage import inbox
from storage.database import Database
from storage.tables import InboxRow
from tests.bot.conftest import NOW, TEAM, Clock
from tests.playground_server import RunningPlayground, wait_until


class Desk:
    """An inbox behind a Bolt app. `seen`: the events that reached a handler."""

    def __init__(self, database: Database, town: RunningPlayground, clock: Clock) -> None:
        self.seen: list[str] = []
        self.fails = False
        self.seconds = 0.0
        self.database = database
        self._executor = ThreadPoolExecutor(1)
        routes = {"app_mention": Route(self._handle, self._executor)}
        self.inbox = EventInbox(database, routes, lambda event: None if "talk" in event else event, clock)
        self._app = App(client=town.web, listener_executor=ThreadPoolExecutor(1))
        self.inbox.register(self._app)

    def receive(self, event_id: str, **event: Any) -> int:
        """Hand over an event as Socket Mode does; returns the status it is acknowledged with."""
        inner = {"type": "app_mention", "ts": "1.0", "channel": "CHELP", "user": "UTOM", "text": "abracadabra", **event}
        body = {"type": "event_callback", "event_id": event_id, "team_id": TEAM, "event": inner}
        return self._app.dispatch(BoltRequest(body=body, mode="socket_mode")).status

    def rest(self) -> None:
        """Wait until nothing is being handled."""
        self._executor.submit(lambda: None).result()  # there is one thread, and what came first is handled first

    def row(self, event_id: str) -> InboxRow | None:
        with self.database.reading() as session:
            return session.get(InboxRow, event_id)

    def _handle(self, event: dict[str, Any], team_id: str) -> None:
        assert team_id == TEAM
        time.sleep(self.seconds)
        self.seen.append(event["ts"])
        if self.fails:
            raise RuntimeError("out of luck")


@pytest.fixture
def desk(database: Database, town: RunningPlayground, clock: Clock) -> Desk:
    return Desk(database, town, clock)


def test_an_event_is_handled_once_however_often_it_is_delivered(desk: Desk) -> None:
    assert [desk.receive("Ev1") for _ in range(3)] == [200, 200, 200]
    desk.rest()

    assert desk.seen == ["1.0"]


def test_what_an_event_said_is_dropped_once_it_was_handled(desk: Desk) -> None:
    desk.receive("Ev1")
    desk.rest()

    row = desk.row("Ev1")
    assert row is not None
    assert (row.payload, row.handled_at, row.attempts) == (None, NOW, 1)


@pytest.mark.parametrize("event", [{"talk": True}, {"type": "channel_created"}])
def test_an_event_that_leads_to_nothing_is_acknowledged_and_not_kept(desk: Desk, event: dict[str, Any]) -> None:
    assert desk.receive("Ev1", **event) == 200
    desk.rest()

    assert desk.seen == []
    assert desk.row("Ev1") is None


def test_an_event_that_was_acknowledged_and_not_handled_is_taken_up_at_the_next_start(
    desk: Desk, database: Database, town: RunningPlayground, clock: Clock
) -> None:
    desk.fails = True
    desk.receive("Ev1")
    desk.rest()

    second = Desk(database, town, clock)
    assert second.inbox.replay() == 1
    second.rest()
    third = Desk(database, town, clock)
    assert third.inbox.replay() == 0

    assert second.seen == ["1.0"]


def test_an_event_that_failed_for_a_passing_reason_is_tried_again_before_the_next_start(
    desk: Desk, clock: Clock
) -> None:
    desk.fails = True
    desk.receive("Ev1")
    desk.rest()
    desk.fails = False
    assert desk.inbox.retry() == 0

    clock.move_on(seconds=FIRST_WAIT.total_seconds())
    assert [desk.inbox.retry() for _ in range(2)] == [1, 0]
    desk.rest()

    assert desk.seen == ["1.0", "1.0"]
    row = desk.row("Ev1")
    assert row is not None
    assert (row.attempts, row.payload) == (2, None)


def test_an_event_that_is_being_handled_is_not_handed_over_again(desk: Desk, clock: Clock) -> None:
    desk.seconds = 0.3
    desk.receive("Ev1")
    clock.move_on(hours=1)

    assert desk.inbox.retry() == 0
    desk.rest()
    assert desk.seen == ["1.0"]


def test_each_attempt_waits_longer_and_the_third_is_the_last(desk: Desk, clock: Clock) -> None:
    desk.fails = True
    desk.receive("Ev1")
    waits = []
    for _ in range(2):
        desk.rest()
        seconds = 0
        while not desk.inbox.retry():
            clock.move_on(seconds=5)
            seconds += 5
        waits.append(seconds)
    desk.rest()
    clock.move_on(days=1)

    assert waits == [15, 120]
    assert desk.inbox.retry() == 0
    assert len(desk.seen) == 3


def test_an_event_that_is_replayed_and_delivered_again_is_handled_once(
    desk: Desk, database: Database, town: RunningPlayground, clock: Clock
) -> None:
    desk.fails = True
    desk.receive("Ev1")
    desk.rest()

    second = Desk(database, town, clock)
    second.inbox.replay()
    second.receive("Ev1")
    second.rest()

    assert second.seen == ["1.0"]


def test_an_event_that_always_fails_is_given_up_after_three_attempts(
    database: Database, town: RunningPlayground, clock: Clock
) -> None:
    replayed = []
    for number in range(5):
        desk = Desk(database, town, clock)
        desk.fails = True
        if number == 0:
            desk.receive("Ev1")
        else:
            replayed.append(desk.inbox.replay())
        desk.rest()

    assert replayed == [1, 1, 0, 0]


def test_a_failure_is_logged_with_an_id_and_without_the_event(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.fails = True
    desk.receive("Ev1")
    desk.rest()

    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert "Ev1 (app_mention) failed, id " in record.getMessage()
    assert "abracadabra" not in caplog.text


def test_an_event_is_acknowledged_before_it_is_handled(desk: Desk) -> None:
    desk.seconds = 0.3
    desk.receive("Ev1")

    assert desk.seen == []
    wait_until(lambda: desk.seen == ["1.0"], "the event is handled")


def test_old_events_are_forgotten_with_what_they_said(desk: Desk, clock: Clock) -> None:
    desk.receive("Ev1")
    desk.rest()
    clock.move_on(days=30)

    desk.inbox.forget_old()

    assert desk.row("Ev1") is None
    with desk.database.reading() as session:
        assert inbox.unhandled(session) == []
