"""The few block shapes everything else is made of."""

from typing import Any

Block = dict[str, Any]


def header(text: str) -> Block:
    """A heading; Slack allows 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": text[:150]}}


def section(mrkdwn: str) -> Block:
    """A paragraph; Slack allows 3,000 characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


def context(mrkdwn: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": mrkdwn}]}


def button(text: str, *, action_id: str, value: str, style: str | None = None) -> Block:
    """A button; `style` is None, "primary" or "danger"."""
    element = {
        "type": "button",
        "text": {"type": "plain_text", "text": text},
        "action_id": action_id,
        "value": value,
    }
    return {**element, "style": style} if style else element


def table(rows: list[list[str]]) -> Block:
    """A table of plain text; the first row is its heading. Columns but the first are right-aligned."""
    columns = len(rows[0])
    return {
        "type": "table",
        "column_settings": [{"align": "left"}, *({"align": "right"} for _ in range(columns - 1))],
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
    }
