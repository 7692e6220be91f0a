"""An answer before it is posted, and what it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from storage.answers import AnswerKind, NewAnswer


@dataclass(frozen=True)
class Source:
    """A passage an answer rests on, under the number it was cited by. `permalink` is set for approved answers."""

    number: int
    chunk_id: int
    title: str
    permalink: str
    is_cited: bool = True
    """False: the passage was read, but the answer cites nothing."""
    urls: Sequence[str] = ()
    """The addresses in the passage: an answer may link to these, and to no other."""


def told_together(sources: Iterable[Source]) -> list[list[Source]]:
    """Return the sources of which a reader would see the same, such as passages under one heading, in groups."""
    groups: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        groups.setdefault((source.title, source.permalink), []).append(source)
    return list(groups.values())


@dataclass(frozen=True)
class Answered:
    """An answer, ready to be posted. `model` is empty when none was asked.

    `read`: the passages it rests on in any way, cited or not: whoever may not read one may not read the answer. `near`:
    the approved pairs near a question that could not be answered. `verified`: the one that is given as it stands.
    `is_private`: not the whole team reads it. `is_supported`: what was read holds it, or it cites something.
    """

    text: str
    model: str
    sources: tuple[Source, ...]
    latency_ms: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    kind: AnswerKind = AnswerKind.ANSWER
    read: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    verified: int | None = None
    note: str = ""
    is_private: bool = True
    is_supported: bool = True


@dataclass(frozen=True)
class Question:
    """What was asked, by whom and where. `ts`: what the answer is kept under. `thread_ts` is empty outside threads."""

    team_id: str
    channel_id: str
    ts: str
    asked_by: str
    text: str
    thread_ts: str = ""


def to_keep(answered: Answered, question: Question) -> NewAnswer:
    """Return an answer as it is stored before it is posted."""
    return NewAnswer(
        team_id=question.team_id,
        channel_id=question.channel_id,
        question_ts=question.ts,
        message_ts=None,
        asked_by=question.asked_by,
        question=question.text,
        text=answered.text,
        model=answered.model,
        sources=tuple(asdict(source) for source in answered.sources),
        latency_ms=answered.latency_ms,
        prompt_tokens=answered.prompt_tokens,
        completion_tokens=answered.completion_tokens,
        kind=answered.kind,
        thread_ts=question.thread_ts,
        read_chunks=answered.read,
        verified_pair_id=answered.verified,
        note=answered.note,
        is_private=answered.is_private,
    )
