"""A question becomes a cited answer: retrieve, have it written, check what was written."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.answering.answered import Answered, Source
from bot.answering.citations import check_citations, is_supported
from bot.answering.examples import Examples
from bot.answering.figures import not_read, with_right_numbers
from bot.answering.history import NOTHING, Earlier
from bot.answering.models import Models
from bot.answering.nearness import is_near
from bot.answering.not_knowing import claims_nothing
from bot.answering.prompting import Prompt, newest, passages_of
from bot.answering.reading import Completion, Show
from bot.answering.retrieval import Hit, Place, Retriever
from bot.answering.verified import VerifiedAnswers
from bot.answering.writing import VOICE, Style, Writer
from bot.slack.links import urls_in
from bot.slack.mrkdwn import shorten
from storage.answers import AnswerKind
from storage.database import Database
from storage.knowledge import Chunk
from storage.pairs import Pair, get_pair

NEAR = 0.3
"""Cosine from which an approved pair is near enough to a question that who answered it may know more."""
BEGINNING = 60
"""Characters of a passage that stand for its title where it has none."""
UNSUPPORTED = "_I found nothing that supports this answer._"
MOST_NAMED = 3
"""Figures that nothing holds which are named below an answer."""
ENDINGS = {
    "length": "_This is longer than I may write, and ends here._",
    "content_filter": "_The model server holds back the rest of this answer._",
}
"""What is said of an answer that did not come to its end, by why it did not."""
DONT_KNOW = "I don't know: nothing I may read here answers that."


@dataclass(frozen=True)
class AnswerLimits:
    """How much is read and written for one answer. `examples`: approved answers shown to a model that is no voice."""

    passages: int
    min_similarity: float
    max_tokens: int
    history_tokens: int = 1_000
    examples: int = 0


@dataclass(frozen=True)
class Permitted:
    """What may be used in an answer, and who is told of it.

    `without` is true of the passages that may not be used. `reads` is told which passages an answer will rest on before
    any of it is shown.
    """

    place: Place
    without: Callable[[Chunk], bool] = lambda _: False
    reads: Callable[[tuple[int, ...]], None] = lambda _: None


class Answerer:
    """Answers with the voice in use at the moment of the question, or with the model of the settings."""

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
        model: str = VOICE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._retriever = retriever
        self._limits = limits
        self._house_style = house_style
        self._writer = Writer(database, models, Style(base_name, house_style, limits.max_tokens, model), now)
        self._examples = Examples(database, count=0 if model == VOICE else limits.examples)
        self._verified = VerifiedAnswers(database, models.embed)
        self._monotonic = monotonic

    def answer(
        self,
        question: str,
        permitted: Permitted,
        *,
        earlier: Earlier = NOTHING,
        show: Show = lambda _text: None,
        at_least: float = 0.0,
    ) -> Answered:
        """Return an approved answer as it stands, an answer, or a refusal where nothing near enough was found.

        `earlier`: what was said in the thread before. `show` is called while the model writes. `at_least`: how near a
        passage must be, where that is more than the settings want.
        """
        start = self._monotonic()
        answered = self._answer(question, permitted, earlier, show, max(self._limits.min_similarity, at_least))
        return replace(answered, latency_ms=round((self._monotonic() - start) * 1000))

    def _answer(self, question: str, permitted: Permitted, earlier: Earlier, show: Show, needed: float) -> Answered:
        hits = self._found(question, permitted)
        if verified := self._verified.among(question, hits):
            return self._as_it_stands(*verified)
        # What nobody put to Timbre is not answered for a code that is in it.
        named = "" if needed > self._limits.min_similarity else question
        if earlier.about and not is_near(named, hits, needed):
            hits = self._found(f"{earlier.about}\n{question}", permitted)
        if not is_near(named, hits, needed):
            return _refusal(hits)
        prompt = self._prompt(question, hits, permitted, earlier)
        permitted.reads(prompt.read)
        show("")
        return self._checked(*self._writer.write(prompt, team_id=permitted.place.team_id, show=show))

    def _found(self, question: str, permitted: Permitted) -> list[Hit]:
        limit = self._limits.passages
        return self._retriever.search(question, permitted.place, limit=limit, without=permitted.without)

    def _prompt(self, question: str, hits: Sequence[Hit], permitted: Permitted, earlier: Earlier) -> Prompt:
        turns = newest(earlier.turns, self._writer.count_tokens, tokens=self._limits.history_tokens)
        examples = self._examples.shown(team_id=permitted.place.team_id, without=permitted.without)
        return Prompt(question, tuple(hits), turns, examples)

    def _as_it_stands(self, chunk: Chunk, pair: Pair) -> Answered:
        source = self._source(1, chunk, is_cited=True)
        return Answered(pair.answer, "", (source,), kind=AnswerKind.VERIFIED, read=(chunk.id,), verified=pair.id)

    def _checked(self, completion: Completion, prompt: Prompt) -> Answered:
        """Return what was written with the passages it rests on, and without citations that point nowhere."""
        hits = prompt.hits
        text, _ = check_citations(completion.text, passages=len(hits))
        text, cited = check_citations(with_right_numbers(text, passages_of(hits)), passages=len(hits))
        supported = bool(cited) or is_supported(text, passages_of(hits))
        is_known = bool(text) and (supported or not claims_nothing(text))
        if is_known and not supported:
            text = f"{text}\n\n{UNSUPPORTED}"
        elif unknown := not_read(text, [*prompt.given, self._house_style]):
            supported, text = False, f"{text}\n\n{_nowhere(unknown)}"
        if text and completion.ended in ENDINGS:
            text = f"{text}\n\n{ENDINGS[completion.ended]}"
        numbers = cited or range(1, len(hits) + 1)
        answered = Answered(
            text=text or DONT_KNOW,
            model=completion.model,
            sources=tuple(self._source(n, hits[n - 1].chunk, is_cited=bool(cited)) for n in numbers) if text else (),
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            read=prompt.read,
            is_supported=supported,
        )
        return answered if is_known else replace(answered, kind=AnswerKind.UNKNOWN, near=_near(hits))

    def _source(self, number: int, chunk: Chunk, *, is_cited: bool) -> Source:
        permalink = ""
        if chunk.pair_id is not None:
            with self._database.reading() as session:
                permalink = get_pair(session, chunk.pair_id).permalink
        # What has no title is told by how it begins.
        title = chunk.title.strip() or shorten(" ".join(chunk.text.split()), BEGINNING)
        return Source(number, chunk.id, title, permalink, is_cited, urls_in(chunk.text))


def _nowhere(figures: Sequence[str]) -> str:
    """Return what is said of figures that nothing holds which the answer was written from."""
    named = ", ".join(figures[:MOST_NAMED]) + (" and others" if len(figures) > MOST_NAMED else "")
    return f"_In nothing I read: {named}. Check before you rely on it._"


def _refusal(hits: Sequence[Hit]) -> Answered:
    near = _near(hits)
    read = tuple(hit.chunk.id for hit in hits if hit.chunk.pair_id in near)
    return Answered(DONT_KNOW, "", (), kind=AnswerKind.UNKNOWN, read=read, near=near)


def _near(hits: Sequence[Hit]) -> tuple[int, ...]:
    """Return the approved pairs whose answerers may know more."""
    return tuple(hit.chunk.pair_id for hit in hits if hit.similarity >= NEAR and hit.chunk.pair_id is not None)
