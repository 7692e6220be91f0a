"""Questions that lie close together and still ask for different things: the opposite, or the same of something else.

Embedders put "may deploy" beside "may not deploy", and Mondays beside Sundays. Words tell those apart.
"""

import re

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")
_NEGATING = """
not no never none nobody nothing nowhere neither nor without cannot unable except unless instead
nicht kein keine keinen keiner keinem nie niemals ohne pas jamais sans nunca sin
"""
_NEGATIONS = frozenset(_NEGATING.split())
_FILLING = """
a an the this that these those some any there here it its
i we you us me my our your i'm i'd i'll i've we're we've
am is are was were be been being do does did doing done have has had having will would shall can could may might
of for in on at to from with by about as into up and or if so just again now please hi hello hey thanks thank
how what which what's how's it's there's where's who's when's
anyone anybody know tell wondering question quick need want wants like get getting trying possible able way
ways option
"""
FILLERS = frozenset(_FILLING.split())
"""Words that make no other question of one by being there, or by being others."""
_TOWARDS = frozenset(("to", "into", "from"))
"""What follows one of these is where something leads or comes from: two words that change places there tell."""
_AGAINST = (("on", "off"), ("in", "out"), ("up", "down"), ("can", "must"), ("may", "must"), ("can", "should"))
"""Fillers that are more than that beside a word that means the contrary."""
_OBLIGED = re.compile(r"\b(?:have|has|had|need|needs) to\b", re.IGNORECASE)


def ask_different_things(question: str, other: str) -> bool:
    """Return whether one of two questions is negated, or each has a telling word that the other lacks."""
    ours, theirs = _words(question), _words(other)
    if _is_negated(ours) != _is_negated(theirs):
        return True
    if any(_is_against(ours, theirs, *pair) or _is_against(theirs, ours, *pair) for pair in _AGAINST):
        return True
    return bool(_telling(ours) - _telling(theirs)) and bool(_telling(theirs) - _telling(ours))


def _words(text: str) -> list[str]:
    return [_as_told(word) for word in _WORD.findall(_OBLIGED.sub("must", _PLACEHOLDER.sub(" ", text)))]


def _as_told(word: str) -> str:
    lower = word.lower().replace("’", "'")
    # US and IT are names, us and it are not.
    return word if lower in FILLERS and len(word) > 1 and word.isupper() else lower


def _is_negated(words: list[str]) -> bool:
    return any(word in _NEGATIONS or word.endswith("n't") for word in words)


def _is_against(ours: list[str], theirs: list[str], one: str, other: str) -> bool:
    return one in ours and other in theirs and other not in ours and one not in theirs


def _telling(words: list[str]) -> frozenset[str]:
    """Return the words that tell what is asked, and those that something leads to or from."""
    telling, before = set(), ""
    for word in words:
        if word not in FILLERS and word not in _NEGATIONS and not word.endswith("n't"):
            stem = _stem(word)
            telling |= {stem, f"{before} {stem}"} if before else {stem}
            before = ""
        elif word in _TOWARDS:
            before = word
    return frozenset(telling)


def _stem(word: str) -> str:
    """Return `word` without an English plural, possessive or verb ending: crude, and enough to compare."""
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word.removesuffix(ending)
            return stem[:-1] if ending in ("ing", "ed") and stem[-1] == stem[-2] else stem
    return word
