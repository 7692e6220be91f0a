"""Placeholders: what stands in a text where a secret or somebody's data stood, such as `[EMAIL_1]`."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a placeholder stands for. Where two kinds overlap, the one named first here counts."""

    SECRET = "secret"  # noqa: S105 (the name of a kind)
    CARD = "card"
    ACCOUNT = "account"
    ID = "id"
    EMAIL = "email"
    PHONE = "phone"
    PERSON = "person"


PLACEHOLDER = re.compile(rf"\[({'|'.join(kind.name for kind in Kind)})_(\d{{1,6}})\]")


@dataclass(frozen=True)
class Replacement:
    """A placeholder, and how often it stands in a text. It never holds what it replaced."""

    kind: Kind
    placeholder: str
    count: int


@dataclass(frozen=True)
class Redacted:
    """A text that may be stored, and what was replaced in it."""

    text: str
    replaced: tuple[Replacement, ...]


class Placeholders:
    """Gives each value one placeholder, the same wherever the value stands in one pair."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Leave alone the placeholders that `texts` hold already: those stand for values nobody knows any more."""
        self._taken = {match[0] for text in texts for match in PLACEHOLDER.finditer(text)}
        self._given: dict[tuple[Kind, str], str] = {}
        self._last: Counter[Kind] = Counter()

    def of(self, kind: Kind, value: str) -> str:
        """Return the placeholder of a value."""
        if (kind, value) not in self._given:
            self._given[kind, value] = self._next(kind)
        return self._given[kind, value]

    def _next(self, kind: Kind) -> str:
        while True:
            self._last[kind] += 1
            placeholder = f"[{kind.name}_{self._last[kind]}]"
            if placeholder not in self._taken:
                return placeholder


def replaced_in(text: str) -> tuple[Replacement, ...]:
    """Return the placeholders in a redacted text, in the order in which they first stand there."""
    found = Counter((Kind[match[1]], match[0]) for match in PLACEHOLDER.finditer(text))
    return tuple(Replacement(kind, placeholder, count) for (kind, placeholder), count in found.items())
