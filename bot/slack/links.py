"""Addresses in what a model wrote: which of them may be followed, and how the others are shown."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_REST = r"""[^\s<>|`"\\^{}\[\]]"""
# Clients make links of www.… and of domains with a path too.
URL = re.compile(rf"(?:https?://|\bwww\.|\b(?:[a-z0-9-]+\.)+[a-z]{{2,}}/){_REST}+", re.IGNORECASE)
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
        parts = urlsplit(url if ":" in url.partition("/")[0] else f"https://{url}")
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme.lower() in ("http", "https") else ""


def may_be_followed(url: str, known: Collection[str]) -> bool:
    """Return whether an address is one that was read, and not one that a model made up to carry something out."""
    return bool(host_of(url)) and "://" in url and url in known


def shown(url: str) -> str:
    """Return how an address that may not be followed is shown: where it would have led, and nothing it would carry."""
    host = host_of(url)
    return f"{host}/…" if host and url.rpartition("://")[2].rstrip("/").lower() != host else host
