"""Pairs on disk: JSON lines in and out, their fingerprint, and the split that keeps a group together."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from training.errors import TrainingError
from training.prompt import Message

ROLES = ("system", "user", "assistant")
MAX_ANSWER_CHARACTERS = 20_000
"""A Slack message ends at 40,000 characters; an answer of half that is a pasted log, not a voice."""
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


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of one dataset."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a JSON lines file, in its order. Blank lines are skipped.

    `id` and `group` may be left out: they are then derived from the content, so that the same pair gets the same id and
    the same prompt the same group wherever they stand.

    Raises PairsFileError for the first line that cannot be used, saying how many more there are.
    """
    examples: list[Example] = []
    problems: list[str] = []
    for number, line in enumerate(_read_bytes(path).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            examples.append(_parse_line(line))
        except ValueError as err:
            problems.append(f"{path.name}:{number}: {err}")
    if problems:
        more = f" (and {len(problems) - 1} more bad lines)" if len(problems) > 1 else ""
        raise PairsFileError(problems[0] + more)
    if not examples:
        wanted = '{"prompt": [chat messages], "completion": [chat messages]}'
        raise PairsFileError(f"{path.name} holds no pairs: write one JSON object a line, {wanted}")
    return examples


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
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError as err:
        raise ValueError(f"not valid UTF-8 (byte {err.start + 1} of the line)") from err
    except json.JSONDecodeError as err:
        raise ValueError(f"not valid JSON ({err.msg} at column {err.colno})") from err
    except RecursionError as err:
        raise ValueError("not valid JSON (nested too deeply)") from err
    if not isinstance(row, dict):
        raise ValueError(f"expected a JSON object, got {_kind(row)}")
    prompt = _parse_messages(row, "prompt")
    completion = _parse_messages(row, "completion")
    if prompt[-1]["role"] == "assistant":
        raise ValueError("the prompt ends with an assistant message; it must end with what the answer replies to")
    _check_answer(completion)
    group = _parse_name(row, "group") or _digest(prompt)
    return Example(prompt, completion, id=_parse_name(row, "id") or _digest(prompt + completion), group=group)


def _parse_messages(row: dict[str, Any], key: str) -> tuple[Message, ...]:
    if key not in row:
        raise ValueError(f'"{key}" is missing')
    messages = row[key]
    if not isinstance(messages, list) or not messages:
        raise ValueError(f'"{key}" must be a list of chat messages, got {_kind(messages)}')
    return tuple(_parse_message(message, key) for message in messages)


def _parse_message(message: Any, key: str) -> Message:
    if not isinstance(message, dict):
        raise ValueError(f'"{key}" must hold chat messages, got {_kind(message)}')
    role, content = message.get("role"), message.get("content")
    if role not in ROLES:
        raise ValueError(f'"{key}" has the unknown role {json.dumps(role)[:40]}; known are {", ".join(ROLES)}')
    if not isinstance(content, str):
        raise ValueError(f'"{key}" has a message whose "content" is {_kind(content)}, not text')
    try:
        content.encode()
    except UnicodeEncodeError as err:
        raise ValueError(f'"{key}" has text that is not valid Unicode (half of a surrogate pair)') from err
    return cast(Message, {"role": role, "content": content})


def _check_answer(completion: tuple[Message, ...]) -> None:
    if len(completion) != 1 or completion[0]["role"] != "assistant":
        roles = ", ".join(message["role"] for message in completion)
        raise ValueError(f'"completion" must be one assistant message, got {roles}')
    answer = completion[0]["content"]
    if not answer.strip():
        raise ValueError("the answer is empty")
    if len(answer) > MAX_ANSWER_CHARACTERS:
        raise ValueError(f"the answer is {len(answer)} characters long; at most {MAX_ANSWER_CHARACTERS} can be learnt")


def _parse_name(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ValueError(f'"{key}" must be a non-empty text, got {_kind(value)}')


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if value in ("", [], {}):
        return "nothing"
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names[type(value)]


def _digest(messages: tuple[Message, ...]) -> str:
    return hashlib.sha256(_canonical(messages).encode()).hexdigest()[:16]


def _to_json(example: Example) -> dict[str, object]:
    return {
        "id": example.id,
        "group": example.group,
        "prompt": list(example.prompt),
        "completion": list(example.completion),
    }


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
