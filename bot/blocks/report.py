"""The comparison that reviewers decide by, and what became of it."""

from collections.abc import Mapping
from typing import Any

from bot.blocks.layout import Block, actions, button, context, header, section, table
from bot.slack.mrkdwn import escape, shorten
from storage.runs import Run

APPROVE = "ballot_approve"
REJECT = "ballot_reject"
MORE_VOTES = "ballot_more_votes"
SAMPLE_LIMIT = 600
LOSS_NOTE = (
    "Loss on approved answers kept out of training, in nats a token: how surprising your words are. Lower is better."
)
ARMS = {"base": "Base model", "live": "In use", "candidate": "New voice"}


def report(run: Run, *, adapter: str, ballot_id: int, votes: str = "") -> list[Block]:
    """Return the report of a run whose candidate waits for a decision. `votes`: how many have approved, in words."""
    value = str(ballot_id)
    buttons = [
        button("Approve", action_id=APPROVE, value=value, style="primary"),
        button("Reject", action_id=REJECT, value=value, style="danger"),
        button("Ask for more votes", action_id=MORE_VOTES, value=value),
    ]
    said = [context(votes)] if votes else []
    return [*_findings(run, adapter), *said, actions(*buttons)]


def decided(run: Run, *, adapter: str, decision: str) -> list[Block]:
    """Return the report with what was decided in place of its buttons."""
    return [*_findings(run, adapter), context(decision)]


def summary(adapter: str) -> str:
    """Return the notification text of a report."""
    return f"{adapter} is ready to be compared with the voice in use"


def _findings(run: Run, adapter: str) -> list[Block]:
    found: Mapping[str, Any] = run.result["report"]
    blocks = [
        header(f"A new voice is ready: {adapter}"),
        section(f"*{escape(found['verdict'])}*"),
        table(_rows(found)),
        context(LOSS_NOTE),
    ]
    blocks += [section(_sample(sample, adapter)) for sample in found["samples"][:3]]
    return [*blocks, context(_trained_on(run))]


def _rows(found: Mapping[str, Any]) -> list[list[str]]:
    rows = [["Voice", "Loss", "New voice's difference (95%)"]]
    for arm, loss in found["loss"].items():
        difference = found["differences"].get(arm)
        rows.append([ARMS.get(arm, arm), f"{loss:.3f}", _interval(difference) if difference else "—"])
    return rows


def _interval(difference: Mapping[str, float]) -> str:
    return f"{difference['difference']:+.3f} ({difference['low']:+.3f} to {difference['high']:+.3f})"


def _sample(sample: Mapping[str, Any], adapter: str) -> str:
    answers = sample["answers"]
    before = answers.get("live", answers.get("base", ""))
    lines = [f"*{_line(sample['question'])}*", f"> _now:_ {_line(before)}"]
    return "\n".join([*lines, f"> _{adapter}:_ {_line(answers['candidate'])}"])


def _line(text: str) -> str:
    return escape(shorten(" ".join(text.split()), SAMPLE_LIMIT)) or "(nothing)"


def _trained_on(run: Run) -> str:
    result = run.result
    return (
        f"Run {run.id}, asked for by <@{run.requested_by}>, learnt from {result['train_pairs']} approved pairs "
        f"in {result['seconds']:.0f} s. Validation loss: {result['val_loss_start']:.2f}, "
        f"then {result['val_loss_end']:.2f}."
    )
