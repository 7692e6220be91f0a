"""E-mail addresses, told from what merely has an @ in it."""

import re
from collections.abc import Iterator

from bot.collecting.redaction.placeholders import Kind
from bot.collecting.redaction.spans import Span

# Each run of characters is tried from its start only, so that a long one is read once.
ADDRESS = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+(?:@|%40)(?:[^\W_][\w-]*\.)+[^\W\d_]{2,}+(?![\d_])")
NO_ADDRESS = re.compile(
    r"""
    .*@\dx\.\w+                                            # logo@2x.png
    | .*@.*\.(?:service|socket|timer|target|mount|slice)   # user@1000.service
    | .@.\.(?:\w{4,}|sum|inv|dot|max|min)                  # a@b.mean
    | (?:git|hg|svn)@.*                                    # git@github.com:team/repository
    """,
    re.VERBOSE | re.IGNORECASE,
)
METHOD_CALL = re.compile(r"[^@]+@[\w.]+\.[a-z]{4,}\(")  # q@k.transpose(
REMOTE_PATH = re.compile(r":[/~.]")  # deploy@web-3.example.com:/srv


def addresses(text: str) -> Iterator[Span]:
    """Yield the e-mail addresses in a text."""
    if "@" not in text and "%40" not in text:
        return
    for match in ADDRESS.finditer(text):
        start = match.start() + len(match[0]) - len(match[0].lstrip("'.-+%"))
        address = text[start : match.end()]
        is_code = NO_ADDRESS.fullmatch(address) or METHOD_CALL.match(text, start)
        if not is_code and not REMOTE_PATH.match(text, match.end()):
            yield Span(start, match.end(), Kind.EMAIL, address.replace("%40", "@").lower())
