"""Runs `timbre` as a person's shell would: a process of its own, in a folder of its own."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Finished:
    """A command that has ended. `cpu_seconds` is what it took of a processor, however busy the machine was."""

    code: int
    out: str
    err: str
    cpu_seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document that standard output is."""
        assert self.code == 0, self.err
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def refusal(self) -> str:
        """The one line with which a command that can't do as asked ends."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert "Traceback" not in self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("timbre: ")
        return lines[0].removeprefix("timbre: ")


@dataclass(frozen=True)
class Timbre:
    """The command line in a folder. `settings` are TIMBRE_* variables; there are no others."""

    folder: Path
    seconds: float = 110.0
    threads: int = 1

    def __call__(self, *arguments: str | Path, **settings: object) -> Finished:
        """Run a command to its end."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.run(
            self._command(arguments),
            cwd=self.folder,
            env=environment(self.threads, **settings),
            capture_output=True,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Finished(process.returncode, process.stdout, process.stderr, cpu_seconds)

    @contextmanager
    def running(self, *arguments: str | Path, until: str, **settings: object) -> Iterator[subprocess.Popen[str]]:
        """Run a command beside the test, from the moment it says `until` on standard error."""
        with subprocess.Popen(
            self._command(arguments),
            cwd=self.folder,
            env=environment(self.threads, **settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stderr is not None
                said = []
                for line in process.stderr:
                    said.append(line)
                    if until in line:
                        break
                else:
                    raise AssertionError(f"it ended: {''.join(said)}")
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)

    def _command(self, arguments: tuple[str | Path, ...]) -> list[str]:
        return [sys.executable, "-m", "bot", *map(str, arguments)]


def environment(threads: int = 1, /, **settings: object) -> dict[str, str]:
    """Return this process's environment with `settings`, in lower case and without TIMBRE_, as the only ones."""
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("TIMBRE_")}
    # Lines of the length they are written in.
    plain |= {"OMP_NUM_THREADS": str(threads), "COLUMNS": "200", "NO_COLOR": "1"}
    return plain | {f"TIMBRE_{name.upper()}": str(value) for name, value in settings.items()}
