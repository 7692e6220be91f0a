"""What Timbre says beside an answer: who stands behind it, who might know more, what it could not look into."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.answering.answered import Answered
from bot.answering.places import Scope
from storage.answers import AnswerKind
from storage.database import Database
from storage.pairs import get_pair
from storage.people import opted_out
from storage.verifications import Verified, verified_of

MOST_NAMED = 3
LEFT_OUT = "I could not check who reads along here, so I only used what was said here."
FOR_MEMBERS = "Not everybody here is a member of the team, so I only used what was said here."


class Notes:
    """`name_of` says what somebody is called; nobody is pinged."""

    def __init__(
        self,
        database: Database,
        name_of: Callable[[str], str],
        *,
        valid_for: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._name_of = name_of
        self._valid_for = valid_for
        self._now = now

    def beside(self, answered: Answered, scope: Scope) -> str:
        """Return the small print above an answer."""
        if answered.verified is not None:
            return self._verified(answered.verified)
        if answered.kind is not AnswerKind.UNKNOWN:
            return ""
        if not scope.is_certain:
            return LEFT_OUT
        return FOR_MEMBERS if scope.is_limited else ""

    def who_might_know(self, answered: Answered, *, team_id: str, asker: str) -> str:
        """Return a sentence that names who answered something near a question; empty where nobody did."""
        if not answered.near:
            return ""
        with self._database.reading() as session:
            silent = opted_out(session, team_id=team_id) | {asker, ""}
            pairs = [get_pair(session, pair_id) for pair_id in answered.near]
        people = dict.fromkeys(pair.answered_by for pair in pairs if pair.answered_by not in silent)
        names = [self._name_of(user_id) for user_id in list(people)[:MOST_NAMED]]
        return f"You could ask {_listed(names)}, who answered something near it." if names else ""

    def _verified(self, pair_id: int) -> str:
        with self._database.reading() as session:
            standing = verified_of(session, get_pair(session, pair_id))
        return "Verified answer" if standing is None else self._standing(standing)

    def _standing(self, standing: Verified) -> str:
        due = standing.at + self._valid_for
        by = f" by {self._name_of(standing.by)}" if standing.by else ""
        check = f"check again by {_day(due)}" if due > self._now() else f"due to be checked again since {_day(due)}"
        return f"Verified answer · approved{by} on {_day(standing.at)} · {check}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
