"""What is put before a model for one answer, and what is left out of it where the window is too small."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.answering.examples import Shown
from bot.answering.history import Turn
from bot.answering.retrieval import Hit
from training.prompt import Message, Passage, build_messages, quote_history


@dataclass(frozen=True)
class Prompt:
    """A question with what it is answered from."""

    question: str
    hits: tuple[Hit, ...]
    turns: tuple[Turn, ...] = ()
    examples: tuple[Shown, ...] = ()

    @property
    def read(self) -> tuple[int, ...]:
        """The passages that an answer to it rests on: its own, and those of what was said before."""
        own = [hit.chunk.id for hit in self.hits]
        before = [chunk_id for turn in self.turns for chunk_id in turn.read]
        return tuple(dict.fromkeys([*own, *before, *(shown.chunk_id for shown in self.examples)]))

    @property
    def given(self) -> list[str]:
        """What it says about the matter: its passages, the question, and what people said before.

        What Timbre said is no evidence: a figure that it made up would be one that it read in the next answer.
        """
        passages = [f"{hit.chunk.title}\n{hit.chunk.text}" for hit in self.hits]
        said = [turn.message["content"] for turn in self.turns if turn.message["role"] == "user"]
        return [*passages, self.question, *said]

    def messages(self, *, house_style: str) -> list[Message]:
        """Return the messages a model is asked with."""
        return build_messages(
            self.question,
            passages_of(self.hits),
            house_style=house_style,
            history=[turn.message for turn in self.turns],
            examples=[shown.example for shown in self.examples],
        )

    def smaller(self) -> "Prompt | None":
        """Return it without what matters least: what was said before, examples, the weakest passage. None: that is all.

        What was said before is cut to its newer half.
        """
        if self.turns:
            return replace(self, turns=self.turns[len(self.turns) // 2 + 1 :])
        if self.examples:
            return replace(self, examples=())
        return replace(self, hits=self.hits[:-1]) if len(self.hits) > 1 else None


def newest(turns: Sequence[Turn], count_tokens: Callable[[str], int], *, tokens: int) -> tuple[Turn, ...]:
    """Return the end of what was said that has at most so many tokens as it is quoted."""
    fits, too_many = 0, len(turns) + 1
    if not tokens:
        return ()
    while too_many - fits > 1:
        some = (fits + too_many) // 2
        quoted = quote_history([turn.message for turn in turns[len(turns) - some :]])
        fits, too_many = (some, too_many) if count_tokens(quoted) <= tokens else (fits, some)
    return tuple(turns[len(turns) - fits :])


def passages_of(hits: Sequence[Hit]) -> list[Passage]:
    """Return what was found as it is quoted."""
    return [Passage(hit.chunk.title, hit.chunk.text) for hit in hits]
