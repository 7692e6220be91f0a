"""Codes in a text, such as E517, PLR0913 or KB-2034: they mean nothing to an embedder, and to people everything."""

import re

CODE = re.compile(r"\b[^\W\d_]+[-_.]?\d[\w-]*\b")
SHORTEST = 3


def codes_in(text: str) -> frozenset[str]:
    """Return a text's words that begin with letters and go on with digits, in small letters."""
    return frozenset(code.lower() for code in CODE.findall(text) if len(code) >= SHORTEST)
