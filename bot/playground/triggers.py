"""Short-lived permissions: Socket Mode tickets, trigger_ids and response_urls."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.playground.errors import SlackError

RESPONSE_LIFETIME_S = 30 * 60
RESPONSE_USES = 5

Monotonic = Callable[[], float]


class Tickets:
    """Each opens one Socket Mode connection, soon."""

    def __init__(self, lifetime: float, monotonic: Monotonic) -> None:
        self._lifetime = lifetime
        self._monotonic = monotonic
        self._issued: dict[str, float] = {}

    def issue(self) -> str:
        ticket = secrets.token_urlsafe(24)
        self._issued[ticket] = self._monotonic()
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Use a ticket up; False when it is unknown, used or old."""
        issued = self._issued.pop(ticket, None)
        return issued is not None and self._monotonic() - issued <= self._lifetime


@dataclass(frozen=True)
class Trigger:
    """Somebody did something: the app may answer with a modal."""

    team_id: str
    user_id: str
    issued: float
    view_id: str | None = None  # the modal it was done in
    used: bool = False


class Triggers:
    """trigger_ids, each good for one modal within seconds."""

    def __init__(self, lifetime: float, monotonic: Monotonic) -> None:
        self._lifetime = lifetime
        self._monotonic = monotonic
        self._issued: dict[str, Trigger] = {}

    def issue(self, team_id: str, user_id: str, *, view_id: str | None = None) -> str:
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = Trigger(team_id, user_id, self._monotonic(), view_id)
        if len(self._issued) > 1000:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def redeem(self, trigger_id: str, team_id: str) -> Trigger:
        """Use a trigger up; raises SlackError `invalid_trigger_id`, `expired_trigger_id` or `exchanged_trigger_id`."""
        trigger = self._issued.get(trigger_id)
        if trigger is None or trigger.team_id != team_id:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._monotonic() - trigger.issued > self._lifetime:
            raise SlackError("expired_trigger_id")
        self._issued[trigger_id] = replace(trigger, used=True)
        return trigger


@dataclass(frozen=True)
class ResponseTarget:
    """Where an answer to a response_url goes. `message_ts` is the message that was clicked."""

    team_id: str
    channel_id: str
    user_id: str
    expires: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses_left: int = RESPONSE_USES


class ResponseUrls:
    """response_urls, good for five answers within half an hour."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._targets: dict[str, ResponseTarget] = {}

    def issue(
        self,
        team_id: str,
        channel_id: str,
        user_id: str,
        *,
        message_ts: str | None = None,
        thread_ts: str | None = None,
    ) -> str:
        """Return the path of a new response_url."""
        path = f"/response/{team_id}/{secrets.token_hex(12)}"
        expires = self._monotonic() + RESPONSE_LIFETIME_S
        self._targets[path] = ResponseTarget(team_id, channel_id, user_id, expires, message_ts, thread_ts)
        if len(self._targets) > 2000:
            del self._targets[next(iter(self._targets))]
        return path

    def redeem(self, path: str) -> ResponseTarget:
        """Use one of an URL's answers up; raises SlackError `used_url` or `expired_url`."""
        target = self._targets.get(path)
        if target is None or target.uses_left <= 0:
            raise SlackError("used_url")
        if self._monotonic() > target.expires:
            raise SlackError("expired_url")
        self._targets[path] = replace(target, uses_left=target.uses_left - 1)
        return target
