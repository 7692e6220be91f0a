"""Questions that lean on what was said before: "and on Sundays?" says little by itself."""

import re

from bot.answering.opposites import FILLERS

_WORD = re.compile(r"[^\W_]{2,}")
_WHAT_ABOUT = re.compile(r"(?:(?:and|but|so|then|also)\s+)?(?:what|how) (?:about|if)\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"(?:and|or|but|so|then|also|und|oder|aber|et|mais|y|pero)\s+"
    r"(?!(?:how|what|which|when|where|who|whose|why|can|could|do|does|did|is|are|was|were|has|have|will|would|should|may"
    r"|must|wie|was|wann|wo|wer|warum|kann|ist|sind)\b)",
    re.IGNORECASE,
)
"""A beginning that no whole question follows."""
_FRAGMENT = re.compile(r"(?:(?:on|in|at|for|with|from|to|by|after|before|during|am|im|bei)\s+)?\S+\s*$", re.IGNORECASE)
"""One word, or one and where it belongs: "on Sundays?" """
_POINTING = """
them they he she him her his one ones same other others else too also then so
when where who whom whose why much many long often far yes no ok and or but not
"""
_UNTELLING = FILLERS | frozenset(_POINTING.split())


def stands_alone(question: str) -> bool:
    """Return whether a question can be understood without what was said before it."""
    said = question.strip()
    if _WHAT_ABOUT.match(said) or _GOES_ON.match(said) or _FRAGMENT.match(said):
        return False
    return any(word.lower() not in _UNTELLING for word in _WORD.findall(said))
