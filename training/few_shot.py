"""Does prompting do it already? Held-out loss of the base model alone, and with a few approved answers to go by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from training.evaluation.bootstrap import paired_difference
from training.evaluation.loss import held_out_loss
from training.evaluation.report import Interval
from training.examples import Example
from training.models import Base
from training.prompt import Message

SHOTS = 3
MOST_CASES = 40
"""Answers are enough to tell whether prompting does most of it."""


@dataclass(frozen=True)
class Prompting:
    """Losses in nats per answer token on the same held-out answers."""

    cases: int
    shots: int
    base: float
    few_shot: float
    difference: Interval
    """Of the loss with worked examples from that without."""


def measure_prompting(
    base: Base,
    train: Sequence[Example],
    held_out: Sequence[Example],
    *,
    max_length: int,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Prompting:
    """Return how far `SHOTS` worked examples in the prompt, the shortest typical ones, bring the base model.

    Raises ValueError without held-out answers or too few to show.
    """
    shown = _typical(train)
    cases = list(held_out[:MOST_CASES])
    if len(shown) < SHOTS or not cases:
        raise ValueError("there are too few answers to show some and test on others")
    prompted = [replace(case, prompt=with_examples(case.prompt, shown)) for case in cases]
    total = 2 * len(cases)
    alone = held_out_loss(
        base.model, base.tokenizer, cases, max_length=max_length, on_progress=lambda done: on_progress(done, total)
    )
    # Longer by the worked examples, so that those are not what is cut.
    few = held_out_loss(
        base.model,
        base.tokenizer,
        prompted,
        max_length=max_length * (SHOTS + 1),
        batch_size=2,
        on_progress=lambda done: on_progress(len(cases) + done, total),
    )
    return Prompting(len(cases), SHOTS, alone.loss, few.loss, paired_difference(few, alone, seed=0))


def with_examples(prompt: Sequence[Message], shown: Sequence[Example]) -> tuple[Message, ...]:
    """Return `prompt` with worked examples before its last message: questions, passages and answers as they stand."""
    turns = [message for example in shown for message in (example.prompt[-1], example.completion[0])]
    return (*prompt[:-1], *turns, prompt[-1])


def _typical(train: Sequence[Example]) -> list[Example]:
    """Return the examples whose length is nearest to that of most."""
    by_length = sorted(train, key=lambda example: len(example.completion[0]["content"]))
    middle = len(by_length) // 2
    return by_length[max(0, middle - SHOTS // 2) :][:SHOTS]
