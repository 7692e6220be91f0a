"""Card, account and identity numbers: by their checksum where they have one, by the words before them where not."""

import re
from collections.abc import Iterator

from bot.collecting.redaction.placeholders import Kind
from bot.collecting.redaction.spans import Span

# Looked for from each place on: the number before one may look like its beginning.
CARD = re.compile(
    r"(?<![\w.-])(?=(\d{14,19}|\d{4}([ -])\d{4}\2\d{4}\2\d{4}|\d{4}([ -])\d{6}\3\d{4,5})(?![\w-]|\.\d))",
)
BRANDS = re.compile(
    r"""
    4\d{15}                                                              # Visa
    | (?:5[1-5]\d\d | 222[1-9] | 22[3-9]\d | 2[3-6]\d\d | 27[01]\d | 2720)\d{12}   # Mastercard
    | 3[47]\d{13}                                                        # American Express
    | 3(?:0[0-5]|[689]\d)\d{11}                                          # Diners Club
    | (?:6011 | 64[4-9]\d | 65\d\d)\d{12}                                # Discover
    | 35(?:2[89]|[3-8]\d)\d{12}                                          # JCB
    | 62\d{14,17}                                                        # UnionPay
    """,
    re.VERBOSE,
)
IBAN = re.compile(r"(?<![\w-])(?=([A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?)(?!\w))", re.IGNORECASE)
SSN = re.compile(r"(?<![\w-])\d{3}-\d\d-\d{4}(?![\w-])")
SSN_NAMED = re.compile(r"\b(?:ssn|social security)\b[^\d\n]{0,20}(\d{3}[ -]?\d\d[ -]?\d{4})(?![\w-])", re.IGNORECASE)
ROUTING = re.compile(r"\b(?:routing|aba|rtn)\b[^\d\n]{0,20}(\d{9})(?![\w-])", re.IGNORECASE)
SORT_CODE = re.compile(r"\bsort[ -]?code\b[^\d\n]{0,12}(\d\d[ -]?\d\d[ -]?\d\d)(?![\w-])", re.IGNORECASE)
ACCOUNT = re.compile(
    r"\b(?:account|acct\.?|a/c) ?(?:number|no\b\.?|num\b\.?|nr\b\.?|#)[^\w\n]{0,4}(?:is )?(\d[\d -]{4,18}\d)(?![\w-])",
    re.IGNORECASE,
)
BANK = re.compile(r"\b(?:bank|iban|bic|swift|routing|sort[ -]?code|checking|savings|wire|deposit)\b", re.IGNORECASE)
BANK_ACCOUNT = re.compile(r"\b(?:account|acct\.?|a/c)[^\w\n]{0,4}(?:is[ ])?(\d[\d-]{4,16}\d)(?![\w-])", re.IGNORECASE)


def numbers(text: str) -> Iterator[Span]:
    """Yield the numbers of cards, accounts and people in a text."""
    if not any(sign.isdigit() for sign in text):
        return
    yield from _cards(text)
    yield from _ibans(text)
    yield from _identities(text)
    yield from _accounts(text)


def _cards(text: str) -> Iterator[Span]:
    from stdnum import luhn

    for match in CARD.finditer(text):
        digits = _compact(match[1])
        if BRANDS.fullmatch(digits) and len(set(digits)) > 1 and luhn.is_valid(digits):
            yield Span(*match.span(1), Kind.CARD, digits)


def _ibans(text: str) -> Iterator[Span]:
    from stdnum import iban

    for match in IBAN.finditer(text):
        # The words behind a number look like more groups of it.
        ends = [len(match[1]), *(space.start() for space in re.finditer(" ", match[1]))]
        for written in (match[1][:end] for end in sorted(ends, reverse=True)):
            # What a country checks beside changes; the two digits of the standard don't.
            if iban.is_valid(written, check_country=False):
                yield Span(match.start(), match.start() + len(written), Kind.ACCOUNT, _compact(written).upper())
                break


def _identities(text: str) -> Iterator[Span]:
    from stdnum.us import ssn

    named = [(match.span(1), match[1]) for match in SSN_NAMED.finditer(text)]
    for (start, end), written in [*named, *((match.span(), match[0]) for match in SSN.finditer(text))]:
        if ssn.is_valid(_compact(written)):
            yield Span(start, end, Kind.ID, _compact(written))


def _accounts(text: str) -> Iterator[Span]:
    from stdnum.us import rtn

    for match in ROUTING.finditer(text):
        if rtn.is_valid(match[1]):
            yield Span(*match.span(1), Kind.ACCOUNT, match[1])
    patterns = [SORT_CODE, ACCOUNT, *([BANK_ACCOUNT] if BANK.search(text) else [])]
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield Span(*match.span(1), Kind.ACCOUNT, _compact(match[1]))


def _compact(number: str) -> str:
    return re.sub(r"[ -]", "", number)
