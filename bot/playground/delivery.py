"""Getting envelopes to the bot: each to one connection, again when nobody acknowledges, later when nobody is there."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import uuid4

from bot.playground.entities import Json
from bot.playground.faults import Faults
from bot.playground.store import Store
from bot.playground.subscriptions import event_name

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 10

_COMMIT_DELAY_S = 0.2

Kind = Literal["events_api", "slash_commands", "interactive"]
OnDone = Callable[[bool, Json | None], None]  # acknowledged, and what came with the acknowledgement


@dataclass(frozen=True)
class Timings:
    """How long Slack waits, in seconds."""

    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    trigger_lifetime: float = 3.0
    ticket_lifetime: float = 60.0


class Link(Protocol):
    """One way to the bot: a Socket Mode connection, or HTTP mode's request URL."""

    def put(self, frame: Json) -> None: ...
    def warn(self, reason: str) -> None: ...
    def end(self) -> None: ...


@dataclass
class Shipment:
    """One payload on its way, through however many envelopes it takes."""

    key: str
    kind: Kind
    payload: Json
    on_done: OnDone | None = None
    attempt: int = 0
    reason: str = "timeout"  # why it comes again
    link: Link | None = None
    timer: asyncio.TimerHandle | None = None
    done: bool = False
    envelope_ids: list[str] = field(default_factory=list)

    @property
    def is_event(self) -> bool:
        return self.kind == "events_api"


