"""Text for Slack: what a model or a person wrote must not ping anybody or turn into markup by accident."""

import re

SECTION_LIMIT = 3000


def escape(text: str) -> str:
    """Return `text` so that Slack shows it as it is: no mention, channel or link in it comes alive."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Return what a person typed from what Slack sent: entities and links as plain text."""
    text = re.sub(r"<(https?://[^|>]+)(?:\|[^>]*)?>", r"\1", text)
    text = re.sub(r"<mailto:[^|>]+\|([^>]*)>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def shorten(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters, cut at a word, with an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip() + "…"
