"""What a model wrote, without what no answer holds: signs that can't be seen, halves of signs, endless repetition."""

import re
import unicodedata

# Tabs and line ends aside. Zero width joiner and non-joiner stay: emoji and some scripts need them.
_KEPT = frozenset("\n\t\u200c\u200d")
_THOUGHTS = re.compile(r"(?s)\A\s*<think>.*?(?:</think>\s*|\Z)")
LONGEST_PERIOD = 160
LEAST_REPEATS = 6
MIN_LOOP = 240
"""Fewer repeated characters than this are a ruler, a table's border, or somebody laughing."""


def clean(text: str) -> str:
    """Return `text` without control and formatting characters, which hide words or turn them around."""
    # A sign beyond the first 65,536 may come in two halves, and a half alone can't be stored.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in ("Cc", "Cf", "Co", "Cn"))


def without_thoughts(text: str) -> str:
    """Return `text` without what a model that thinks aloud wrote before its answer."""
    return _THOUGHTS.sub("", text)


def loop_start(text: str) -> int | None:
    """Return where `text` begins to say the same thing over and over up to its end, if it does."""
    for period in range(1, LONGEST_PERIOD + 1):
        at = len(text) - period
        while at > 0 and text[at - 1] == text[at - 1 + period]:
            at -= 1
        if len(text) - at >= max(MIN_LOOP, LEAST_REPEATS * period):
            return at + period
    return None


def without_loop(text: str) -> str:
    """Return `text` up to the second time it says what it then repeats to its end."""
    start = loop_start(text)
    return text if start is None else f"{text[:start].rstrip()}…"
