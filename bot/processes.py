"""Starts Timbre's other processes: for the demo, the tour, and commands that need a model server for a moment."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.settings import Settings
from training.base_folder import base_folder

READY_SECONDS = 120.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.1


class ProcessError(RuntimeError):
    """A process did not start, or ended by itself; the message says why and where its log is."""


@dataclass(frozen=True)
class Process:
    """A running `timbre` command and the file its output goes to."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise `ProcessError` when it ended."""
        if (code := self.popen.poll()) is not None:
            raise ProcessError(f"`timbre {self.name}` ended with code {code}: {self.last_line()} (log: {self.log})")

    def last_line(self) -> str:
        """Return the last line it printed."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Processes:
    """Processes that end together, in reverse order of their start."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.running: list[Process] = []

    def start(self, name: str, *arguments: str, settings: Settings) -> Process:
        """Start `timbre NAME ARGUMENTS` with these settings."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        environment = {key: value for key, value in os.environ.items() if not key.upper().startswith("TIMBRE_")}
        with log.open("wb") as output:
            popen = subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, "-m", "bot.tethered", name, *arguments],
                env=environment | settings.as_environment() | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for this process, which then ends the others in order.
                start_new_session=True,
            )
        process = Process(name, popen, log)
        self.running.append(process)
        return process

    def wait_until(self, ready: Callable[[], bool], *, what: str, seconds: float = READY_SECONDS) -> None:
        """Wait for `ready`. Raises `ProcessError` when it takes too long, or a process ends meanwhile."""
        deadline = time.monotonic() + seconds
        while not ready():
            for process in self.running:
                process.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{what} was not ready after {seconds:.0f} s; logs are in {self._logs}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End one process after the other, the last started first: asked first, killed when it does not listen."""
        while self.running:
            popen = self.running.pop().popen
            popen.terminate()
            try:
                popen.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()
            if popen.stdin:
                popen.stdin.close()


@contextmanager
def model_server(settings: Settings) -> Iterator[Settings]:
    """Yield settings whose model server answers: the one that listens, or one started for as long as this lasts.

    Raises `ProcessError`, or `BaseModelMissing` before anything is started.
    """
    if is_listening(settings.models_url):
        yield settings
        return
    base_folder(settings.base_model)
    own = settings.model_copy(update={"models_url": f"http://127.0.0.1:{free_port()}/v1"})
    processes = Processes(settings.data / "logs")
    processes.start("serve", settings=own)
    try:
        processes.wait_until(lambda: is_listening(own.models_url), what="the model server")
        yield own
    finally:
        processes.stop()


def is_listening(url: str) -> bool:
    """Return whether something accepts connections at a URL's host and port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex((parts.hostname or "127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
