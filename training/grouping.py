"""Which pairs belong together: one thread, or nearly the same question. A group never straddles a split.

Otherwise the held-out set would ask what was learnt by heart.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from storage.pairs import Pair

SIMILAR = 0.75
"""Jaccard similarity of letter trigrams from which two questions are nearly the same."""
_FIGURE = re.compile(r"\d+")
_MARKUP = re.compile(r"<[^>]*>|:[a-z0-9_+-]+:")


def groups(pairs: Sequence[Pair]) -> dict[int, str]:
    """Return the name of each pair's group, by pair id.

    A group is named after the question of its first pair. With `pairs` in the order of their approval, those approved
    later join a group or found one, and rename none; only where one links two groups does the later take the earlier's
    name.
    """
    first = list(range(len(pairs)))
    for later, earlier in [*_same_thread(pairs), *_similar([normalised(pair.question) for pair in pairs])]:
        left, right = sorted((_find(first, later), _find(first, earlier)))
        first[right] = left
    return {pair.id: _name(pairs[_find(first, index)].question) for index, pair in enumerate(pairs)}


def normalised(text: str) -> str:
    """Return `text` in lower case without markup, punctuation and repeated spaces."""
    plain = _MARKUP.sub(" ", unicodedata.normalize("NFKC", text).lower())
    words = re.findall(r"\w+", plain.replace("'", "").replace("’", ""))
    return " ".join(words) or text.strip()


def _find(first: list[int], index: int) -> int:
    while first[index] != index:
        first[index] = first[first[index]]
        index = first[index]
    return index


def _name(question: str) -> str:
    return sha256(normalised(question).encode()).hexdigest()[:16]


def _same_thread(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    seen: dict[tuple[str, str], int] = {}
    for index, pair in enumerate(pairs):
        earlier = seen.setdefault((pair.channel_id, pair.thread_ts), index)
        if earlier != index:
            yield index, earlier


def _similar(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of similar texts, the later one first.

    Texts with different figures are not similar: plan 12 and plan 13 are two questions.

    Prefix filtering (Chaudhuri, Ganti and Kaushik, ICDE 2006): with each set's elements sorted from rare to common,
    sets this similar share one of their first few. So 10,000 questions take seconds, not 50 million comparisons.
    """
    shapes = [_shape(text) for text in texts]
    common = Counter(trigram for shape in shapes for trigram in shape.trigrams)
    places: dict[str, list[int]] = defaultdict(list)
    for index, shape in enumerate(shapes):
        rare_first = sorted(shape.trigrams, key=lambda trigram: (common[trigram], trigram))
        prefix = rare_first[: len(rare_first) - math.ceil(SIMILAR * len(rare_first)) + 1]
        candidates = {place for trigram in prefix for place in places[trigram]}
        yield from ((index, other) for other in candidates if _alike(shape, shapes[other]))
        for trigram in prefix:
            places[trigram].append(index)


@dataclass(frozen=True)
class _Shape:
    """What two texts are compared by."""

    trigrams: frozenset[str]
    figures: tuple[str, ...]


def _shape(text: str) -> _Shape:
    padded = f"  {text} "
    trigrams = frozenset(padded[start : start + 3] for start in range(len(padded) - 2))
    return _Shape(trigrams, tuple(_FIGURE.findall(text)))


def _alike(left: _Shape, right: _Shape) -> bool:
    if left.figures != right.figures:
        return False
    shared = len(left.trigrams & right.trigrams)
    return shared >= SIMILAR * (len(left.trigrams) + len(right.trigrams) - shared)
