"""Which voices were in use before, told from the audit."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from storage import audit
from storage.adapters import AdapterStatus, LiveVoice, list_adapters

APPROVED = "voice.approved"
ROLLED_BACK = "voice.rolled_back"
NAMED = 5


def previous_voice(session: Session, live: LiveVoice, *, base_name: str) -> str:
    """Return the name of the voice that the one in use replaced; at the bottom is the base model.

    A voice that was rolled back from is no longer on the way: rolling back twice goes two voices back, and two people
    who roll back at once do not bring the bad voice back.
    """
    stack = [base_name]
    for entry in audit.entries(session, team_id=live.team_id):
        if entry.action == APPROVED:
            stack.append(str(entry.details["adapter"]))
        elif entry.action == ROLLED_BACK:
            target = str(entry.details["adapter"])
            stack = stack[: stack.index(target) + 1] if target in stack else [*stack, target]
    return stack[-2] if len(stack) > 1 else base_name


def earlier_voices(session: Session, *, team_id: str) -> list[str]:
    """Return the names of the voices that were in use and can be brought back, newest first."""
    return [voice.name for voice in list_adapters(session, team_id=team_id) if voice.status == AdapterStatus.RETIRED]


def how_to_bring_back(names: Sequence[str]) -> str:
    """Return what an admin types for the first few of the voices, the words of a sentence."""
    return " or ".join(f"`/timbre rollback {name}`" for name in names[:NAMED])
