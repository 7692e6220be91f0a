"""Trouble on order, so that a bot can be tried against a bad day: wrong answers, late, doubled, swapped, cut events."""

import random
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.keys import refuse_unknown

EVENT_TROUBLES = ("delay", "drop", "duplicate", "reorder")


@dataclass
class Turns:
    """When trouble strikes: so many times, or at random in a share of cases, or both."""

    calls_left: int | None
    rate: float | None
    random: random.Random

    def strikes(self) -> bool:
        """Say whether it is this one's turn, and count it."""
        if self.rate is not None and self.random.random() >= self.rate:
            return False
        if self.calls_left is not None:
            if self.calls_left <= 0:
                return False
            self.calls_left -= 1
        return True


@dataclass(frozen=True)
class ApiFault:
    """Answer calls of `method` (a pattern) with `answer`, or late; `carried_out` ones take effect all the same."""

    method: str
    answer: str
    retry_after: int
    delay_s: float
    carried_out: bool
    turns: Turns

    def describe(self) -> Json:
        """Return the rule as it was ordered, with the calls that are left."""
        waits: dict[str, Json] = {"ratelimited": {"retry_after": self.retry_after}, "delay": {"delay_s": self.delay_s}}
        described: Json = {"method": self.method, "answer": self.answer, **waits.get(self.answer, {})}
        return described | ({"carried_out": True} if self.carried_out else {}) | _described(self.turns)


@dataclass(frozen=True)
class EventFault:
    """What happens to an event on its way."""

    trouble: str
    delay_s: float
    turns: Turns

    def describe(self) -> Json:
        """Return the rule as it was ordered, with the calls that are left."""
        waits = {"delay_s": self.delay_s} if self.trouble == "delay" else {}
        return {"trouble": self.trouble, **waits, **_described(self.turns)}


class Faults:
    """What trouble is in force."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self._api: list[ApiFault] = []
        self._events: list[EventFault] = []

    def clear(self) -> None:
        """End all trouble."""
        self.delay_s = 0.0
        self._api, self._events = [], []

    def order(self, wish: Json) -> None:
        """Add the trouble in `wish`; raises SlackError `invalid_arguments`, and then none of it is in force."""
        try:
            api = [_api_fault(rule) for rule in wish.get("api") or []]
            events = [_event_fault(rule) for rule in wish.get("events") or []]
            short = {trouble: int(wish.get(trouble) or 0) for trouble in ("duplicate", "reorder")}
            events += [_event_fault({"trouble": name, "calls": calls}) for name, calls in short.items() if calls]
            delay_s = _seconds(wish.get("delay_s", self.delay_s))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as err:
            raise SlackError("invalid_arguments", f"Not a description of trouble: {err}.") from err
        self.delay_s = delay_s
        self._api += api
        self._events += events

    def describe(self) -> Json:
        """Return what is in force, in the shape `order` takes."""
        self._api = [rule for rule in self._api if rule.turns.calls_left != 0]
        self._events = [rule for rule in self._events if rule.turns.calls_left != 0]
        return {
            "api": [rule.describe() for rule in self._api],
            "events": [rule.describe() for rule in self._events],
            "delay_s": self.delay_s,
        }

    def for_call(self, method: str) -> ApiFault | None:
        """Return the fault that an API call meets, if any."""
        fitting = (rule for rule in self._api if fnmatchcase(method, rule.method))
        return next((rule for rule in fitting if rule.turns.strikes()), None)

    def for_event(self, trouble: str) -> EventFault | None:
        """Return the trouble of that kind that the next event meets, if any."""
        fitting = (rule for rule in self._events if rule.trouble == trouble)
        return next((rule for rule in fitting if rule.turns.strikes()), None)


def _api_fault(rule: Json) -> ApiFault:
    _check_rule(rule, "api", ("method", "answer"), ("retry_after", "delay_s", "carried_out"))
    answer = str(rule["answer"])
    if answer.startswith("http_") and not 400 <= int(answer.removeprefix("http_")) <= 599:
        raise ValueError(f"{answer} is no failure; there are http_400 to http_599")
    return ApiFault(
        method=str(rule["method"]),
        answer=answer,
        retry_after=int(rule.get("retry_after", 1)),
        delay_s=_seconds(rule.get("delay_s", 0)),
        carried_out=bool(rule.get("carried_out", False)),
        turns=_turns(rule),
    )


def _event_fault(rule: Json) -> EventFault:
    _check_rule(rule, "events", ("trouble",), ("delay_s",))
    trouble = str(rule["trouble"])
    if trouble not in EVENT_TROUBLES:
        raise ValueError(f"{trouble!r} is none of {', '.join(EVENT_TROUBLES)}")
    return EventFault(trouble, _seconds(rule.get("delay_s", 0)), _turns(rule))


def _check_rule(rule: Json, name: str, needed: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Raise SlackError for a rule that lacks a key, or has one that is not known."""
    if not isinstance(rule, dict):
        raise SlackError("invalid_arguments", f"{name} is a list of objects.")
    refuse_unknown(rule, (*needed, *other, "calls", "rate", "seed"), f"An entry of {name!r}")
    for key in needed:
        if not rule.get(key):
            raise SlackError("invalid_arguments", f"An entry of {name!r} needs {key!r}; see docs/playground.md.")


def _turns(rule: Json) -> Turns:
    rate = None if rule.get("rate") is None else float(rule["rate"])
    if rate is not None and not 0 <= rate <= 1:
        raise ValueError("a rate is a number from 0 to 1")
    wanted = rule.get("calls")
    calls = (1 if rate is None else None) if wanted is None else int(wanted)
    return Turns(calls, rate, random.Random(rule.get("seed", 0)))  # noqa: S311  repeatable by design, no secret


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds <= 60:
        raise ValueError("delay_s is a number of seconds from 0 to 60")
    return seconds


def _described(turns: Turns) -> Json:
    return {"calls": turns.calls_left, "rate": turns.rate}
