"""`timbre runs` and `timbre advise` at the terminal."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database, sqlite_url
from storage.pairs import Candidate, PairStatus, add_candidate, set_context, set_status
from storage.runs import Run, RunStatus, add_run, move_run, report_progress
from storage.workspaces import register_workspace
from tests.end_to_end.commands import Timbre

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEAM = "THARBOUR"


@pytest.fixture
def database(timbre: Timbre) -> Iterator[Database]:
    timbre("db", "upgrade")
    opened = Database(sqlite_url(timbre.folder / ".timbre"))
    with opened.writing() as session:
        register_workspace(session, team_id=TEAM, name="Harbour", now=NOW)
    yield opened
    opened.close()


def queue(database: Database) -> Run:
    with database.writing() as session:
        return add_run(session, team_id=TEAM, requested_by="UADA", channel_id="CHELP", now=NOW)


def end(database: Database, run: Run, status: RunStatus, error: str | None = None) -> None:
    with database.writing() as session:
        report_progress(session, run.id, {"phase": "done"})
        move_run(session, run.id, to=status, only_from=(RunStatus.QUEUED,), now=NOW, error=error)


def approve(database: Database, count: int) -> None:
    with database.writing() as session:
        for number in range(count):
            stamps: Any = {"thread_ts": f"{number}.0", "question_ts": f"{number}.0", "answer_ts": f"{number}.1"}
            candidate = Candidate(
                team_id=TEAM,
                channel_id="CHELP",
                channel_is_private=False,
                question=f"What does berth {number * 37} cost?",
                answer=f"Ahoy, berth {number * 37} be {number} crowns! Arr!",
                asked_by="UTOM",
                answered_by="UMIA",
                permalink="",
                **stamps,
            )
            pair = add_candidate(session, candidate, now=NOW)
            set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
            set_context(session, pair.id, [{"title": "Berths", "text": f"Berth {number * 37}: {number} crowns."}])


def test_a_run_is_listed_watched_to_its_end_and_cancelled(timbre: Timbre, database: Database) -> None:
    assert "There is no run yet" in timbre("runs", "list").out
    assert "there is no run to watch" in timbre("runs", "watch").refusal
    assert "there is no run to cancel" in timbre("runs", "cancel").refusal

    queue(database)
    assert timbre("runs", "cancel").out == "Run 1 is cancelled.\n"
    cancelled = timbre("runs", "watch")
    assert (cancelled.code, cancelled.out) == (1, "Training run 1 was cancelled.\n")

    end(database, queue(database), RunStatus.AWAITING_APPROVAL)
    done = timbre("runs", "watch")
    assert (done.code, done.out) == (0, "Training run 2 is done: its comparison is below.\n")

    end(database, queue(database), RunStatus.FAILED, "The disk is full: make room.")
    failed = timbre("runs", "watch")
    assert (failed.code, failed.out) == (1, "Training run 3 failed.\nThe disk is full: make room.\n")
    assert timbre("runs", "list").out.startswith("Training run 3 failed.\n  The disk is full: make room.\n")
    listed = json.loads(timbre("runs", "list", "--json").out)["runs"]
    assert [(run["id"], run["status"]) for run in listed] == [(3, "failed"), (2, "awaiting_approval"), (1, "cancelled")]


def test_advice_says_what_is_missing_and_what_prompting_does(
    timbre: Timbre, database: Database, small_base: Path
) -> None:
    assert "There are 0 pairs and 50 are needed" in timbre("advise").out
    approve(database, 60)
    said = timbre("advise", base_model=str(small_base)).out
    assert "60 approved answers by 1 people, to 60 different questions." in said
    assert "3 approved answers in the prompt bring the base model from" in said
    told = json.loads(timbre("advise", "--json", "--no-prompting").out)
    assert (told["pairs"], told["needed"], told["prompting"]) == (60, 50, None)
