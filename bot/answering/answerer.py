"""A question becomes a cited answer: retrieve, ask the voice in use, check what it wrote."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from bot.answering.citations import check_citations, is_supported
from bot.answering.model_errors import ModelUnavailableError, PromptTooLongError, UnknownModelError
from bot.answering.models import Models
from bot.answering.reading import Completion, Show
from bot.answering.retrieval import Hit, Place, Retriever
from bot.answering.verified import VerifiedAnswers
from bot.slack.links import urls_in
from storage import outbox
from storage.adapters import Adapter, LiveVoice, live_voice
from storage.answers import AnswerKind
from storage.database import Database
from storage.knowledge import Chunk
from storage.pairs import get_pair
from training.prompt import Message, Passage, build_messages
from training.refusals import VoiceNotLoaded
from training.voices import load_unchanged

logger = logging.getLogger(__name__)

NEAR = 0.25
"""Cosine from which an approved pair is near enough to a question that who answered it may know more."""
UNSUPPORTED = "_I found nothing that supports this answer._"
DONT_KNOW = "I don't know: nothing I may read here answers that."


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


@dataclass(frozen=True)
class Answered:
    """An answer, ready to be posted. `model` is empty when none was asked.

    `read`: the passages it rests on in any way, cited or not: whoever may not read one may not read the answer. `near`:
    the approved pairs near a question that could not be answered. `verified`: the one that is given as it stands.
    """

    text: str
    model: str
    sources: tuple[Source, ...]
    latency_ms: int
    prompt_tokens: int = 0
    completion_tokens: int = 0
    kind: AnswerKind = AnswerKind.ANSWER
    read: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    verified: int | None = None
    note: str = ""


@dataclass(frozen=True)
class AnswerLimits:
    """How much is read and written for one answer."""

    passages: int
    min_similarity: float
    max_tokens: int
    history_tokens: int = 1_000


class Answerer:
    """Answers with the voice in use at the moment of the question."""

    def __init__(
        self,
        database: Database,
        retriever: Retriever,
        models: Models,
        limits: AnswerLimits,
        *,
        base_name: str,
        house_style: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._retriever = retriever
        self._models = models
        self._limits = limits
        self._base_name = base_name
        self._house_style = house_style
        self._now = now
        self._verified = VerifiedAnswers(database, models.embed)
        self._told: set[str] = set()
        self._monotonic = monotonic

    def answer(
        self,
        question: str,
        place: Place,
        *,
        history: Sequence[Message] = (),
        show: Show = lambda _text: None,
        about: str = "",
        without: Callable[[Chunk], bool] = lambda _: False,
        at_least: float = 0.0,
        reads: Callable[[tuple[int, ...]], None] = lambda _: None,
    ) -> Answered:
        """Return an approved answer as it stands, an answer, or a refusal where nothing near enough was found.

        `history`: what was said in the thread before, oldest first. `show` is called while the model writes. `about`:
        what was asked before, for a question that says little by itself. `without` is true of the passages that may
        not be used. `at_least`: how near a passage must be, where that is more than the settings want. `reads` is told
        which passages an answer will rest on before any of it is shown.
        """
        start = self._monotonic()
        hits = self._retriever.search(question, place, limit=self._limits.passages, without=without)
        if verified := self._verified.among(question, hits):
            chunk, pair = verified
            source = self._source(1, chunk, is_cited=True)
            return Answered(
                pair.answer,
                "",
                (source,),
                self._elapsed_ms(start),
                kind=AnswerKind.VERIFIED,
                read=(chunk.id,),
                verified=pair.id,
            )
        needed = max(self._limits.min_similarity, at_least)
        if about and not _is_near(hits, needed):
            hits = self._retriever.search(f"{about}\n{question}", place, limit=self._limits.passages, without=without)
        if not _is_near(hits, needed):
            return self._refusal(hits, start)
        reads(tuple(hit.chunk.id for hit in hits))
        show("")
        completion, hits = self._write(question, hits, place.team_id, history, show)
        text, cited = check_citations(completion.text, passages=len(hits))
        if not (cited or is_supported(text, _passages(hits))):
            text = f"{text}\n\n{UNSUPPORTED}" if text else ""
        numbers = cited or range(1, len(hits) + 1)
        return Answered(
            text=text or DONT_KNOW,
            model=completion.model,
            sources=tuple(self._source(n, hits[n - 1].chunk, is_cited=bool(cited)) for n in numbers) if text else (),
            latency_ms=self._elapsed_ms(start),
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            kind=AnswerKind.ANSWER if text else AnswerKind.UNKNOWN,
            read=tuple(hit.chunk.id for hit in hits),
        )

    def _refusal(self, hits: Sequence[Hit], start: float) -> Answered:
        near = [hit.chunk for hit in hits if hit.similarity >= NEAR and hit.chunk.pair_id is not None]
        return Answered(
            DONT_KNOW,
            "",
            (),
            self._elapsed_ms(start),
            kind=AnswerKind.UNKNOWN,
            read=tuple(chunk.id for chunk in near),
            near=tuple(chunk.pair_id for chunk in near if chunk.pair_id is not None),
        )

    def _write(
        self, question: str, hits: list[Hit], team_id: str, history: Sequence[Message], show: Show
    ) -> tuple[Completion, list[Hit]]:
        """Ask the voice in use; where the window is too small, what was said before goes first, then the weakest."""
        with self._database.reading() as session:
            voice = live_voice(session, team_id=team_id)
        history = self._newest(voice, history)
        while True:
            messages = build_messages(question, _passages(hits), house_style=self._house_style, history=history)
            try:
                return self._chat(voice, messages, show), hits
            except PromptTooLongError:
                if history:
                    history = history[len(history) // 2 + 1 :]
                elif len(hits) > 1:
                    hits = hits[:-1]
                else:
                    raise

    def _newest(self, voice: LiveVoice, history: Sequence[Message]) -> Sequence[Message]:
        """Return the end of a history that fits its budget, by the model's own count of tokens."""
        name = voice.adapter.name if voice.adapter else self._base_name
        left = self._limits.history_tokens
        for kept, message in enumerate(reversed(history)):
            left -= self._models.count_tokens(name, [message])
            if left < 0:
                return history[len(history) - kept :]
        return history

    def _chat(self, voice: LiveVoice, messages: Sequence[Message], show: Show) -> Completion:
        name = voice.adapter.name if voice.adapter else self._base_name
        try:
            return self._models.chat(name, messages, max_tokens=self._limits.max_tokens, show=show)
        except UnknownModelError:
            if voice.adapter is None:
                raise
            # The model server was restarted and holds only its base model.
            logger.info("loading %s again", name)
            name = self._loaded(voice.adapter)
            return self._models.chat(name, messages, max_tokens=self._limits.max_tokens, show=show)

    def _loaded(self, adapter: Adapter) -> str:
        """Load a voice and return its name; where it can't be used, the base model answers rather than nobody."""
        try:
            load_unchanged(self._models, adapter)
        except VoiceNotLoaded as err:
            if isinstance(err.__cause__, ModelUnavailableError):
                raise err.__cause__ from err  # that passes, and the base model is not to be had either
            self._tell(adapter, err.reason)
            return self._base_name
        return adapter.name

    def _tell(self, adapter: Adapter, reason: str) -> None:
        """Say once, in the log and in the review channel, that a voice can't be used."""
        # The reason names the base model, so another base is another notice.
        key = f"adapter:{adapter.id}:refused:{sha256(reason.encode()).hexdigest()[:12]}"
        if key in self._told:
            return
        self._told.add(key)
        logger.warning("%s can't be used and the base model answers: %s", adapter.name, reason)
        payload = {"adapter": adapter.name, "reason": reason}
        with self._database.writing() as session:
            outbox.enqueue(session, team_id=adapter.team_id, key=key, kind="refused", payload=payload, now=self._now())

    def _source(self, number: int, chunk: Chunk, *, is_cited: bool) -> Source:
        permalink = ""
        if chunk.pair_id is not None:
            with self._database.reading() as session:
                permalink = get_pair(session, chunk.pair_id).permalink
        return Source(number, chunk.id, chunk.title, permalink, is_cited, urls_in(chunk.text))

    def _elapsed_ms(self, start: float) -> int:
        return round((self._monotonic() - start) * 1000)


def _is_near(hits: Sequence[Hit], needed: float) -> bool:
    return any(hit.similarity >= needed for hit in hits)


def _passages(hits: Sequence[Hit]) -> list[Passage]:
    return [Passage(hit.chunk.title, hit.chunk.text) for hit in hits]
