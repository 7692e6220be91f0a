"""Which voices were in use before, told from the audit."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from storage import audit
from storage.adapters import Adapter, AdapterStatus, LiveVoice, adapter_by_name, list_adapters
from training.refusals import NoSuchVoice

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


def earlier_voice(session: Session, live: LiveVoice, to: str | None, *, base_name: str) -> Adapter | None:
    """Return the adapter to go back to, or None for the base model; without `to`, the one before. Raises `NoSuchVoice`.

    Only a voice that people approved once can be gone back to.
    """
    if live.adapter is None and to in (None, base_name):
        raise NoSuchVoice(f"The base model is in use: {_instead(earlier_voices(session, team_id=live.team_id))}.")
    name = previous_voice(session, live, base_name=base_name) if to is None else to
    if name == base_name:
        return None
    adapter = adapter_by_name(session, team_id=live.team_id, name=name)
    if adapter is None or adapter.status not in (AdapterStatus.RETIRED, AdapterStatus.LIVE):
        raise NoSuchVoice(f"There is no approved voice called {name}: name one that was in use before.")
    if live.adapter and live.adapter.id == adapter.id:
        raise NoSuchVoice(f"{name} is in use already.")
    return adapter


def earlier_voices(session: Session, *, team_id: str) -> list[str]:
    """Return the names of the voices that were in use and can be brought back, newest first."""
    return [voice.name for voice in list_adapters(session, team_id=team_id) if voice.status == AdapterStatus.RETIRED]


def how_to_bring_back(names: Sequence[str]) -> str:
    """Return what an admin types for the first few of the voices, the words of a sentence."""
    return " or ".join(f"`/timbre rollback {name}`" for name in names[:NAMED])


def _instead(earlier: list[str]) -> str:
    if not earlier:
        return "there is no voice before it to go back to"
    return f"to bring an approved voice back, type {how_to_bring_back(earlier)}"
