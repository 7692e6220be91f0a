"""Addresses in what a model wrote: which of them may be followed, and how the others are shown."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

URL = re.compile(r"""https?://[^\s<>|`"\\^{}\[\]]+""", re.IGNORECASE)
_TRAILING = ".,;:!?'*_~"


def urls_in(text: str) -> tuple[str, ...]:
    """Return the web addresses in `text`, each once."""
    return tuple(dict.fromkeys(trimmed(match[0]) for match in URL.finditer(text)))


def trimmed(url: str) -> str:
    """Return an address without the punctuation of the sentence that it stands in."""
    url = url.rstrip(_TRAILING)
    while url.endswith(")") and url.count("(") < url.count(")"):
        url = url[:-1].rstrip(_TRAILING)
    return url


def host_of(url: str) -> str:
    """Return the host that an address leads to; empty where it is none of the web's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme.lower() in ("http", "https") else ""


def may_be_followed(url: str, known: Collection[str]) -> bool:
    """Return whether an address is one that was read, and not one that a model made up to carry something out."""
    return bool(host_of(url)) and url in known


def shown(url: str) -> str:
    """Return how an address that may not be followed is shown: where it would have led, and nothing it would carry."""
    host = host_of(url)
    return f"{host}/…" if host and url.partition("://")[2].rstrip("/") != host else host


def without_targets(text: str) -> str:
    """Return text with every address in it shown as `shown` does."""
    return URL.sub(lambda found: shown(found[0]), text)
