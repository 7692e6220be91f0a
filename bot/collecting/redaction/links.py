"""Links stay; the passwords and tokens in them go."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from bot.collecting.redaction.placeholders import Kind
from bot.collecting.redaction.spans import Span
from bot.collecting.redaction.values import is_template

LINK = re.compile(r"(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`|]+", re.IGNORECASE)
PARAMETER = re.compile(r"[?&#;]([\w.%-]{1,60})=([^&#\s;,)\]}]+)")
# Whatever stands behind one of these opens something.
TOKEN = re.compile(
    r"""
    (?:.*[_.-])? (?: token | secret | passw(?:or)?d | pwd | passphrase | api_?key | access_?key(?:_?id)? | signature
        | sig | hmac | jwt | credential | sas | otp | (?:access|auth|id)token | client_?secret | subscription-key )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# And behind one of these, what is as long as a key.
KEY = re.compile(r"key|auth|authkey|code|session|session_?id|sid|state|nonce|ticket|invite|hash", re.IGNORECASE)
KEY_LENGTH = 16
# Who knows the end of one of these addresses may post there.
WEBHOOK = re.compile(
    r"https://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
    r"|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[\w-]+\.webhook\.office\.com/webhookb2/"
    r"|api\.telegram\.org/bot)([\w@:/-]{8,})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Link:
    """Where a link stands, where in it the part with the host starts and ends, and whether a password is in that."""

    start: int
    end: int
    host_start: int
    host_end: int
    has_password: bool


def links(text: str) -> list[Link]:
    """Return the links in a text."""
    if "://" not in text:
        return []
    return [_link(match) for match in LINK.finditer(text)]


def link_at(found: list[Link], at: int) -> Link | None:
    """Return the link that the character at a position of the text belongs to."""
    before = bisect_right(found, at, key=lambda link: link.start)
    return found[before - 1] if before and at < found[before - 1].end else None


def tokens(text: str, found: list[Link]) -> Iterator[Span]:
    """Yield the passwords and tokens inside the links of a text."""
    for link in found:
        address = text[link.start : link.end]
        for start, end in (*_user(address, link), *_parameters(address), *_ends_of_webhooks(address)):
            yield Span(link.start + start, link.start + end, Kind.SECRET, address[start:end])


def _link(match: re.Match[str]) -> Link:
    address = match[0]
    first = address.index("://") + 3
    # A password in a connection string may have a slash in it; in a web address, an @ behind one is part of the path.
    signs = "/?#" if address[:4].lower() == "http" else "?#"
    host_end = min((at for sign in signs if (at := address.find(sign, first)) >= 0), default=len(address))
    user, at_sign, _ = address[first:host_end].rpartition("@")
    _, colon, password = user.partition(":")
    has_password = bool(at_sign and colon and password)
    start = match.start()
    return Link(start, match.end(), start + first, start + host_end, has_password)


def _user(address: str, link: Link) -> Iterator[tuple[int, int]]:
    if link.has_password:
        start, end = link.host_start - link.start, address.rindex("@", 0, link.host_end - link.start)
        if not is_template(address[start:end].partition(":")[2]):
            yield start, end


def _parameters(address: str) -> Iterator[tuple[int, int]]:
    for match in PARAMETER.finditer(address):
        is_token = TOKEN.fullmatch(match[1])
        is_key = KEY.fullmatch(match[1]) and len(match[2]) >= KEY_LENGTH and any(map(str.isdigit, match[2]))
        if (is_token or is_key) and not is_template(match[2]):
            yield match.span(2)


def _ends_of_webhooks(address: str) -> Iterator[tuple[int, int]]:
    match = WEBHOOK.match(address)
    if match and any(sign.isdigit() for sign in match[1]):
        yield match.span(1)
