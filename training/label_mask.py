"""Which tokens of an answer hold words that are not to be learnt."""

import re
from collections.abc import Iterator, Sequence

from transformers import PreTrainedTokenizerBase

from training.serving.text_stream import TextStream


def masked_tokens(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], words: Sequence[str]) -> frozenset[int]:
    """Return the places in `tokens` that hold a part of one of `words`, wherever it stands as a word of its own."""
    if not words:
        return frozenset()
    spans = list(_spans(tokenizer, tokens))
    text = str(tokenizer.decode(list(tokens), skip_special_tokens=True))
    # The longest first: of 10 and 10:30, the latter is meant where it stands. In brackets stand citations.
    wanted = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    masked = [match.span() for match in re.finditer(rf"(?<![\w\[])(?:{wanted})(?!\w)", text)]
    return frozenset(
        place for place, (start, end) in enumerate(spans) if any(start < last and first < end for first, last in masked)
    )


def _spans(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where the text of each token begins and ends; tokens that share a character share its place."""
    stream = TextStream(lambda some: str(tokenizer.decode(some, skip_special_tokens=True)))
    start = waiting = 0
    for token in tokens:
        piece = stream.push(token)
        waiting += 1
        if piece:
            yield from [(start, start + len(piece))] * waiting
            start, waiting = start + len(piece), 0
    yield from [(start, start)] * waiting
