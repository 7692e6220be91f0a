"""Views that stand in a modal while something is looked up or decided, and those that say how that ended."""

from collections.abc import Mapping, Sequence

from bot.blocks.layout import Block, plain, section
from bot.blocks.words import titled

HOURGLASS = ":hourglass_flowing_sand:"
INPUT_LIMIT = 3000
"""What one of Slack's inputs holds."""


def view(title: str, blocks: Sequence[Block]) -> Block:
    """Return a view that can only be closed."""
    return {"type": "modal", "title": plain(title), "close": plain("Cancel"), "blocks": list(blocks)}


def reading(title: str, what: str) -> Block:
    """Return the view that stands until something has been read: Slack waits three seconds for one."""
    return view(title, [section(f"{HOURGLASS} Reading {what}…")])


def deciding(title: str) -> Block:
    """Return the view that stands while what was sent off takes longer than Slack keeps a modal waiting."""
    return view(title, [section(f"{HOURGLASS} Slack is slow just now. I am still at it…")])


def decided(title: str, text: str) -> Block:
    """Return the view that says so once it is done."""
    return view(title, [section(f":seedling: {text}")])


def refused(title: str, why: str, *, typed: Mapping[str, str] | None = None) -> Block:
    """Return the view that says why there is nothing to show, or why what was typed can't be taken, beside that."""
    kept = [titled(name.capitalize(), text, INPUT_LIMIT) for name, text in (typed or {}).items()]
    return view(title, [section(f":warning: {why}"), *kept])
