"""What training has to say while it works and when it is over."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.blocks.layout import Block, context, section
from bot.slack.mrkdwn import escape, shorten
from storage.ballots import Ballot, BallotStatus
from storage.runs import Run, RunStatus

BAR = 12
ERROR_LIMIT = 500
ERASED = "An answer that this voice learnt from, or was tested on, was erased."
ENDED = {
    RunStatus.AWAITING_APPROVAL: "is done: its comparison is below",
    RunStatus.LIVE: "is done and its voice in use",
    RunStatus.REJECTED: "is done; its voice was rejected",
    RunStatus.EXPIRED: "is done; nobody decided on its voice in time",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "was cancelled",
}


def progress_text(run: Run) -> str:
    """Return how far a run has come, in one line."""
    if run.status in ENDED:
        return f"Training run {run.id} {ENDED[run.status]}."
    if run.status is RunStatus.QUEUED:
        return f"Training run {run.id} is queued and starts when a worker is free."
    progress = run.progress
    step, steps = int(progress.get("step", 0)), int(progress.get("steps", 0))
    phase = str(progress.get("phase", "starting"))
    if phase != "training" or not steps:
        return f"Training run {run.id}: {phase}…"
    filled = round(BAR * step / steps)
    told = [f"step {step} of {steps}", *_measured(progress)]
    return f"Training run {run.id} {'█' * filled}{'░' * (BAR - filled)} {', '.join(told)}"


def _measured(progress: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is known of a training beside its steps."""
    for name, form in (("loss", "loss {:.2f}"), ("tokens_per_s", "{:.0f} tokens/s")):
        if name in progress:
            yield form.format(progress[name])
    if (left := progress.get("seconds_left")) is not None:
        yield f"about {left:.0f} s left"
    at_once = progress.get("micro_batch_size")
    if at_once and at_once < progress.get("batch_size", 0):
        yield f"memory ran out, so {at_once} at once"


def progress(run: Run) -> list[Block]:
    """Return the message that is edited while a run goes on."""
    return [context(escape(progress_text(run)))]


def deployed_text(payload: Mapping[str, Any]) -> str:
    """Return the announcement of a change of voice."""
    by, before = payload["by"], payload["previous"]
    return f":loudspeaker: *{payload['adapter']}* answers from now on, decided by <@{by}>. Before it was {before}."


def votes_text(approvals: Sequence[str], needed: int) -> str:
    """Return what stands under a report while approvals are counted."""
    by = f" by {', '.join(f'<@{user}>' for user in approvals)}" if approvals else ""
    return f":ballot_box_with_ballot: {len(approvals)} of {needed} approvals{by}."


def votes_wanted_text(payload: Mapping[str, Any]) -> str:
    """Return what people are told when somebody wants others to look, too."""
    return (
        f":eyes: <@{payload['by']}> asks that one more person looks at *{payload['adapter']}*: "
        f"{payload['given']} of {payload['needed']} approvals so far."
    )


def failed_text(payload: Mapping[str, Any]) -> str:
    """Return what people are told of a run that failed."""
    return f":warning: Training run {payload['run_id']} failed: {escape(shorten(str(payload['error']), ERROR_LIMIT))}"


def erased_text(ballot: Ballot) -> str:
    """Return what stands under a report since an answer that it told of, or that its voice learnt from, was erased."""
    if ballot.status is BallotStatus.OPEN:
        return f":lock: {ERASED} Retrain to compare again."
    by = f" by <@{ballot.decided_by}>" if ballot.decided_by else ""
    return f"{str(ballot.status).capitalize()}{by}. {ERASED}"


def refused_text(payload: Mapping[str, Any]) -> str:
    """Return what people are told of a voice in use that the model server can't use."""
    reason = escape(shorten(str(payload["reason"]), ERROR_LIMIT))
    return (
        f":warning: *{payload['adapter']}* is in use but can't be loaded, so the base model answers: {reason}\n"
        "An admin can make a new voice with `/timbre retrain`, or end this with `/timbre rollback base`."
    )


def notice(mrkdwn: str) -> list[Block]:
    """Return one paragraph."""
    return [section(mrkdwn)]
