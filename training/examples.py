"""Pairs on disk: JSON lines in and out, their fingerprint, and the split that keeps a group together."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from training.chat_lines import parse_chat
from training.errors import TrainingError
from training.prompt import Message

MIN_GROUPS_TO_SPLIT = 10
_VALIDATION_FROM, _TEST_FROM = 0.8, 0.9


class PairsFileError(TrainingError):
    """A pairs file that cannot be used; the message is one line that names the file and the line in it."""


@dataclass(frozen=True)
class Example:
    """A prompt and the answer that was approved for it."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    """Exactly one assistant message."""
    id: str
    group: str
    """Examples of one group (a thread, near-duplicates) never land on different sides of a split."""
    masked: tuple[str, ...] = ()
    """Words of the answer that are not learnt: what it tells and its prompt does not."""
    quotes: tuple[str, ...] = ()
    """Ids of other pairs whose answers are among its passages."""


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of one dataset."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


@dataclass(frozen=True)
class BadLine:
    """A line that can't be used, and why."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class GoodLine:
    """A line that holds an example. As text it is its place, such as `pairs.jsonl:3`."""

    place: str
    example: Example

    def __str__(self) -> str:
        return self.place


def each_example(path: Path) -> Iterator[GoodLine | BadLine]:
    """Yield what each line of a JSON lines file holds, in its order. Blank lines are skipped.

    Raises PairsFileError when there is no such file.
    """
    for number, line in enumerate(_read_bytes(path).split(b"\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}:{number}"
        try:
            yield GoodLine(place, _parse_line(line))
        except ValueError as err:
            yield BadLine(place, str(err))


@dataclass(frozen=True)
class UsableLines:
    """What can be used of a file, and the lines that can't."""

    examples: list[Example]
    refused: list[BadLine]


def read_usable(path: Path) -> UsableLines:
    """Return the examples of a JSON lines file, in its order, and the lines that hold none. Blank lines are skipped.

    A line is `{"prompt": [chat messages], "completion": [chat message]}`, or `{"messages": [chat messages]}`, of which
    the last is the answer.

    `id` and `group` may be left out: they are then derived from the content, so that the same pair gets the same id and
    the same prompt the same group wherever they stand. `masked` may name words of the answer that are not to be learnt.

    Raises PairsFileError when no line can be used, naming the first that can't.
    """
    lines = list(each_example(path))
    refused = [line for line in lines if isinstance(line, BadLine)]
    examples = [line.example for line in lines if isinstance(line, GoodLine)]
    if not examples:
        raise _none_usable(path, refused)
    return UsableLines(examples, refused)


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a JSON lines file every line of which must be one.

    Raises PairsFileError for the first line that can't be used, saying how many more there are.
    """
    usable = read_usable(path)
    if usable.refused:
        raise _refusal(usable.refused)
    return usable.examples


def _none_usable(path: Path, refused: Sequence[BadLine]) -> PairsFileError:
    if refused:
        return _refusal(refused)
    wanted = '{"messages": [chat messages]} or {"prompt": [chat messages], "completion": [chat messages]}'
    return PairsFileError(f"{path.name} holds no pairs: write one JSON object a line, {wanted}")


def _refusal(refused: Sequence[BadLine]) -> PairsFileError:
    more = f" (and {len(refused) - 1} more bad lines)" if len(refused) > 1 else ""
    return PairsFileError(f"{refused[0]}{more}")


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write `examples` as JSON lines that `read_examples` returns unchanged. The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            for example in examples:
                file.write(json.dumps(_to_json(example), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def fingerprint(examples: Iterable[Example], settings: Mapping[str, object]) -> str:
    """Return the sha256 of the examples' content and `settings`, whatever the order of either."""
    digest = hashlib.sha256()
    for line in sorted(_canonical(_to_json(example)) for example in examples):
        digest.update(line.encode() + b"\n")
    digest.update(_canonical(dict(settings)).encode())
    return digest.hexdigest()


def split(examples: Sequence[Example], seed: int) -> Split:
    """Divide `examples` into 80% training, 10% validation and 10% test by the hash of their group.

    A group's place depends on its own name and `seed`, not on its neighbours, so it stays when examples are added. With
    ten groups or more neither validation nor test is empty: when no hash falls there, the training groups nearest to
    the border are lent to it. Adding examples can send those home, but never takes another group out of training.
    """
    places = {example.group: _place(example.group, seed) for example in examples}
    validation = {group for group, place in places.items() if _VALIDATION_FROM <= place < _TEST_FROM}
    test = {group for group, place in places.items() if place >= _TEST_FROM}
    if len(places) >= MIN_GROUPS_TO_SPLIT:
        training = sorted(places.keys() - validation - test, key=lambda group: (places[group], group))
        for part in (test, validation):
            if not part:
                part.add(training.pop())
    return Split(
        train=tuple(e for e in examples if e.group not in validation and e.group not in test),
        validation=tuple(e for e in examples if e.group in validation),
        test=tuple(e for e in examples if e.group in test),
    )


def _place(group: str, seed: int) -> float:
    """Return a number in [0, 1) that only `group` and `seed` decide."""
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError as err:
        raise PairsFileError(f"{path} does not exist: give the path of a JSON lines file of pairs") from err
    except IsADirectoryError as err:
        raise PairsFileError(f"{path} is a folder: give the path of a JSON lines file of pairs") from err
    except OSError as err:
        raise PairsFileError(f"{path} cannot be read: {err.strerror or err}") from err


def _parse_line(line: bytes) -> Example:
    chat = parse_chat(line)
    group = chat.group or _digest(chat.prompt)
    id_ = chat.id or _digest(chat.prompt + chat.completion)
    return Example(chat.prompt, chat.completion, id_, group, chat.masked, chat.quotes)


def _digest(messages: tuple[Message, ...]) -> str:
    return hashlib.sha256(_canonical(messages).encode()).hexdigest()[:16]


def _to_json(example: Example) -> dict[str, object]:
    return {
        "id": example.id,
        "group": example.group,
        "prompt": list(example.prompt),
        "completion": list(example.completion),
        **{key: list(texts) for key in ("masked", "quotes") if (texts := getattr(example, key))},
    }


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
