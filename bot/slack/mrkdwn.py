"""Text for Slack: what a model or a person wrote must not ping anybody or turn into markup by accident."""

import re

SECTION_LIMIT = 3000
# Nobody sees it, and no client reads a mention across it.
JOINER = "\u2060"
_BROADCAST = r"(?:channel|here|everyone)"
_SPECIAL = re.compile(r"[<＜﹤]\s*[!！]\s*(?:subteam\^[A-Z0-9]+|date\^[^|<>]*)(?:\|@?([^<>\n]*))?>", re.IGNORECASE)
_EVERYBODY = re.compile(rf"[<＜﹤]\s*[!！]\s*({_BROADCAST})\b(?:\|[^<>\n]*)?[>＞﹥]?", re.IGNORECASE)
_ONE = re.compile(r"<([@#])[A-Z0-9]+(?:\|[@#]?([^<>\n]*))?>")
_TOKEN = re.compile(r"<(?=[!@#])(?!!(?:DOCTYPE|--|\[CDATA))")
_AT_EVERYBODY = re.compile(rf"([@＠﹫])(?={_BROADCAST}\b)", re.IGNORECASE)
ADDRESSED = re.compile(r"^\s*(?:<@[A-Z0-9]+(?:\|[^>]*)?>[\s,:]*)+")


def escape(text: str) -> str:
    """Return `text` so that Slack shows it as it is: no mention, channel or link in it comes alive."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Return what a person typed from what Slack sent: entities, links and mentions as plain text."""
    text = re.sub(r"<(https?://[^|>]+)(?:\|[^>]*)?>", r"\1", text)
    text = re.sub(r"<(?:mailto|tel):[^|>]+\|([^>]*)>", r"\1", text)
    text = re.sub(r"<([@#])[A-Z0-9]+\|([^>]+)>", r"\1\2", text)
    text = re.sub(r"<([@#][A-Z0-9]+)\|?>", r"\1", text)
    text = re.sub(r"<!(?:subteam\^[A-Z0-9]+|date\^[^|>]+)\|([^>]*)>", r"\1", text)
    text = re.sub(r"<!(here|channel|everyone)(?:\|[^>]*)?>", r"@\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def plain_text(text: str) -> str:
    """Return what a person wrote, as `unescape` does, without the people it is addressed to at its start."""
    return unescape(ADDRESSED.sub("", text)).strip()


def defanged(text: str) -> str:
    """Return what a model wrote without anything that mentions people: each mention becomes a name in plain text."""
    text = _EVERYBODY.sub(lambda found: f"@{found[1]}", text)
    text = _SPECIAL.sub(lambda found: f"@{found[1]}" if found[1] else "@group", text)
    text = _ONE.sub(lambda found: f"{found[1]}{found[2] or ('someone' if found[1] == '@' else 'channel')}", text)
    return at_nobody(_TOKEN.sub(f"<{JOINER}", text))


def at_nobody(text: str) -> str:
    """Return `text` with `@channel` and its like no longer words that a client may read as a mention."""
    return _AT_EVERYBODY.sub(rf"\1{JOINER}", text)


def shorten(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters, cut at a word, with an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip() + "…"


def fitting(text: str, limit: int) -> str:
    """Return the start of `text` that has at most `limit` characters once it is escaped, cut at a line end or word."""
    length = 0
    for at, sign in enumerate(text):
        length += len(escape(sign))
        if length > limit:
            cut = max(text.rfind("\n", 0, at), text.rfind(" ", 0, at))
            return text[:cut] if cut > 0 else text[:at]
    return text
