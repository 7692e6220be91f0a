"""Figures that are the same and written otherwise: 12 500 and 12500, 1 March 2026 and 2026-03-01."""

import re
from calendar import month_abbr, month_name

_GROUPED = re.compile(r"(?<![\w.,])\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?!\d)")
_GAP = re.compile(r"\D")
_MONTHS = {name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = (
    re.compile(rf"(?<!\w){_DAY}\.? (?:of )?{_MONTH},? (?P<year>\d{{4}})(?!\d)", re.IGNORECASE),
    re.compile(rf"(?<!\w){_MONTH} {_DAY},? (?P<year>\d{{4}})(?!\d)", re.IGNORECASE),
)


def with_whole_numbers(text: str) -> str:
    """Return `text` with `_` between the thousands of a number that is written with gaps: one figure, not several."""
    return _GROUPED.sub(lambda match: _GAP.sub("_", match[0]), text)


def as_written(figure: str) -> str:
    """Return a figure of `with_whole_numbers` with its gaps."""
    return figure.replace("_", " ")


def with_dates_in_digits(text: str) -> str:
    """Return `text` and below it the dates in it that name an English month, as 2026-03-01 and with 3 and 1 alone."""
    dates = [_in_digits(match) for pattern in _DATES for match in pattern.finditer(text)]
    return "\n".join([text, *dates])


def _in_digits(date: re.Match[str]) -> str:
    month, day = _MONTHS[date["month"].lower()], int(date["day"])
    return f"{date['year']}-{month:02}-{day:02} {day}/{month}/{date['year']}"
