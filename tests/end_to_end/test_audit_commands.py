"""`timbre audit` at the terminal."""

import json
import sqlite3
from datetime import UTC, datetime

import pytest

from storage import audit
from storage.database import Database, sqlite_url
from storage.workspaces import register_workspace
from tests.end_to_end.commands import Timbre

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEAM = "THARBOUR"


def write_entries(timbre: Timbre, count: int) -> None:
    timbre("db", "upgrade")
    database = Database(sqlite_url(timbre.folder / ".timbre"))
    with database.writing() as session:
        register_workspace(session, team_id=TEAM, name="Harbour", now=NOW)
        for number in range(count):
            details = {"adapter": f"voice-{number}"}
            audit.append(session, team_id=TEAM, actor="UADA", action="voice.approved", details=details, now=NOW)
    database.close()


def tamper(timbre: Timbre, statement: str) -> None:
    """Change the file as somebody with the database could who also takes its guards away."""
    with sqlite3.connect(timbre.folder / ".timbre" / "timbre.db") as connection:
        connection.execute("DROP TRIGGER audit_unchanged")
        connection.execute("DROP TRIGGER audit_undeleted")
        connection.execute(statement)
    connection.close()


def test_an_audit_is_listed_and_verified_and_a_changed_entry_is_named(timbre: Timbre) -> None:
    write_entries(timbre, 3)
    listed = timbre("audit", "list").out.splitlines()
    assert [line.partition(" UADA ")[2] for line in listed] == [
        f"voice.approved: adapter voice-{number}" for number in range(3)
    ]
    sound = timbre("audit", "verify", "--json").document
    assert (sound["entries"], sound["problem"]) == (3, None)
    assert timbre("audit", "verify", "--head", sound["head"]).code == 0

    tamper(timbre, "UPDATE audit SET actor = 'UEVE' WHERE id = 2")
    broken = timbre("audit", "verify")
    assert (broken.code, broken.err) == (1, "")
    assert broken.out.startswith("Entry 2 does not follow from the one before")


def test_entries_cut_off_at_the_end_are_missed_by_a_hash_noted_before(timbre: Timbre) -> None:
    write_entries(timbre, 3)
    head = timbre("audit", "verify").out.splitlines()[-1]
    tamper(timbre, "DELETE FROM audit WHERE id = 3")
    assert timbre("audit", "verify").code == 0
    cut = timbre("audit", "verify", "--head", head, "--json")
    assert cut.code == 1
    assert "cut off at the end" in json.loads(cut.out)["problem"]


@pytest.mark.parametrize(("head", "said"), [("0", "too short"), ("0" * 64, "cut off at the end")])
def test_what_would_fit_any_chain_proves_nothing(timbre: Timbre, head: str, said: str) -> None:
    write_entries(timbre, 1)
    verified = timbre("audit", "verify", "--head", head)
    assert verified.code == 1
    assert said in verified.out
