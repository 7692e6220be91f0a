"""Trouble on order: wrong answers, delays, doubled and swapped events, so that a bot can be tried against a bad day."""

import random
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.playground.entities import Json
from bot.playground.errors import SlackError


@dataclass
class ApiFault:
    """Answer calls of `method` (a pattern) with `answer`: so many of them, or a share of them at random."""

    method: str
    answer: str
    retry_after: int
    calls_left: int | None
    rate: float | None
    random: random.Random

    def strikes(self, method: str) -> bool:
        """Say whether this call is to fail, and count it."""
        if not fnmatchcase(method, self.method):
            return False
        if self.rate is not None and self.random.random() >= self.rate:
            return False
        if self.calls_left is not None:
            if self.calls_left <= 0:
                return False
            self.calls_left -= 1
        return True


class Faults:
    """What trouble is in force."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self._api: list[ApiFault] = []
        self._duplicates = 0
        self._reorders = 0

    def clear(self) -> None:
        """End all trouble."""
        self.delay_s = 0.0
        self._api = []
        self._duplicates = self._reorders = 0

    def order(self, wish: Json) -> None:
        """Add the trouble in `wish`; raises SlackError `invalid_arguments`, and then none of it is in force."""
        try:
            rules = [_api_fault(rule) for rule in wish.get("api", [])]
            delay_s = float(wish.get("delay_s", self.delay_s))
            duplicates, reorders = int(wish.get("duplicate", 0)), int(wish.get("reorder", 0))
        except (TypeError, ValueError, KeyError, AttributeError) as err:
            raise SlackError("invalid_arguments", f"Not a description of trouble: {err}.") from err
        if not 0 <= delay_s <= 60:
            raise SlackError("invalid_arguments", "delay_s is a number of seconds from 0 to 60.")
        self.delay_s = delay_s
        self._api += rules
        self._duplicates += duplicates
        self._reorders += reorders

    def describe(self) -> Json:
        """Return what is in force, in the shape `order` takes."""
        self._api = [rule for rule in self._api if rule.calls_left != 0]
        return {
            "api": [
                {"method": rule.method, "answer": rule.answer, "calls": rule.calls_left, "rate": rule.rate}
                for rule in self._api
            ],
            "delay_s": self.delay_s,
            "duplicate": self._duplicates,
            "reorder": self._reorders,
        }

    def for_call(self, method: str) -> ApiFault | None:
        """Return the fault that an API call meets, if any."""
        return next((rule for rule in self._api if rule.strikes(method)), None)

    def take_duplicate(self) -> bool:
        """Say whether to send the next event twice."""
        self._duplicates, due = max(0, self._duplicates - 1), self._duplicates > 0
        return due

    def take_reorder(self) -> bool:
        """Say whether the next event is to swap places with the one after."""
        self._reorders, due = max(0, self._reorders - 1), self._reorders > 0
        return due


def _api_fault(rule: Json) -> ApiFault:
    rate = rule.get("rate")
    return ApiFault(
        method=str(rule["method"]),
        answer=str(rule["answer"]),
        retry_after=int(rule.get("retry_after", 1)),
        calls_left=None if rate is not None and "calls" not in rule else int(rule.get("calls", 1)),
        rate=None if rate is None else float(rate),
        random=random.Random(rule.get("seed", 0)),  # noqa: S311  repeatable by design, no secret
    )
