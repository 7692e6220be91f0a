"""The few block shapes everything else is made of."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

Block = dict[str, Any]

_FIGURE = re.compile(r"[-+−±~≈<>$€£]*\s*[\d.,]*\d|[-–—]?$")


def header(text: str) -> Block:
    """A heading; Slack allows 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": text[:150]}}


def section(mrkdwn: str) -> Block:
    """A paragraph; Slack allows 3,000 characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


def context(mrkdwn: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn}]}


def plain(text: str) -> Block:
    """Text that is shown as it is, but for :emoji:."""
    return {"type": "plain_text", "text": text}


def button(text: str, *, action_id: str, value: str, style: str | None = None, confirm: Block | None = None) -> Block:
    """A button; `style` is None, "primary" or "danger". `confirm`: what is asked before it counts."""
    element = {"type": "button", "text": plain(text), "action_id": action_id, "value": value}
    return element | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def confirmation(title: str, text: str, *, yes: str) -> Block:
    """The question that a button asks before it counts."""
    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain("Cancel")}


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def rich(*parts: Block) -> Block:
    """Rich text, whose texts Slack shows to the letter: no markup, mention or link in them comes alive."""
    return {"type": "rich_text", "elements": list(parts)}


def run(text: str, **style: bool) -> Block:
    """A stretch of rich text; `style` names bold, italic, strike or code."""
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def table(rows: list[list[str]]) -> Block:
    """A table of plain text; the first row is its heading. Columns of figures are right-aligned."""
    columns = zip_longest(*rows[1:], fillvalue="") if len(rows) > 1 else [()] * len(rows[0])
    return {
        "type": "table",
        "column_settings": [{"align": "right" if _are_figures(column) else "left"} for column in columns],
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
    }


def _are_figures(column: Sequence[str]) -> bool:
    return bool(column) and all(_FIGURE.match(cell) for cell in column)
