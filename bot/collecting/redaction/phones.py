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
# "order no. 415-555-2671" numbers an order; of "no. 415-555-2671" alone nobody knows what it numbers.
NUMBERED = re.compile(
    r"(?:\b(?:order|ticket|invoice|case|ref|reference|id|build|version|serial|tracking|part|sku|po|isbn)"
    r"(?:[ -]?(?:number|no|nr|id)\b)?|#)[\W_]{0,3}$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\b(?:number|no|nr)[\W_]{0,3}$", re.IGNORECASE)
NO_PHONE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?:[T ]\d.*)?|(?:\d{1,3}\.){3}\d{1,3}|\d+(?:\.\d+)")
# The number of another country than the region, named as what it is.
SAID_TO_BE = re.compile(
    r"\b(?:phone|tel|telephone|telefon|mobile|handy|cell|fax|whatsapp)(?: (?:number|no|nr))?[.:#]{0,2}(?: is)? {0,2}"
    r"(\(?\d[\d ()./-]{6,18}\d)(?![\w-]|\.\d)",
    re.IGNORECASE,
)
# From abroad in digits, as much of the world dials: 0049 30 901820.
FROM_ABROAD = re.compile(r"(?<![\w.,#-])00([1-9]\d{0,2}[ /-]\d[\d /-]{5,15}\d)(?![\w-]|\.\d)")
CONTEXT = 40


def phones(text: str, region: str) -> Iterator[Span]:
    """Yield the phone numbers in a text: international ones, and those written as people of `region` do."""
    if not WORTH_A_LOOK.search(text):
        return
    at = 0
    for line in text.splitlines(keepends=True):
        if WORTH_A_LOOK.search(line):
            yield from (
                Span(at + span.start, at + span.end, span.kind, span.value)
                for span in (*_matched(line, region), *_said_to_be(line, region), *_from_abroad(line))
            )
        at += len(line)


def _matched(line: str, region: str) -> Iterator[Span]:
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

    for found in PhoneNumberMatcher(line, region, leniency=Leniency.VALID):
        grouped = PhoneNumberMatcher(found.raw_string, region, leniency=Leniency.STRICT_GROUPING).has_next()
        if _is_meant(line, found.start, found.raw_string, is_grouped=grouped):
            yield Span(found.start, found.end, Kind.PHONE, format_number(found.number, PhoneNumberFormat.E164))


def _said_to_be(line: str, region: str) -> Iterator[Span]:
    for match in SAID_TO_BE.finditer(line):
        if not NO_PHONE.fullmatch(match[1]):
            yield Span(*match.span(1), Kind.PHONE, dialled(match[1], region))


def _from_abroad(line: str) -> Iterator[Span]:
    for match in FROM_ABROAD.finditer(line):
        number = dialled(f"+{match[1]}", None)
        if number.startswith("+"):
            yield Span(*match.span(), Kind.PHONE, number)


def linked(number: str, label: str, region: str) -> str | None:
    """Return the number behind a link that Slack made, or None where nobody meant a phone's: Slack links decimals, too.

    What is written without anything between its digits is left to `phones`, which looks at the words before it.
    """
    if not WORTH_A_LOOK.search(label) or NO_PHONE.fullmatch(label) or label.isdigit():
        return None
    return dialled(number, region)


def dialled(number: str, region: str | None) -> str:
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
    if written.startswith("+") or (written.startswith("(") and is_grouped):
        return True
    if NUMBERED.search(before) or NO_PHONE.fullmatch(written):
        return False
    if NAMED.search(before):
        return True
    return not (written.isdigit() or NUMBER.search(before)) and (is_grouped or written.startswith(("0", "(")))
