"""The commands about training runs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.blocks.notices import progress_text
from bot.commands.opening import CommandError, open_database, open_kept, team_of
from bot.console import print_json, say
from storage.clock import utc_now
from storage.database import Database
from storage.runs import FAILED_STATUSES, UNFINISHED, Run, get_run, list_runs, unfinished_run
from training.runs import cancel_run

LOOK_SECONDS = 0.5
ACTOR = "command line"
"""Who did it, in the audit."""


def runs_list(data: Path | None, as_json: bool) -> None:
    """List the last runs."""
    with _Opened(data) as opened:
        found = opened.newest(limit=20)
    if as_json:
        print_json({"runs": [_described(run) for run in found]})
        return
    for run in found:
        say(progress_text(run))
        if run.error:
            say(f"  {run.error}")
    if not found:
        say("There is no run yet: an admin starts one with /timbre retrain.")


def runs_watch(data: Path | None, pause: Callable[[float], None] = time.sleep) -> None:
    """Print how the newest run stands, at each change, until it is over."""
    with _Opened(data) as opened:
        found = opened.newest(limit=1)
        if not found:
            raise CommandError("there is no run to watch: an admin starts one with /timbre retrain")
        run, shown = found[0], ""
        while True:
            if (text := progress_text(run)) != shown:
                say(text)
                shown = text
            if run.status not in UNFINISHED:
                break
            pause(LOOK_SECONDS)
            run = opened.read(run.id)
    if run.error:
        say(run.error)
    if run.status in FAILED_STATUSES:
        raise SystemExit(1)


def runs_cancel(data: Path | None) -> None:
    """Call off the run that waits or is worked on; its worker notices at its next heartbeat."""
    with _Opened(data) as opened, opened.database.writing() as session:
        run = unfinished_run(session, team_id=opened.team_id)
        if run is None:
            raise CommandError("there is no run to cancel")
        cancel_run(session, run.id, by=ACTOR, now=utc_now())
    say(f"Run {run.id} is cancelled.")


class _Opened:
    """The database of the settings, for as long as a command lasts."""

    def __init__(self, data: Path | None) -> None:
        self.database: Database = open_database(open_kept(data, at_least="WARNING"))
        self.team_id = team_of(self.database)

    def newest(self, *, limit: int) -> list[Run]:
        with self.database.reading() as session:
            return list_runs(session, team_id=self.team_id, limit=limit)

    def read(self, run_id: int) -> Run:
        with self.database.reading() as session:
            return get_run(session, run_id)

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()


def _described(run: Run) -> dict[str, Any]:
    times = {name: getattr(run, name) for name in ("created_at", "started_at", "finished_at")}
    return {
        "id": run.id,
        "status": run.status,
        "requested_by": run.requested_by,
        "attempts": run.attempts,
        "progress": run.progress,
        "error": run.error,
        **{name: when and when.isoformat() for name, when in times.items()},
    }
