"""Where in a text something stands that has to go, and what becomes of places that overlap."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.collecting.redaction.placeholders import PLACEHOLDER, Kind

PRIORITY = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Span:
    """`text[start:end]` is of this kind; `value` is the same for each way of writing the same thing."""

    start: int
    end: int
    kind: Kind
    value: str


def settled(text: str, found: Iterable[Span]) -> list[Span]:
    """Return the places to replace, in order and apart from each other.

    Places that overlap become one, so that no part of any of them is left over. A place that holds nothing but
    placeholders is done already.
    """
    standing = [match.span() for match in PLACEHOLDER.finditer(text)]
    widened = [_whole(span, standing) for span in found]
    merged: list[Span] = []
    for span in sorted(widened, key=lambda span: (span.start, -span.end)):
        if not _says_something(text[span.start : span.end]):
            continue
        if merged and span.start < merged[-1].end:
            merged[-1] = _both(text, merged[-1], span)
        else:
            merged.append(span)
    return merged


def replaced(text: str, spans: Iterable[tuple[Span, str]]) -> str:
    """Return `text` with each span, in order and apart, replaced by its placeholder."""
    return "".join(_pieces(text, spans))


def _pieces(text: str, spans: Iterable[tuple[Span, str]]) -> Iterator[str]:
    at = 0
    for span, placeholder in spans:
        yield text[at : span.start]
        yield placeholder
        at = span.end
    yield text[at:]


def _whole(span: Span, standing: list[tuple[int, int]]) -> Span:
    """Return a span that cuts no placeholder in two."""
    start, end = span.start, span.end
    first = bisect_right(standing, span.start, key=lambda place: place[1])
    last = bisect_left(standing, span.end, key=lambda place: place[0])
    if first < last:
        start, end = min(start, standing[first][0]), max(end, standing[last - 1][1])
    return Span(start, end, span.kind, span.value)


def _says_something(part: str) -> bool:
    return any(sign.isalnum() for sign in PLACEHOLDER.sub("", part))


def _both(text: str, one: Span, other: Span) -> Span:
    if other.end <= one.end and PRIORITY[one.kind] <= PRIORITY[other.kind]:
        return one
    start, end = one.start, max(one.end, other.end)
    if (start, end) == (other.start, other.end) and PRIORITY[other.kind] <= PRIORITY[one.kind]:
        return other
    return Span(start, end, min(one.kind, other.kind, key=PRIORITY.__getitem__), text[start:end])
