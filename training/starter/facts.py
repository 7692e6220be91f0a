"""Office facts: one subject, one value that can only be copied, and many ways to tell, ask and answer it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from training.starter import subjects, values
from training.starter.voices import capital

Draw = Callable[[Random], str]


@dataclass(frozen=True)
class Kind:
    """A kind of fact, as templates over `{s}` (the subject) and `{v}` (the value).

    `told_new` and `asked_new` are held out: training never shows them, scoring can.
    """

    name: str
    subject: Draw
    value: Draw
    told: tuple[str, ...]
    asked: tuple[str, ...]
    said: tuple[str, ...]
    told_new: str
    asked_new: str


@dataclass(frozen=True)
class Fact:
    """One fact of `kind`: `told` is how a passage states it."""

    kind: Kind
    subject: str
    value: str
    told: str


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind in `facts.toml`."""
    listed = tomllib.loads(files("training.starter").joinpath("facts.toml").read_text(encoding="utf-8"))["kind"]
    return tuple(
        Kind(
            name=kind["name"],
            subject=_draw(kind["subject"]),
            value=_draw(kind["value"]),
            told=tuple(kind["told"]),
            asked=tuple(kind["asked"]),
            said=tuple(kind["said"]),
            told_new=kind["held_out"]["told"],
            asked_new=kind["held_out"]["asked"],
        )
        for kind in listed
    )


def draw_fact(rng: Random, kind: Kind | None = None, *, held_out: bool = False, subject: str | None = None) -> Fact:
    """Return a random fact; `held_out` tells it in the way that training never sees."""
    kind = kind or rng.choice(kinds())
    subject = subject or kind.subject(rng)
    value = kind.value(rng)
    template = kind.told_new if held_out else rng.choice(kind.told)
    return Fact(kind, subject, value, fill(template, subject, value))


def draw_question(rng: Random, fact: Fact, *, held_out: bool = False) -> str:
    """Return a question that `fact` answers."""
    template = fact.kind.asked_new if held_out else rng.choice(fact.kind.asked)
    return fill(template, fact.subject, fact.value)


def fill(template: str, subject: str, value: str) -> str:
    """Return `template` as a sentence: the first letter is a capital."""
    return capital(template.format(s=subject, v=value))


def _draw(name: str) -> Draw:
    draw: Draw = getattr(subjects, name, None) or getattr(values, name)
    return draw
