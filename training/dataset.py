"""A run's dataset: approved pairs as prompts and answers, divided for good, and written beside the run.

Every prompt carries the passages that were retrieved for its question, as at answer time. So the weights learn how to
say it, and copy what to say; figures and names that are not there to be copied are not learnt.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from storage.pairs import Pair, approved_pairs
from training.chat_lines import MAX_ANSWER_CHARACTERS
from training.citing import LONGEST_CITATION, cite
from training.config import TrainingConfig
from training.errors import TrainingError
from training.examples import Example, PairsFileError, Split, fingerprint, read_examples, split, write_examples
from training.grouping import groups
from training.masking import names_in, not_carried, said_by_habit
from training.prompt import Passage, build_messages

MIN_QUESTIONS = 10
SPLIT_SEED = 0
"""Fixed: another one would move held-out questions of earlier runs into training."""
QUOTED = "quoted"
_SUMMARY = "dataset.json"


class TooLittleVarietyError(TrainingError):
    """Too few different questions to learn from some and be tested on others."""

    def __init__(self, questions: int) -> None:
        super().__init__(
            f"The approved answers belong to {questions} different questions, and at least {MIN_QUESTIONS} are needed "
            "to learn from some and be tested on the others. Approve answers to other questions, then retrain."
        )


@dataclass(frozen=True)
class Usable:
    """A team's approved pairs, and how many of them can't be learnt from, by reason."""

    pairs: tuple[Pair, ...]
    private: int
    """From private channels: weights can't enforce who may see what."""
    indexing: int
    """Approved so recently that their passages have not been looked up yet."""
    too_long: int
    """Longer, with a citation, than an answer in a file of examples may be."""

    @property
    def left_out(self) -> dict[str, int]:
        return {"private": self.private, "indexing": self.indexing, "too_long": self.too_long}


@dataclass(frozen=True)
class Dataset:
    """What a run learns from and is tested on. The id of an example is that of its pair."""

    split: Split
    settings: Mapping[str, Any]
    """What it is trained with."""
    left_out: Mapping[str, int]
    erased: tuple[str, ...] = ()
    """Pairs that were taken out of it since: somebody took back what they had said."""

    @cached_property
    def sha256(self) -> str:
        """Over content, division and settings."""
        division = {name: sorted(example.id for example in examples) for name, examples in self.parts.items()}
        every = [example for examples in self.parts.values() for example in examples]
        return fingerprint(every, {**self.settings, "division": division})

    @property
    def parts(self) -> dict[str, tuple[Example, ...]]:
        return {"train": self.split.train, "validation": self.split.validation, "test": self.split.test}

    @property
    def pair_splits(self) -> dict[int, str]:
        """The part each pair is in, by pair id; `quoted` is one that is only read, as a passage for another."""
        quoted = {
            int(pair_id): "test" if name == "test" else QUOTED
            for name, examples in reversed(self.parts.items())
            for example in examples
            for pair_id in example.quotes
        }
        return quoted | {int(example.id): name for name, examples in self.parts.items() for example in examples}


def usable_pairs(session: Session, *, team_id: str) -> Usable:
    """Return the approved pairs that a voice for the whole team may learn from, earliest approval first."""
    approved = approved_pairs(session, team_id=team_id)
    shared = [pair for pair in approved if not pair.channel_is_private]
    short = [pair for pair in shared if len(pair.answer) + LONGEST_CITATION <= MAX_ANSWER_CHARACTERS]
    ready = tuple(pair for pair in short if pair.context is not None)
    return Usable(
        ready,
        private=len(approved) - len(shared),
        indexing=len(short) - len(ready),
        too_long=len(shared) - len(short),
    )


def make_dataset(usable: Usable, config: TrainingConfig) -> Dataset:
    """Return the dataset of `usable` pairs, 80/10/10. Raises `TooLittleVarietyError`."""
    names = groups(usable.pairs)
    if len(set(names.values())) < MIN_QUESTIONS:
        raise TooLittleVarietyError(len(set(names.values())))
    proper = names_in(_prose(usable.pairs))
    proper -= said_by_habit([pair.answer for pair in usable.pairs], proper)
    examples = [_example(pair, names[pair.id], config.house_style, proper) for pair in usable.pairs]
    return Dataset(split(examples, SPLIT_SEED), settings_of(config), usable.left_out)


def write_dataset(folder: Path, dataset: Dataset) -> None:
    """Write train.jsonl, validation.jsonl and test.jsonl, and last a summary: with it, the dataset is complete."""
    for name, examples in dataset.parts.items():
        write_examples(folder / f"{name}.jsonl", examples)
    summary = {
        "settings": dict(dataset.settings),
        "left_out": dict(dataset.left_out),
        "erased": list(dataset.erased),
    }
    partial = folder / f"{_SUMMARY}.partial"
    partial.write_text(json.dumps(summary, indent=2), encoding="utf-8")
    partial.replace(folder / _SUMMARY)


def read_dataset(folder: Path) -> Dataset | None:
    """Return the dataset in `folder`, its hash computed from the files as they are now; None when it is not complete.

    Raises `training.examples.PairsFileError` when a file was damaged or taken away since.
    """
    try:
        summary = json.loads((folder / _SUMMARY).read_bytes())
        settings, left_out = summary["settings"], summary["left_out"]
        erased = tuple(summary.get("erased", ()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise PairsFileError(f"{folder / _SUMMARY} is damaged ({err}): retrain to write the dataset again") from err
    parts = Split(*(tuple(read_examples(folder / f"{name}.jsonl")) for name in ("train", "validation", "test")))
    return Dataset(parts, settings, left_out, erased)


def is_current(dataset: Dataset, fresh: Dataset) -> bool:
    """Return whether a new snapshot would have every line of `dataset`, too; that it may have more is no matter.

    Otherwise something was taken back, or changed: nobody may go on learning from it.
    """
    now = {example.id: (example.prompt, example.completion) for part in fresh.parts.values() for example in part}
    lines = (example for part in dataset.parts.values() for example in part)
    return all(now.get(example.id) == (example.prompt, example.completion) for example in lines)


def settings_of(config: TrainingConfig) -> dict[str, Any]:
    """Return what a dataset is trained with: another base or other settings make another dataset of the same pairs."""
    return {"base_model": config.base_model, "lora": asdict(config.lora), "split_seed": SPLIT_SEED}


def asked(prompt: str) -> str:
    """Return the question in the user message of a prompt that `build_messages` made.

    No line of a passage starts without its quotation mark, so the first such border is the real one.
    """
    return prompt.partition("\n\nQuestion: ")[2]


def _example(pair: Pair, group: str, house_style: str, names: frozenset[str]) -> Example:
    passages = [Passage(title=str(passage["title"]), text=str(passage["text"])) for passage in pair.context or ()]
    told = [text for passage in passages for text in (passage.title, passage.text)]
    return Example(
        prompt=tuple(build_messages(pair.question, passages, house_style=house_style)),
        completion=({"role": "assistant", "content": cite(pair.answer, passages)},),
        id=str(pair.id),
        group=group,
        masked=not_carried(pair.answer, [house_style, pair.question, *told], names),
        quotes=tuple(str(passage["pair_id"]) for passage in pair.context or () if passage.get("pair_id")),
    )


def _prose(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield what tells names from other words; no titles, which may have a capital on every word."""
    for pair in pairs:
        yield from (pair.question, pair.answer)
        yield from (str(passage["text"]) for passage in pair.context or ())
