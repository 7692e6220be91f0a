"""Questions that lean on what was said before: "and on Sundays?" says little by itself."""

import re

LEAST_WORDS = 2
"""Telling words from which a question can be understood by itself."""
_WORD = re.compile(r"[^\W_]{2,}")
_CUE = re.compile(r"\s*(?:(?:and|but|so|then|also)\s+)?(?:what|how) (?:about|if)\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\s*(?:and|or|but|so|then|also|und|oder|aber|et|mais|y|pero)\s+"
    r"(?!(?:how|what|which|when|where|who|whose|why|can|could|do|does|did|is|are|was|were|has|have|will|would|should|may"
    r"|must|wie|was|wann|wo|wer|warum|kann|ist|sind)\b)",
    re.IGNORECASE,
)
"""A beginning that no whole question follows."""
_FILLERS = """
    the that this these those them they there here its it he she him her one ones same other
    you your our we us my me am is are was were be been do does did has have had
    will would shall can could may might must should of for in on at to from with by about as if and or not
    how what which when where why who whom whose too also then now again please yes no ok
    """


def stands_alone(question: str) -> bool:
    """Return whether a question can be understood without what was said before it."""
    words = {word for word in map(str.lower, _WORD.findall(question)) if word not in _FILLERS.split()}
    return len(words) >= LEAST_WORDS and not (_CUE.match(question) or _GOES_ON.match(question))
