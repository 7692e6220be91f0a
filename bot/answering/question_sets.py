"""A team's own questions to measure retrieval with: three files of JSON lines in a folder."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class QuestionSetError(ValueError):
    """A folder can't be measured with; the message names the file and the line, and says what is wanted."""


@dataclass(frozen=True)
class Answer:
    """A document that can be found: a question and its answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class QuestionSet:
    """Documents and questions by their ids, and for each question how relevant which documents are.

    `relevance` holds the questions that have a relevant document; the others can't be measured.
    """

    corpus: Mapping[str, Answer]
    queries: Mapping[str, str]
    relevance: Mapping[str, Mapping[str, float]]


def read_question_set(folder: Path) -> QuestionSet:
    """Return what a folder holds. Raises `QuestionSetError`."""
    if not folder.is_dir():
        raise QuestionSetError(
            f"{folder}: there is no such folder; name one with corpus.jsonl, queries.jsonl, qrels.jsonl"
        )
    corpus: dict[str, Answer] = {}
    for row in _Row.all_of(folder / "corpus.jsonl", "id", "question", "answer"):
        row.refuse_known(corpus)
        corpus[row.key("id")] = Answer(row.text("question"), row.text("answer", may_be_empty=False))
    queries: dict[str, str] = {}
    for row in _Row.all_of(folder / "queries.jsonl", "id", "text"):
        row.refuse_known(queries)
        queries[row.key("id")] = row.text("text", may_be_empty=False)
    relevance: dict[str, dict[str, float]] = {}
    for row in _Row.all_of(folder / "qrels.jsonl", "query", "doc", "rel"):
        query, doc = row.known("query", queries, "queries.jsonl"), row.known("doc", corpus, "corpus.jsonl")
        relevance.setdefault(query, {})[doc] = row.number("rel")
    measured = {query: docs for query, docs in relevance.items() if max(docs.values()) > 0}
    if not measured:
        raise QuestionSetError(
            f"{folder / 'qrels.jsonl'}: no document is relevant to any question; give some a rel above 0"
        )
    return QuestionSet(corpus, queries, measured)


@dataclass(frozen=True)
class _Row:
    """One line: `where` names it in what is said about it."""

    where: str
    values: dict[str, Any]

    @classmethod
    def all_of(cls, file: Path, *names: str) -> Iterator["_Row"]:
        """Yield a file's lines, each of which has all of `names`."""
        is_empty = True
        for number, line in enumerate(_lines(file), start=1):
            if line.strip():
                is_empty = False
                yield cls._read(f"{file}, line {number}", line, names)
        if is_empty:
            raise QuestionSetError(f"{file}: is empty; it should have a line {_example(names)} for each")

    @classmethod
    def _read(cls, where: str, line: str, names: tuple[str, ...]) -> "_Row":
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as err:
            raise QuestionSetError(f"{where}: is not JSON; it should be {_example(names)}") from err
        if not isinstance(values, dict) or (missing := [name for name in names if name not in values]):
            lacking = f"has no {missing[0]!r}" if isinstance(values, dict) else "is no JSON object"
            raise QuestionSetError(f"{where}: {lacking}; it should be {_example(names)}")
        return cls(where, values)

    def key(self, name: str) -> str:
        """Return an id, which may be written as a number."""
        value = self.values[name]
        if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            raise QuestionSetError(f"{self.where}: {name!r} is {value!r}; it should be an id, as text or a number")
        return str(value)

    def text(self, name: str, *, may_be_empty: bool = True) -> str:
        value = self.values[name]
        if not isinstance(value, str):
            raise QuestionSetError(f"{self.where}: {name!r} is no text")
        if not (may_be_empty or value.strip()):
            raise QuestionSetError(f"{self.where}: {name!r} is empty")
        return value

    def number(self, name: str) -> float:
        value = self.values[name]
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise QuestionSetError(f"{self.where}: {name!r} is {value!r}; it should be a number, above 0 for relevant")
        return float(value)

    def known(self, name: str, among: Mapping[str, object], file: str) -> str:
        """Return an id that is in another file."""
        id_ = self.key(name)
        if id_ not in among:
            raise QuestionSetError(f"{self.where}: {file} has no id {id_!r}")
        return id_

    def refuse_known(self, among: Mapping[str, object]) -> None:
        if (id_ := self.key("id")) in among:
            raise QuestionSetError(f"{self.where}: the id {id_!r} is there twice; each needs one of its own")


def _lines(file: Path) -> Iterator[str]:
    try:
        # Not splitlines(): JSON may hold characters that it takes for the end of a line.
        with file.open(encoding="utf-8-sig") as lines:
            yield from lines
    except UnicodeDecodeError as err:
        raise QuestionSetError(f"{file}: is not UTF-8 text; save it as UTF-8") from err
    except OSError as err:
        raise QuestionSetError(f"{file}: can't be read ({err.strerror}); the folder needs this file") from err


def _example(names: tuple[str, ...]) -> str:
    return "{" + ", ".join(f'"{name}": …' for name in names) + "}"
