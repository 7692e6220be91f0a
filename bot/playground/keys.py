"""Keys that a call does not know are refused, not overlooked: a typo would otherwise change what a call means."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from bot.playground.errors import SlackError


def refuse_unknown(values: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Raise SlackError `unknown_key` for the first key that is not `known`, naming the one most like it."""
    for key in values:
        if key not in known:
            like = get_close_matches(key, known, n=1, cutoff=0.5)
            meant = f"Did you mean {like[0]!r}?" if like else f"It knows {', '.join(sorted(known))}."
            raise SlackError("unknown_key", f"{where} knows no {key!r}. {meant}")