class Delivery:
    """Sends in order, round-robin over the links. Events wait and are sent again; the rest is tried once."""

    def __init__(self, *, store: Store, timings: Timings, faults: Faults, on_links: Callable[[], None]) -> None:
        self.links: list[Link] = []
        self._store = store
        self.timings = timings
        self._faults = faults
        self._on_links = on_links
        self._waiting: deque[Shipment] = deque()
        self._by_envelope: dict[str, Shipment] = {}
        self._turn = 0
        self._count = 0
        self._commit_timer: asyncio.TimerHandle | None = None
        self._held: Shipment | None = None  # by the trouble called "reorder"

    def restore(self) -> None:
        """Take up the events that an earlier start had not seen acknowledged."""
        for key, record in self._store.load("outgoing"):
            self._waiting.append(Shipment(key, "events_api", record["payload"], attempt=record["attempt"]))
            self._count = max(self._count, int(key))

    @property
    def waiting(self) -> int:
        """How many payloads wait for a connection."""
        return len(self._waiting)

    def send(self, kind: Kind, payload: Json, on_done: OnDone | None = None) -> None:
        """Put a payload on its way. Needs the running event loop."""
        self._count += 1
        shipment = Shipment(f"{self._count:012d}", kind, payload, on_done)
        if shipment.is_event:
            self._remember(shipment)
        else:
            # A person is waiting, so the time without a connection counts too.
            loop = asyncio.get_running_loop()
            shipment.timer = loop.call_later(self.timings.ack_timeout, self._finish, shipment, False, None)
        if shipment.is_event and self._faults.for_event("reorder") and self._held is None:
            self._held = shipment
            asyncio.get_running_loop().call_later(self.timings.ack_timeout / 2, self._release)
            return
        self._dispatch(shipment)
        self._release()

    def add(self, link: Link) -> None:
        """Use a link from now on; what has been waiting goes out at once."""
        self.links.append(link)
        self._on_links()
        waiting, self._waiting = self._waiting, deque()
        for shipment in waiting:
            self._dispatch_late(shipment)

    def remove(self, link: Link) -> None:
        """Stop using a link. Events it took and did not acknowledge go to another, or wait for one."""
        if link not in self.links:
            return
        self.links.remove(link)
        self._on_links()
        lost = {shipment.key: shipment for shipment in self._by_envelope.values() if shipment.link is link}
        for key in sorted(lost):
            if lost[key].is_event:
                self._stop_timer(lost[key])
                self._dispatch_late(lost[key])

    def acknowledge(self, envelope_id: str, response: Json | None) -> bool:
        """Note an acknowledgement, late ones and those of earlier tries too; False for an unknown envelope."""
        shipment = self._by_envelope.get(envelope_id)
        if shipment is None:
            return False
        self._finish(shipment, True, response)
        return True

    def refuse(self, envelope_id: str, reason: str, *, again: bool = True) -> None:
        """Note that the bot took an envelope and failed: an event comes again without waiting, unless unwanted."""
        shipment = self._by_envelope.get(envelope_id)
        # Only the latest try counts; for an earlier one another is on its way.
        if shipment is None or envelope_id != shipment.envelope_ids[-1]:
            return
        self._stop_timer(shipment)
        if shipment.is_event and again:
            self._try_again(shipment, reason)
        else:
            self._finish(shipment, False, None)

    def _dispatch(self, shipment: Shipment) -> None:
        if shipment.done:
            return
        if not self.links:
            shipment.link = None
            self._waiting.append(shipment)
            return
        self._turn += 1
        link = self.links[self._turn % len(self.links)]
        shipment.link = link
        if shipment.is_event:
            self._dispatch_event(shipment, link)
        else:
            self._transmit(shipment, link, self._faults.delay_s)

    def _dispatch_event(self, shipment: Shipment, link: Link) -> None:
        late = self._faults.for_event("delay")
        delay_s = self._faults.delay_s + (late.delay_s if late else 0)
        timeout = self.timings.ack_timeout + delay_s
        shipment.timer = asyncio.get_running_loop().call_later(timeout, self._try_again, shipment, "timeout")
        if self._faults.for_event("drop"):
            link.end()  # in place of sending it: it then goes to another connection, or comes again
            return
        for _ in range(2 if self._faults.for_event("duplicate") else 1):
            self._transmit(shipment, link, delay_s)

    def _dispatch_late(self, shipment: Shipment) -> None:
        # Slack's first try found nobody, so what the bot gets is a retry: one that drops retries loses it.
        if shipment.is_event and self.links:
            shipment.attempt = max(1, shipment.attempt)
        self._dispatch(shipment)

    def _transmit(self, shipment: Shipment, link: Link, delay_s: float) -> None:
        envelope_id = str(uuid4())
        shipment.envelope_ids.append(envelope_id)
        self._by_envelope[envelope_id] = shipment
        frame: Json = {
            "envelope_id": envelope_id,
            "payload": shipment.payload,
            "type": shipment.kind,
            "accepts_response_payload": not shipment.is_event,
        }
        if shipment.is_event:
            frame |= {"retry_attempt": shipment.attempt, "retry_reason": shipment.reason if shipment.attempt else ""}
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, link.put, frame)
        else:
            link.put(frame)

    def _try_again(self, shipment: Shipment, reason: str) -> None:
        if shipment.attempt >= len(self.timings.retry_delays):
            name = event_name(shipment.payload["event"])
            logger.warning("The bot acknowledged %s in none of %d tries; gave up", name, shipment.attempt + 1)
            self._finish(shipment, False, None)
            return
        delay = self.timings.retry_delays[shipment.attempt]
        shipment.attempt += 1
        shipment.reason = reason
        shipment.link = None
        self._remember(shipment)
        self._store.commit()
        shipment.timer = asyncio.get_running_loop().call_later(delay, self._dispatch, shipment)

    def _finish(self, shipment: Shipment, acknowledged: bool, response: Json | None) -> None:
        if shipment.done:
            return
        shipment.done = True
        self._stop_timer(shipment)
        if shipment in self._waiting:
            self._waiting.remove(shipment)
        for envelope_id in shipment.envelope_ids:
            self._by_envelope.pop(envelope_id, None)
        if shipment.is_event:
            self._store.drop("outgoing", shipment.key)
        if shipment.on_done is None:
            # Nothing hurries: a kill before the next commit means that the event comes once more, as it may in Slack.
            self._commit_soon()
        else:
            shipment.on_done(acknowledged, response)
            self._store.commit()

    def _commit_soon(self) -> None:
        if self._commit_timer is None:
            self._commit_timer = asyncio.get_running_loop().call_later(_COMMIT_DELAY_S, self._commit)

    def _commit(self) -> None:
        self._commit_timer = None
        self._store.commit()

    def _remember(self, shipment: Shipment) -> None:
        self._store.put("outgoing", shipment.key, {"payload": shipment.payload, "attempt": shipment.attempt})

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._dispatch(held)

    @staticmethod
    def _stop_timer(shipment: Shipment) -> None:
        if shipment.timer is not None:
            shipment.timer.cancel()
            shipment.timer = None
