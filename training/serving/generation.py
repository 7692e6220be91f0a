"""One request to the model: what it asks for, what it is sent, and how far its answer is."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from training.serving.sampling import Sampling
from training.serving.text_stream import TextStream

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class Piece:
    """A bit more of the answer. Only streamed answers send them."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The answer is complete. `text` is all of it, `tokens` how many were generated, the end of turn among them."""

    text: str
    reason: FinishReason
    tokens: int


@dataclass(frozen=True)
class Failed:
    """There will be no (further) answer."""

    message: str


Event = Piece | Finished | Failed
Deliver = Callable[[Event], None]


@dataclass(eq=False)
class Generation:
    """One request: its prompt, its wishes, and where its events go. `deliver` is called on the model thread."""

    prompt: tuple[int, ...]
    sampling: Sampling
    adapter: str
    deliver: Deliver
    max_tokens: int
    stream: bool = False
    cancelled: bool = False

    def cancel(self) -> None:
        """Stop before the next token. Nothing is delivered any more."""
        self.cancelled = True


class Row:
    """A generation that is in the batch."""

    def __init__(self, generation: Generation, text: TextStream, end_tokens: Collection[int]) -> None:
        self.generation = generation
        self.sampling = generation.sampling
        self.generator = generation.sampling.generator()
        self.length = len(generation.prompt)
        self.done = False
        self._text = text
        self._end_tokens = end_tokens
        self._pieces: list[str] = []
        self._generated = 0

    def accept(self, token: int) -> None:
        """Take the next token of the answer; deliver what it makes certain."""
        if self.generation.cancelled:
            return
        self._generated += 1
        if token in self._end_tokens:
            self._finish("stop")
            return
        self._write(self._text.push(token))
        if self._text.stopped:
            self._finish("stop")
        elif self._generated == self.generation.max_tokens:
            self._finish("length")

    def _write(self, text: str) -> None:
        if not text:
            return
        self._pieces.append(text)
        if self.generation.stream:
            self.generation.deliver(Piece(text))

    def _finish(self, reason: FinishReason) -> None:
        self._write(self._text.finish())
        # The last characters may complete a stop string.
        reason = "stop" if self._text.stopped else reason
        self.done = True
        self.generation.deliver(Finished("".join(self._pieces), reason, self._generated))
