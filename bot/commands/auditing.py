"""The commands about the audit."""

from pathlib import Path

from bot.commands.opening import open_database, open_kept, team_of
from bot.console import print_json, say
from storage import audit
from storage.audit import Entry

HASH_SHOWN = 12


def audit_list(data: Path | None, as_json: bool) -> None:
    """List who did what."""
    found, _ = _read(data)
    if as_json:
        print_json({"entries": [{**vars(entry), "at": entry.at.isoformat()} for entry in found]})
        return
    for entry in found:
        details = ", ".join(f"{name} {value}" for name, value in entry.details.items())
        say(f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.hash[:HASH_SHOWN]} {entry.actor} {entry.action}: {details}")
    if not found:
        say("Nothing has been decided yet.")


def audit_verify(data: Path | None, head: str | None, as_json: bool) -> None:
    """Check the chain of hashes. What was cut off at its end is found only with a `head` that was noted before."""
    found, broken = _read(data)
    problem = _problem(found, broken, head)
    if as_json:
        last = found[-1].hash if found else None
        print_json({"entries": len(found), "head": last, "first_broken": broken, "problem": problem})
    elif problem is None:
        say(f"{len(found)} entries, each follows from the one before. The last one's hash, for --head:")
        say(found[-1].hash if found else audit.GENESIS)
    else:
        say(problem)
    if problem:
        raise SystemExit(1)


def _problem(found: list[Entry], broken: int | None, head: str | None) -> str | None:
    if broken is not None:
        return f"Entry {broken} does not follow from the one before: it, or what was before it, was changed or dropped."
    if head and len(head) < HASH_SHOWN:
        return f"--head {head} is too short to tell entries apart: give {HASH_SHOWN} signs of the hash, or all."
    known = [entry.hash for entry in found] or [audit.GENESIS]
    if head and not any(hash_.startswith(head) for hash_ in known):
        return f"No entry has the hash {head}: entries were cut off at the end, or it is another workspace's."
    return None


def _read(data: Path | None) -> tuple[list[Entry], int | None]:
    """Return the entries, and the id of the first that does not follow."""
    database = open_database(open_kept(data, at_least="WARNING"))
    try:
        team_id = team_of(database)
        with database.reading() as session:
            return audit.entries(session, team_id=team_id), audit.first_broken(session, team_id=team_id)
    finally:
        database.close()
