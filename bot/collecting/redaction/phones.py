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
# The number of another country than the region, named as what it is.
SAID_TO_BE = re.compile(
    r"\b(?:phone|tel|telephone|telefon|mobile|handy|cell|fax|whatsapp)(?: (?:number|no|nr))?[.:#]{0,2}(?: is)? {0,2}"
    r"(\(?\d[\d ()./-]{6,18}\d)(?![\w-]|\.\d)",
    re.IGNORECASE,
)
CONTEXT = 40


def phones(text: str, region: str) -> Iterator[Span]:
    """Yield the phone numbers in a text: international ones, and those written as people of `region` do."""
    if not WORTH_A_LOOK.search(text):
        return
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

    at = 0
    for line in text.splitlines(keepends=True):
        if WORTH_A_LOOK.search(line):
            for found in PhoneNumberMatcher(line, region, leniency=Leniency.VALID):
                grouped = PhoneNumberMatcher(found.raw_string, region, leniency=Leniency.STRICT_GROUPING).has_next()
                if _is_meant(line, found.start, found.raw_string, is_grouped=grouped):
                    value = format_number(found.number, PhoneNumberFormat.E164)
                    yield Span(at + found.start, at + found.end, Kind.PHONE, value)
            for match in SAID_TO_BE.finditer(line):
                if not NO_PHONE.fullmatch(match[1]):
                    yield Span(at + match.start(1), at + match.end(1), Kind.PHONE, dialled(match[1], region))
        at += len(line)


def linked(number: str, label: str, region: str) -> str | None:
    """Return the number behind a link that Slack made, or None where nobody meant a phone's: Slack links decimals, too.

    What is written without anything between its digits is left to `phones`, which looks at the words before it.
    """
    if not WORTH_A_LOOK.search(label) or NO_PHONE.fullmatch(label) or label.isdigit():
        return None
    return dialled(number, region)


def dialled(number: str, region: str) -> str:
    """Return a number as it is dialled from abroad, or its digits where it is none of `region`."""
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse

    try:
        parsed = parse(number, region)
    except NumberParseException:
        return re.sub(r"\D", "", number)
    return format_number(parsed, PhoneNumberFormat.E164) if is_valid_number(parsed) else re.sub(r"\D", "", number)


def _is_meant(line: str, start: int, written: str, *, is_grouped: bool) -> bool:
    """Return whether a number that could be a phone's is meant as one."""
    before = line[max(0, start - CONTEXT) : start]
    if written.startswith("+") or NAMED.search(before):
        return True
    if NO_PHONE.fullmatch(written) or NUMBERED.search(before) or written.isdigit():
        return False
    return is_grouped or written.startswith(("0", "("))
