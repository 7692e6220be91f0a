"""Base, voice in use and candidate on the same held-out cases, with the base in memory once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from peft import PeftModel
from transformers import PreTrainedModel

from training.adapters import attach_adapter, detach_adapters, using
from training.evaluation.arms import ArmLoss
from training.evaluation.bootstrap import paired_difference
from training.evaluation.loss import DEFAULT_MAX_LENGTH, held_out_loss
from training.evaluation.report import Report, Sample
from training.evaluation.samples import generate
from training.examples import Example
from training.models import Base

BASE = "base"
CANDIDATE = "candidate"
LIVE = "live"


def compare(
    base: Base,
    cases: Sequence[Example],
    *,
    candidate: Path,
    live: Path | None = None,
    batch_size: int = 8,
    max_length: int = DEFAULT_MAX_LENGTH,
    samples: int = 0,
    max_new_tokens: int = 200,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Report:
    """Return how `candidate` does on `cases` against the base alone and, if there is one, the voice in use.

    `samples` cases, the first of them, are also answered by every arm. `on_progress` is told how many measurements of
    how many are done. Raises AdapterIncomplete, BaseChanged, ChatFormatError, or ValueError without cases.
    """
    folders = {CANDIDATE: candidate} if live is None else {LIVE: live, CANDIDATE: candidate}
    with attached(base, folders) as model:
        losses = measure_arms(
            base, model, cases, list(folders), batch_size=batch_size, max_length=max_length, on_progress=on_progress
        )
        read = tuple(_sample(base, model, case, list(losses), max_new_tokens) for case in cases[:samples])
    others = [arm for arm in losses if arm != CANDIDATE]
    return Report(
        cases=len(cases),
        loss={arm: loss.loss for arm, loss in losses.items()},
        differences={arm: paired_difference(losses[CANDIDATE], losses[arm], seed=seed) for arm in others},
        samples=read,
    )


@contextmanager
def attached(base: Base, adapters: Mapping[str, Path]) -> Iterator[PreTrainedModel | PeftModel]:
    """Give the base with saved `adapters` beside it by name, and take them out again at the end."""
    model: PreTrainedModel | PeftModel = base.model
    try:
        for name, folder in adapters.items():
            model = attach_adapter(base, model, folder, name)
        yield model
    finally:
        detach_adapters(model)


def measure_arms(
    base: Base,
    model: PreTrainedModel | PeftModel,
    cases: Sequence[Example],
    adapters: Sequence[str],
    *,
    batch_size: int,
    max_length: int = DEFAULT_MAX_LENGTH,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, ArmLoss]:
    """Return the loss on `cases` of the base and of each of the model's `adapters`, the base first."""
    arms = [BASE, *adapters]
    losses = {}
    for number, arm in enumerate(arms):
        losses[arm] = held_out_loss(
            model,
            base.tokenizer,
            cases,
            adapter=_adapter(arm),
            batch_size=batch_size,
            max_length=max_length,
            on_progress=partial(_report, on_progress, number * len(cases), len(arms) * len(cases)),
        )
    return losses


def _report(on_progress: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    on_progress(before + done, total)


def _sample(
    base: Base, model: PreTrainedModel | PeftModel, case: Example, arms: Sequence[str], max_new_tokens: int
) -> Sample:
    answers = {}
    for arm in arms:
        with using(model, _adapter(arm)):
            answers[arm] = generate(model, base.tokenizer, case.prompt, max_new_tokens=max_new_tokens)
    return Sample(case.id, case.prompt[-1]["content"], answers, approved=case.completion[0]["content"])


def _adapter(arm: str) -> str | None:
    return None if arm == BASE else arm
