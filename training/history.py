"""Which voices were in use before, told from the audit."""

from sqlalchemy.orm import Session

from storage import audit
from storage.adapters import LiveVoice

APPROVED = "voice.approved"
ROLLED_BACK = "voice.rolled_back"


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
