"""Phone numbers, as libphonenumber knows them, told from the other numbers that people write."""

import re
from collections.abc import Iterator

from bot.collecting.redaction.placeholders import Kind
from bot.collecting.redaction.spans import Span

WORTH_A_LOOK = re.compile(r"(?:\d[ ().\-/\u00a0\u2010-\u2015]{0,3}){7}")
NAMED = re.compile(
    r"(?:\b(?:phone|call|ring|tel|telephone|mobile|cell|fax|whatsapp|signal|sms|text|dial|reach|telefon|handy|tél)\b|[☎📞📱])"
    r"[^\d\n]{0,24}$",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"(?:\b(?:order|ticket|invoice|case|ref|reference|id|no|nr|build|version|serial|tracking|part|sku|po|isbn|number)"
    r"|#)[\W_]{0,3}$",
    re.IGNORECASE,
)
NO_PHONE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?:[T ]\d.*)?|(?:\d{1,3}\.){3}\d{1,3}|\d+(?:\.\d+)")
CONTEXT = 40


def phones(text: str, region: str) -> Iterator[Span]:
    """Yield the phone numbers in a text: international ones, and those written as people of `region` do."""
    if not WORTH_A_LOOK.search(text):
        return
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

    at = 0
    for line in text.splitlines(keepends=True):
        if WORTH_A_LOOK.search(line):
            for match in PhoneNumberMatcher(line, region, leniency=Leniency.VALID):
                grouped = PhoneNumberMatcher(match.raw_string, region, leniency=Leniency.STRICT_GROUPING).has_next()
                if _is_meant(line, match.start, match.raw_string, is_grouped=grouped):
                    value = format_number(match.number, PhoneNumberFormat.E164)
                    yield Span(at + match.start, at + match.end, Kind.PHONE, value)
        at += len(line)


def _is_meant(line: str, start: int, written: str, *, is_grouped: bool) -> bool:
    """Return whether a number that could be a phone's is meant as one."""
    before = line[max(0, start - CONTEXT) : start]
    if written.startswith("+") or NAMED.search(before):
        return True
    if NO_PHONE.fullmatch(written) or NUMBERED.search(before) or written.isdigit():
        return False
    return is_grouped or written.startswith(("0", "("))
