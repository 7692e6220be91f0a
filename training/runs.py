"""A run is asked for, or called off."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage import audit, runs
from storage.runs import Run, RunStatus
from training.dataset import MIN_QUESTIONS, Usable, usable_pairs
from training.errors import TrainingError


class RunRefusedError(TrainingError):
    """A request that can't be met; the message says why and what to do."""


class NotEnoughPairs(RunRefusedError):  # noqa: N818 - the name says what is the case
    """Too few approved answers to learn a voice from."""

    def __init__(self, usable: Usable, need: int) -> None:
        self.have, self.need = len(usable.pairs), need
        said = [f"A voice needs {need} approved answers and there are {self.have} to learn from."]
        if usable.indexing:
            said.append(f"{usable.indexing} more are being looked up: try again in a minute.")
        else:
            said.append(f"Approve {need - self.have} more, then retrain.")
        if self.have >= MIN_QUESTIONS:
            said.append("(`/timbre retrain anyway` does it with these; the report will hardly tell a difference.)")
        if usable.private:
            said.append(f"({usable.private} from private channels are left out: a voice answers everybody.)")
        if usable.too_long:
            said.append(f"({usable.too_long} with answers too long to learn are left out: edit them to be shorter.)")
        super().__init__(" ".join(said))


class RunInProgress(RunRefusedError):  # noqa: N818 - the name says what is the case
    """One run at a time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        super().__init__(f"Run {run.id} is {run.status} already: wait until it is done, or cancel it.")


class RunFinished(RunRefusedError):  # noqa: N818 - the name says what is the case
    """A run that can't be cancelled any more."""

    def __init__(self, run: Run) -> None:
        self.run = run
        super().__init__(f"Run {run.id} is {run.status.replace('_', ' ')} already: there is nothing left to cancel.")


def request_run(
    session: Session,
    *,
    team_id: str,
    requested_by: str,
    channel_id: str,
    min_pairs: int,
    now: datetime,
    forced: bool = False,
) -> Run:
    """Queue a run; a forced one with as few pairs as can be divided. Raises `NotEnoughPairs` or `RunInProgress`."""
    usable = usable_pairs(session, team_id=team_id)
    require_enough(usable, pairs_needed(min_pairs, forced=forced))
    # First of all, because an entry locks the team's audit chain until the transaction ends: of two requests at once,
    # the second sees the first one's run.
    details = {"channel_id": channel_id, "pairs": len(usable.pairs), "forced": forced}
    audit.append(session, team_id=team_id, actor=requested_by, action="run.requested", details=details, now=now)
    if unfinished := runs.unfinished_run(session, team_id=team_id):
        raise RunInProgress(unfinished)
    return runs.add_run(
        session, team_id=team_id, requested_by=requested_by, channel_id=channel_id, forced=forced, now=now
    )


def pairs_needed(min_pairs: int, *, forced: bool) -> int:
    """Return how many pairs a run needs: forced, only as many as can be divided into learning and testing."""
    return min(min_pairs, MIN_QUESTIONS) if forced else min_pairs


def require_enough(usable: Usable, min_pairs: int) -> None:
    """Raise `NotEnoughPairs` when there are fewer than `min_pairs`."""
    if len(usable.pairs) < min_pairs:
        raise NotEnoughPairs(usable, min_pairs)


def cancel_run(session: Session, run_id: int, *, by: str, now: datetime) -> Run:
    """Call a run off; its worker notices at its next heartbeat.

    Raises `RunFinished`, or `KeyError` when there is no such run.
    """
    if not runs.move_run(session, run_id, to=RunStatus.CANCELLED, only_from=runs.UNFINISHED, now=now):
        raise RunFinished(runs.get_run(session, run_id))
    run = runs.get_run(session, run_id)
    audit.append(session, team_id=run.team_id, actor=by, action="run.cancelled", details={"run_id": run_id}, now=now)
    return run
