"""Token ids become text as they arrive, whole characters only, ending before a stop string."""

from collections.abc import Callable, Sequence

# What tokenizers write for bytes that are not yet a whole character.
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"


class TextStream:
    """Turns one answer's tokens into text, a piece at a time.

    The pieces joined are what decoding all tokens at once would give, cut before the first stop string.
    """

    def __init__(self, decode: Callable[[list[int]], str], stop: Sequence[str] = ()) -> None:
        self.stopped = False
        self._decode = decode
        self._stop = tuple(stop)
        self._tokens: list[int] = []
        # Tokens before `_read` are out; those from `_prefix` are decoded again beside new ones, because a tokenizer
        # may write a token differently at the start of a text (the leading space of SentencePiece).
        self._prefix = 0
        self._read = 0
        self._held = ""

    def push(self, token: int) -> str:
        """Take one token; return the text that is now certain, often a piece and sometimes nothing."""
        self._tokens.append(token)
        return self._release(self._decoded(final=False), final=False)

    def finish(self) -> str:
        """Return what was still held back."""
        return "" if self.stopped else self._release(self._decoded(final=True), final=True)

    def _decoded(self, *, final: bool) -> str:
        old = self._decode(self._tokens[self._prefix : self._read])
        new = self._decode(self._tokens[self._prefix :])
        if len(new) <= len(old) or (new.endswith(_INCOMPLETE) and not final):
            return ""
        self._prefix, self._read = self._read, len(self._tokens)
        return new[len(old) :]

    def _release(self, text: str, *, final: bool) -> str:
        if not self._stop:
            return text
        self._held += text
        found = [at for at in (self._held.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self.stopped = True
            certain, self._held = self._held[: min(found)], ""
            return certain
        keep = 0 if final else max(_overlap(self._held, stop) for stop in self._stop)
        certain = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return certain


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of `text` that `stop` begins with."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:size])), 0)
