"""Has the vector index follow SQL, and looks up what each approved pair would have been answered from."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.answering.embedding import are_alike, embed_chunks
from bot.answering.model_errors import TextRefusedError
from bot.answering.retrieval import Hit, Place, Retriever
from storage.database import Database
from storage.knowledge import (
    Chunk,
    chunks_to_index,
    ids_to_index,
    indexed_chunks,
    mark_all_unindexed,
    mark_indexed,
    readable_chunks,
    standing_chunks,
)
from storage.pairs import Pair, set_context
from storage.vectors import Held, VectorIndex, fingerprint
from storage.waiting import pairs_without_context

logger = logging.getLogger(__name__)

BATCH = 64
LOGGED_EVERY = 16 * BATCH
COMPARED_AT_ONCE = 1000
PROBES = 3
"""Passages that are embedded once more to see whether the embedder is the one that made the index."""
PROBED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Differences:
    """How the index differs from SQL: passages it lacks, vectors it should not have, and vectors of other texts.

    `waiting`: passages that are yet to be embedded or let go of, which is no difference.
    """

    passages: int
    missing: int
    extra: int
    stale: int
    waiting: int = 0

    @property
    def total(self) -> int:
        return self.missing + self.extra + self.stale


class Indexing:
    """Runs where the index is owned. Every step can be repeated, so a crash between two of them loses nothing."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        embed: Callable[[Sequence[str]], list[list[float]]],
        retriever: Retriever,
        *,
        passages: int,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._index = index
        self._embed = embed
        self._retriever = retriever
        self._passages = passages
        self._now = now
        self._probed_at: datetime | None = None

    def check(self) -> None:
        """Rebuild an index that was lost, or belongs to another embedder, from SQL."""
        if self._index.former:
            logger.info("passages are embedded anew; until that is done, %s's index answers", self._index.former)
        elif self._index.is_cut_short or (self._index.is_empty and self._standing(after=0, limit=1)):
            self._make_anew()
            return
        if self._index.is_empty or not self._index.is_marked:
            self._mark_all()

    def check_embedder(self) -> None:
        """Rebuild an index whose embedder makes other vectors by now, once an hour.

        A name says little: at another address, or after an update, another model may go by it. Vectors of two can't be
        compared, and nothing but what is found would tell. Raises `VoiceServerError`.
        """
        now = self._now()
        if self._probed_at is not None and now - self._probed_at < PROBED_EVERY:
            return
        if not self._is_its_embedder():
            logger.warning(
                "the embedder makes other vectors than those in the index: every passage is embedded anew; until that "
                "is done, they are found by their words"
            )
            self._make_anew()
        self._probed_at = now

    def _is_its_embedder(self) -> bool:
        """Return whether the passages that were indexed first would get the vectors that they have."""
        with self._database.reading() as session:
            chunks = indexed_chunks(session, limit=PROBES)
        held = self._index.vectors(chunks)
        probes = [chunk for chunk in chunks if chunk.id in held]
        try:
            made = embed_chunks(probes, self._embed) if probes else []
        except TextRefusedError:
            return True  # as far as can be told
        return are_alike(made, [held[chunk.id] for chunk in probes])

    def rebuild(self, on_progress: Callable[[int], None] = lambda _: None) -> int:
        """Make the index anew from SQL; returns how many chunks it holds."""
        self._index.begin()
        self._mark_all()
        self._index.clear()
        return self.follow(on_progress)

    def catch_up(self) -> None:
        """Follow SQL, then look up the passages of pairs that have none: in this order, so that all are there."""
        try:
            self.check_embedder()
        finally:
            self.follow()  # what was erased leaves the index even where no embedder answers
        while self.add_contexts():
            self.follow()

    def follow(self, on_progress: Callable[[int], None] = lambda _: None) -> int:
        """Bring the index up to SQL; returns how many chunks were embedded or removed, and tells it on the way."""
        total = 0
        if self._index.is_cut_short:
            self._make_anew()
        while chunks := self._next_chunks():
            # First what goes, which needs no model: what was erased must not stay for as long as one is away.
            removed = [chunk for chunk in chunks if chunk.removed]
            if removed:
                self._index.remove(removed)
                self._mark(removed)
            standing = [chunk for chunk in chunks if not chunk.removed]
            if standing:
                self._put(standing)
                self._mark(standing)
            total += len(chunks)
            on_progress(total)
            if total % LOGGED_EVERY == 0:
                logger.info("%d passages embedded or removed so far", total)
        if self._index.is_marked and (self._index.former or not self._index.is_whole):
            self._index.finish()
            logger.info("every passage is embedded by the embedder in use, whose index answers from now on")
        return total

    def _put(self, chunks: Sequence[Chunk]) -> None:
        """Embed passages into the index; one whose text the embedder refuses is named, and found by its words alone."""
        try:
            self._index.upsert(chunks, embed_chunks(chunks, self._embed))
        except TextRefusedError:
            if len(chunks) == 1:
                self._leave_out(chunks[0])
            else:  # which of them it is, halving tells in the fewest requests
                middle = len(chunks) // 2
                self._put(chunks[:middle])
                self._put(chunks[middle:])

    def _leave_out(self, chunk: Chunk) -> None:
        self._index.remove([chunk])  # it may hold the vector of what the passage said before
        of = f"pair {chunk.pair_id}" if chunk.pair_id else f"document {chunk.document_id}"
        logger.warning("passage %d of %s is found by its words alone: the embedder refuses its text", chunk.id, of)

    def compare(self) -> Differences:
        """Return how the index differs from SQL."""
        held, missing, stale, standing, last = self._index.contents(), 0, 0, 0, 0
        with self._database.reading() as session:
            waiting = ids_to_index(session)
        while chunks := self._standing(after=last, limit=COMPARED_AT_ONCE):
            for chunk in chunks:
                made_of = held.pop(Held(chunk.id, chunk.team_id, chunk.channel_id), None)
                if chunk.id not in waiting:
                    missing += made_of is None
                    stale += made_of is not None and made_of != fingerprint(chunk)
            standing, last = standing + len(chunks), chunks[-1].id
        extra = sum(one.chunk_id not in waiting for one in held)
        return Differences(standing, missing=missing, extra=extra, stale=stale, waiting=len(waiting))

    def add_contexts(self) -> int:
        """Look up the passages of approved pairs that have none yet; returns for how many it was done."""
        with self._database.reading() as session:
            pairs = pairs_without_context(session, limit=BATCH)
        return sum(self._add_context(pair) for pair in pairs)

    def _add_context(self, pair: Pair) -> bool:
        # As at answer time, except that nobody had answered this question yet.
        place = Place(pair.team_id, (pair.channel_id,) if pair.channel_is_private else ())
        try:
            hits = self._retriever.search(
                pair.question, place, limit=self._passages, without=lambda chunk: chunk.pair_id == pair.id
            )
        except TextRefusedError:
            hits = []  # or it would be looked up for ever, and no pair after it
        with self._database.writing() as session:
            if is_current := self._are_current(session, hits, place):
                set_context(session, pair.id, [_as_context(hit) for hit in hits])
        return is_current

    def _make_anew(self) -> None:
        """Have all vectors made from nothing: marked first, as an index without vectors and marks would pass for whole.

        Cut short, by the database or by the end of the process, it is done again from its beginning.
        """
        self._index.begin()
        self._mark_all()
        self._index.empty()

    def _mark_all(self) -> None:
        with self._database.writing() as session:
            mark_all_unindexed(session)
        self._index.mark()

    def _standing(self, *, after: int, limit: int) -> list[Chunk]:
        with self._database.reading() as session:
            return standing_chunks(session, after=after, limit=limit)

    def _mark(self, chunks: list[Chunk]) -> None:
        with self._database.writing() as session:
            mark_indexed(session, chunks, now=self._now())

    def _next_chunks(self) -> list[Chunk]:
        with self._database.reading() as session:
            return chunks_to_index(session, limit=BATCH)

    def _are_current(self, session: Session, hits: list[Hit], place: Place) -> bool:
        """Return whether a search would still find `hits`: no document came, and no answer was taken back, since."""
        waiting = chunks_to_index(session, limit=BATCH)
        if len(waiting) == BATCH or any(chunk.document_id for chunk in waiting):
            return False
        ids = [hit.chunk.id for hit in hits]
        standing = readable_chunks(session, ids, team_id=place.team_id, channel_ids=place.channel_ids)
        return all(standing.get(hit.chunk.id) == hit.chunk for hit in hits)


def _as_context(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {"title": chunk.title, "text": chunk.text, "chunk_id": chunk.id, "pair_id": chunk.pair_id}
