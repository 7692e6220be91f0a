"""The demo's company with all its processes, which can be killed at any moment and started again."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from bot.blocks.report import APPROVE
from bot.demo.control import ControlError
from bot.demo.seed import good_reply_key
from bot.demo.shapes import Conversation
from bot.demo.stage import Stage
from bot.notices import report_key
from bot.processes import free_port
from bot.settings import load_settings
from storage import outbox
from storage.adapters import LiveVoice, live_voice
from storage.answers import answer_to
from storage.knowledge import count_chunks
from storage.pairs import PairStatus, count_by_status
from storage.runs import Run, list_runs
from storage.tables import Base, ChunkRow
from storage.waiting import pairs_without_context

SECONDS = 600.0
REFUSED = (ControlError, httpx.TransportError, ValueError)


class Yard:
    """A data folder whose processes are started by `open` and ended by `kill`. `settings` are Timbre's."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.data = data
        self._settings = settings
        self.stage: Stage

    def open(self) -> None:
        """Start everything, and wait until Timbre is connected."""
        settings = load_settings(data=self.data, **self._settings)
        settings.make_data_folder()
        self.stage = Stage(settings, port=free_port(), tell=lambda _: None)
        with contextlib.ExitStack() as opened:
            opened.callback(self.stage.close)
            self.stage.open(history=True)
            opened.pop_all()

    def kill(self) -> None:
        """Kill every process at once, so that none can put anything in order."""
        started = [process.popen.pid for process in self.stage.processes.running]
        for pid in [*started, *(child for parent in started for child in children(parent))]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.stage.close()

    def close(self) -> None:
        """End what still runs."""
        self.stage.close()

    def approve(self, conversations: Sequence[Conversation]) -> Iterator[str]:
        """Have reviewers approve good replies, until the playground is gone; yields the id of each conversation."""
        for conversation in conversations:
            try:
                self.stage.approve(conversation, self.stage.history[good_reply_key(conversation)])
            except REFUSED:
                return
            yield conversation.id

    def ask(self, question: str, *, channel: str, user: str) -> dict[str, Any]:
        """Ask Timbre and return what the database keeps of its answer."""
        reply = self.stage.control.ask(question, channel=channel, user=user, seconds=60)
        assert reply is not None, "no answer came"
        with self.stage.database.reading() as session:
            answer = answer_to(
                session, team_id=self.stage.team_id, channel_id=channel, question_ts=reply["question_ts"]
            )
        assert answer is not None
        kept = ("number", "title", "is_cited")
        sources = [{name: source[name] for name in kept} for source in answer.sources]
        return {"question": question, "text": answer.text, "model": answer.model, "sources": sources}

    def command(self, text: str) -> None:
        """Have the admin type `/timbre TEXT` in the review channel."""
        admin = next(person for person in self.stage.content.company.people if person.role == "admin")
        review = self.stage.content.company.channel_named(self.stage.settings.review_channel)
        self.stage.control.call("command", user=admin.id, channel=review.id, command="/timbre", text=text, wait=True)

    def approve_voice(self, *, wait: bool) -> None:
        """Have a reviewer press Approve under the newest run's report."""
        reviewer = next(person for person in self.stage.content.company.people if person.role == "reviewer")
        self.until(lambda: self._report() is not None, "the report is posted")
        report = self._report()
        assert report is not None
        channel, ts = report
        with contextlib.suppress(*REFUSED):
            self.stage.control.call("click", user=reviewer.id, channel=channel, ts=ts, action_id=APPROVE, wait=wait)

    def _report(self) -> tuple[str, str] | None:
        with self.stage.database.reading() as session:
            notice = outbox.find(session, report_key(self.run.id))
        return (notice.channel_id, notice.message_ts) if notice and notice.channel_id and notice.message_ts else None

    @property
    def approved(self) -> int:
        """How many pairs are approved."""
        with self.stage.database.reading() as session:
            return count_by_status(session, team_id=self.stage.team_id).get(PairStatus.APPROVED, 0)

    @property
    def is_indexed(self) -> bool:
        """Whether the index has followed SQL, and every pair has its context."""
        with self.stage.database.reading() as session:
            waiting = count_chunks(session, team_id=self.stage.team_id)[1]
            return waiting == 0 and not pairs_without_context(session, limit=1)

    @property
    def runs(self) -> list[Run]:
        """Every run, newest first."""
        with self.stage.database.reading() as session:
            return list_runs(session, team_id=self.stage.team_id)

    @property
    def run(self) -> Run:
        """The newest run."""
        return self.runs[0]

    @property
    def live(self) -> LiveVoice:
        """What answers."""
        with self.stage.database.reading() as session:
            return live_voice(session, team_id=self.stage.team_id)

    def rows(self) -> dict[str, Any]:
        """Return how many rows each table has, and when each chunk was indexed: a rebuilt index shows."""
        with self.stage.database.reading() as session:
            counts: dict[str, Any] = {
                name: session.scalar(select(func.count()).select_from(table))
                for name, table in Base.metadata.tables.items()
            }
            indexed = session.execute(select(ChunkRow.id, ChunkRow.indexed_at).order_by(ChunkRow.id))
            return counts | {"indexed": [tuple(row) for row in indexed]}

    def until(self, holds: Callable[[], bool], what: str, *, seconds: float = SECONDS) -> None:
        """Wait until something holds; fails when it does not, or a process ends by itself."""
        deadline = time.monotonic() + seconds
        while not holds():
            self.stage.watch()
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}"
            time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Return the ids of a process's children, whichever of its threads started them."""
    found: list[int] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def is_running(pid: int) -> bool:
    """Return whether a process lives; one that only waits to be reaped does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def beside(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Do `work` in a thread for as long as the block lasts, and wait for its end."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()
