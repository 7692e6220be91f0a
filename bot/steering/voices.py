"""Commands about voices."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot.blocks.notices import progress_text
from bot.notices import progress_key
from bot.slack.mrkdwn import escape
from bot.slack.payloads import CommandCall
from bot.steering.commands import Command, NotAllowedError, RoleCheck, UsageError, require_admin
from storage import outbox
from storage.adapters import list_adapters, live_voice
from storage.database import Database
from storage.knowledge import count_chunks, count_documents
from storage.pairs import PairStatus, count_by_status
from storage.runs import list_runs
from training.config import TrainingConfig
from training.history import earlier_voices, how_to_bring_back
from training.overriding import override
from training.promotion import Promotion
from training.readiness import lines, readiness
from training.runs import RunRefusedError, cancel_run, request_run

logger = logging.getLogger(__name__)


class VoiceCommands:
    """`status`, `advise`, `retrain`, `cancel`, `override` and `rollback`."""

    def __init__(
        self,
        database: Database,
        roles: RoleCheck,
        promotion: Promotion,
        *,
        training: TrainingConfig,
        read_approvals: Callable[[str], int],
        base_name: str,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._roles = roles
        self._promotion = promotion
        self._training = training
        self._reread = read_approvals
        self._base_name = base_name
        self._now = now

    def __iter__(self) -> Iterator[Command]:
        yield Command("status", "status", "the voice in use, what it knows and what it is learning", self._status)
        yield Command(
            "advise", "advise", "whether there is enough to learn a voice from (reviewers)", self._advise, is_slow=True
        )
        yield Command(
            "retrain",
            "retrain [anyway]",
            "learn a new voice from all approved answers, however few with `anyway` (admins)",
            self._retrain,
            is_slow=True,
        )
        yield Command("cancel", "cancel", "stop the run in progress (admins)", self._cancel)
        yield Command(
            "override", "override VOICE REASON", "let a voice be approved that failed a check (admins)", self._override
        )
        yield Command(
            "rollback", "rollback [VOICE]", "return to the voice before, or to VOICE (admins)", self._rollback
        )

    def _status(self, call: CommandCall) -> str:
        with self._database.reading() as session:
            in_use = self._in_use(session, call.team_id)
            pairs = count_by_status(session, team_id=call.team_id)
            passages, waiting = count_chunks(session, team_id=call.team_id)
            documents = count_documents(session, team_id=call.team_id)
            runs = list_runs(session, team_id=call.team_id, limit=1)
        lines = [
            f"*Voice in use:* {in_use}",
            f"*Approved answers:* {pairs.get(PairStatus.APPROVED, 0)} (training needs {self._training.min_pairs})",
            f"*Knowledge:* {documents} documents, {passages} passages"
            + (f", {waiting} being indexed" if waiting else ""),
            f"*Last run:* {progress_text(runs[0]) if runs else 'none yet; an admin starts one with `/timbre retrain`'}",
        ]
        return "\n".join(lines)

    def _in_use(self, session: Session, team_id: str) -> str:
        """Return the name of the voice in use, and which others can be brought back."""
        live = live_voice(session, team_id=team_id)
        name = live.adapter.name if live.adapter else self._base_name
        if earlier := earlier_voices(session, team_id=team_id):
            return f"{name} (an admin brings an earlier voice back with {how_to_bring_back(earlier)})"
        if live.adapter:
            return name
        learnt = list_adapters(session, team_id=team_id)
        return f"{name} ({'no voice has been approved yet' if learnt else 'nothing learnt yet'})"

    def _retrain(self, call: CommandCall) -> str:
        require_admin(self._roles, call)
        forced = _is_forced(call)
        self._read_approvals(call.team_id)
        now = self._now()
        with self._database.writing() as session:
            run = request_run(
                session,
                team_id=call.team_id,
                requested_by=call.user_id,
                channel_id=call.channel_id,
                min_pairs=self._training.min_pairs,
                now=now,
                forced=forced,
            )
            outbox.enqueue(
                session,
                team_id=call.team_id,
                key=progress_key(run.id),
                kind="progress",
                payload={"run_id": run.id},
                now=now,
            )
        with self._database.reading() as session:
            found = readiness(session, self._training, team_id=call.team_id)
        queued = f"Run {run.id} is queued. Its progress and the comparison are posted in the review channel."
        return "\n".join([queued, *map(escape, found.cautions)])

    def _read_approvals(self, team_id: str) -> None:
        """Bring the approvals in line with the reactions in Slack: events get lost, and a run learns for long."""
        try:
            self._reread(team_id)
        except SlackApiError as err:
            logger.warning("approvals can't be read before training: %s", err.response["error"])
            raise RunRefusedError(
                "I can't read the approvals in Slack just now, and don't learn from old ones: try again in a minute."
            ) from err

    def _advise(self, call: CommandCall) -> str:
        if not self._roles.is_reviewer(call.user_id):
            raise NotAllowedError("Only reviewers may `/timbre advise`.")
        with self._database.reading() as session:
            found = readiness(session, self._training, team_id=call.team_id)
        measure = "`timbre advise` on the command line also measures how far prompting alone gets."
        return "\n".join(escape(line) for line in filter(None, [*lines(found), measure]))

    def _cancel(self, call: CommandCall) -> str:
        require_admin(self._roles, call)
        with self._database.writing() as session:
            runs = list_runs(session, team_id=call.team_id, limit=1)
            if not runs:
                return "There is no run to cancel."
            run = cancel_run(session, runs[0].id, by=call.user_id, now=self._now())
        return f"Run {run.id} is cancelled."

    def _override(self, call: CommandCall) -> str:
        require_admin(self._roles, call)
        if len(call.arguments) < 2:
            raise UsageError("Say which voice, and why it may be used.")
        voice, *words = call.arguments
        said = {"team_id": call.team_id, "voice": voice, "reason": " ".join(words), "by": call.user_id}
        with self._database.writing() as session:
            ballot = override(session, **said, now=self._now())
        failed = escape(", ".join(ballot.failed_gates))
        return f"*{voice}* can be approved in spite of {failed}: by the buttons of its report, as any other."

    def _rollback(self, call: CommandCall) -> str:
        require_admin(self._roles, call)
        to = call.arguments[0] if call.arguments else None
        swap = self._promotion.rollback(team_id=call.team_id, to=to, by=call.user_id)
        return f"*{swap.adapter}* answers from now on; before it was {swap.previous}."


def _is_forced(call: CommandCall) -> bool:
    """Return whether somebody wants a run in spite of too few pairs. Raises `UsageError` for any other word."""
    if call.arguments not in ((), ("anyway",)):
        raise UsageError(f"I don't know what {' '.join(call.arguments)} means here.")
    return bool(call.arguments)
