"""What Timbre could not answer: nearly the same questions together, the most asked first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bot.answering.places import Audience, Places
from bot.answering.retrieval import Retriever
from bot.answering.verified import VerifiedAnswers
from storage.answers import PRIVATE, Answer, unanswered
from storage.database import Database

SINCE = timedelta(days=90)
MOST_READ = 200
MOST_SHOWN = 10
SAME = 0.65
"""Cosine of two questions from which they are one gap; nobody is misled where two are taken for one.

Of 200 rephrasings of StackFAQ's questions, 97 in 100 are then in a group of their own kind (docs/experiments.md).
"""


@dataclass(frozen=True)
class Gap:
    """A question that could not be answered, as it was put last, how often it was put, and by how many people."""

    question: str
    times: int
    people: int
    channel_id: str
    last_at: datetime


@dataclass(frozen=True)
class Found:
    """`elsewhere`: how many questions were put where the reader can't look."""

    gaps: tuple[Gap, ...]
    elsewhere: int


class Gaps:
    """`may_see` says whether somebody can read a conversation: what is asked in private is not listed for others."""

    def __init__(
        self,
        database: Database,
        places: Places,
        retriever: Retriever,
        embed: Callable[[Sequence[str]], list[list[float]]],
        may_see: Callable[[str, str], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._places = places
        self._retriever = retriever
        self._embed = embed
        self._verified = VerifiedAnswers(database, embed)
        self._may_see = may_see
        self._now = now

    def found(self, *, team_id: str, reader: str) -> Found:
        """Return what was asked in vain in the last three months and has no approved answer since."""
        with self._database.reading() as session:
            asked = unanswered(session, team_id=team_id, since=self._now() - SINCE, limit=MOST_READ)
        can_see = {channel_id: self._may_see(reader, channel_id) for channel_id in {one.channel_id for one in asked}}
        # An answer for its asker alone was asked for in private, wherever that was.
        seen = [one for one in asked if can_see[one.channel_id] and not one.question_ts.startswith(PRIVATE)]
        groups = self._groups(seen)
        open_ones = [group for group in groups if not self._is_answered(group[0])]
        gaps = [_gap(group) for group in sorted(open_ones, key=len, reverse=True)[:MOST_SHOWN]]
        return Found(tuple(gaps), len(asked) - len(seen))

    def _groups(self, asked: Sequence[Answer]) -> list[list[Answer]]:
        """Return the questions in groups; each joins the first group whose latest question is nearly the same."""
        if not asked:
            return []
        vectors = np.asarray(self._embed([one.question for one in asked]), dtype=np.float32)
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        groups: list[list[int]] = []
        for number in range(len(asked)):
            near = next((group for group in groups if float(unit[group[0]] @ unit[number]) >= SAME), None)
            if near is None:
                groups.append([number])
            else:
                near.append(number)
        return [[asked[number] for number in group] for group in groups]

    def _is_answered(self, latest: Answer) -> bool:
        scope = self._places.scope(Audience(latest.team_id, latest.channel_id))
        hits = self._retriever.search(latest.question, scope.place, limit=3, without=self._places.keeps_out(scope))
        return self._verified.among(latest.question, hits) is not None


def _gap(group: Sequence[Answer]) -> Gap:
    latest = group[0]
    people = len({one.asked_by for one in group})
    return Gap(latest.question, len(group), people, latest.channel_id, latest.created_at)
