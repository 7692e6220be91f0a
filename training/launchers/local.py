"""Runs a training attempt as a child process on this machine."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

TERM_SECONDS = 5.0
_REPOSITORY = Path(__file__).resolve().parents[2]


class LocalAttempt:
    """A child process. It ends with its worker, however that ends: the pipe it watches closes then."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        # A session of its own: Ctrl-C in a terminal is for the worker, which then ends the child in order.
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Return the exit code, minus the signal's number for a killed child, or None while it runs after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Ask the child to end, and make it: nothing it writes half can be loaded."""
        self._process.terminate()
        if self.wait(TERM_SECONDS) is None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "LocalAttempt":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.wait(0) is None:
            self.end()
        if self._process.stdin:
            self._process.stdin.close()


@dataclass(frozen=True)
class LocalLauncher:
    """Starts attempts with the interpreter that runs this, each in so many processes that learn together."""

    processes: int = 1

    def launch(self, run_id: int, *, config: Path, worker: str, log: Path) -> LocalAttempt:
        """Start an attempt at a run that `worker` has claimed; its output is added to `log`."""
        module = ["training.attempt", "--run", str(run_id), "--config", str(config)]
        if self.processes > 1:
            # Told apart by the environment that it gives them; when one of them ends badly, it ends the others.
            module = [
                "torch.distributed.run",
                "--standalone",
                f"--nproc-per-node={self.processes}",
                "-m",
                "--",
                *module,
            ]
        command = [sys.executable, "-m", *module]
        return LocalAttempt([*command, "--worker", worker, "--end-with-stdin"], log)


def _environment() -> dict[str, str]:
    # Found whether Timbre is installed or run from a checkout, whatever folder the worker was started in.
    path = os.pathsep.join(filter(None, [str(_REPOSITORY), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false"}
