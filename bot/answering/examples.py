"""Approved answers that show a model how the team writes, where it has not learnt the voice."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from storage.database import Database
from storage.knowledge import Chunk, latest_pair_chunks
from training.prompt import Example

LONGEST = 600
"""Characters of a question and its answer: a longer one shows no more of a voice, and costs as much as a passage."""
LOOKED_AT = 10
"""How many approved answers are looked at for each example."""


@dataclass(frozen=True)
class Shown:
    """An example, and the passage it is: whoever may not read that may not read what was written after it."""

    chunk_id: int
    example: Example


class Examples:
    """The latest approved answers that the whole team may read: the same ones from question to question."""

    def __init__(self, database: Database, *, count: int) -> None:
        self._database = database
        self._count = count

    def shown(self, *, team_id: str, without: Callable[[Chunk], bool]) -> tuple[Shown, ...]:
        """Return examples, leaving out those of which `without` is true."""
        if not self._count:
            return ()
        limit = self._count * LOOKED_AT
        with self._database.reading() as session:
            latest = latest_pair_chunks(session, team_id=team_id, channel_ids=(), limit=limit)
        short = (chunk for chunk in latest if len(chunk.title) + len(chunk.text) <= LONGEST)
        fitting = islice((chunk for chunk in short if not without(chunk)), self._count)
        return tuple(Shown(chunk.id, Example(chunk.title, chunk.text)) for chunk in fitting)
