"""Decisions about a new voice, by the buttons of its comparison."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.blocks.notices import votes_text
from bot.notices import Notices
from bot.slack.mrkdwn import escape
from bot.steering.commands import NotAllowedError, RoleCheck
from storage import audit
from storage.adapters import get_adapter
from storage.ballots import get_ballot
from storage.database import Database
from training.promotion import BallotClosed, BallotVoid, Promotion, PromotionError, VotesMissing
from training.voting import Tally

logger = logging.getLogger(__name__)

REFUSED = "decision.refused"
UNKNOWN = "I know nothing of this comparison any more."


@dataclass(frozen=True)
class DecisionClick:
    """Somebody pressed a button under a comparison."""

    ballot_id: int
    team_id: str
    by: str


class VoiceDecisions:
    """Carries out clicks on a comparison: who may is asked at the click, and what is refused is audited.

    `deciders` names who decides: reviewers or admins.
    """

    def __init__(
        self,
        database: Database,
        roles: RoleCheck,
        promotion: Promotion,
        notices: Notices,
        *,
        deciders: str,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._may_decide = roles.is_admin if deciders == "admins" else roles.is_reviewer
        self._promotion = promotion
        self._notices = notices
        self._deciders = deciders
        self._now = now

    def approve(self, click: DecisionClick) -> str:
        """Count an approval; the last one that was needed puts the voice to use. Returns what its user is told."""
        return self._carry_out(click, self._approve)

    def reject(self, click: DecisionClick) -> str:
        """Turn a voice down. Returns what its user is told."""
        return self._carry_out(click, self._reject)

    def ask_for_votes(self, click: DecisionClick) -> str:
        """Have one more person look at a voice. Returns what its user is told."""
        return self._carry_out(click, self._ask_for_votes)

    def _carry_out(self, click: DecisionClick, act: Callable[[DecisionClick], str]) -> str:
        try:
            self._require_right(click)
            return act(click)
        except (BallotClosed, BallotVoid) as err:
            # Its buttons are still there: decided in a process that died before it could say so, or out of date.
            self._show_decision(click.ballot_id, f":lock: {escape(str(err))}")
            return self._refuse(click, err)
        except VotesMissing as err:
            self._show_votes(click.ballot_id, self._promotion.votes(click.ballot_id))
            return escape(str(err))
        except (NotAllowedError, PromotionError) as err:
            return self._refuse(click, err)

    def _require_right(self, click: DecisionClick) -> None:
        try:
            with self._database.reading() as session:
                ballot = get_ballot(session, click.ballot_id)
        except KeyError:
            raise NotAllowedError(UNKNOWN) from None
        if ballot.team_id != click.team_id:
            raise NotAllowedError("This comparison belongs to another workspace, where it is decided.")
        if not self._may_decide(click.by):
            raise NotAllowedError(f"Only {self._deciders} decide about a new voice.")

    def _refuse(self, click: DecisionClick, error: Exception) -> str:
        """Log and audit a refusal and return its reason."""
        reason = type(error).__name__
        logger.warning("a click on ballot %s was refused: %s", click.ballot_id, reason)
        details = {"ballot_id": click.ballot_id, "from": click.team_id, "reason": reason}
        with self._database.writing() as session:
            try:
                team_id = get_ballot(session, click.ballot_id).team_id
            except KeyError:
                team_id = click.team_id
            audit.append(session, team_id=team_id, actor=click.by, action=REFUSED, details=details, now=self._now())
        return escape(str(error))

    def _approve(self, click: DecisionClick) -> str:
        swap = self._promotion.approve(click.ballot_id, by=click.by)
        said = f":white_check_mark: Approved by <@{click.by}>; *{swap.adapter}* is in use."
        self._show_decision(click.ballot_id, said)
        return f"*{swap.adapter}* answers from now on."

    def _reject(self, click: DecisionClick) -> str:
        self._promotion.reject(click.ballot_id, by=click.by)
        self._show_decision(click.ballot_id, f":x: Rejected by <@{click.by}>; nothing changed.")
        return "Rejected. The voice in use stays."

    def _ask_for_votes(self, click: DecisionClick) -> str:
        tally = self._promotion.ask_for_votes(click.ballot_id, by=click.by)
        self._show_votes(click.ballot_id, tally)
        return f"One more approval is needed now: {len(tally.approvals)} of {tally.needed} so far."

    def _show_votes(self, ballot_id: int, tally: Tally) -> None:
        run_id, voice = self._about(ballot_id)
        said = votes_text(tally.approvals, tally.needed)
        self._notices.show_votes(run_id, adapter=voice, ballot_id=ballot_id, votes=said)

    def _show_decision(self, ballot_id: int, decision: str) -> None:
        run_id, voice = self._about(ballot_id)
        self._notices.show_decision(run_id, adapter=voice, decision=decision)

    def _about(self, ballot_id: int) -> tuple[int, str]:
        """Return the run whose report it is, and the voice."""
        with self._database.reading() as session:
            adapter = get_adapter(session, get_ballot(session, ballot_id).adapter_id)
        return adapter.run_id, adapter.name
