"""Training processes as a worker starts them, in worse circumstances."""

import sys
from dataclasses import dataclass
from pathlib import Path

from training.launchers.local import LocalAttempt

ATTEMPT = "import runpy; runpy.run_module('training.attempt', run_name='__main__', alter_sys=True)"


@dataclass(frozen=True)
class Prepared:
    """A launcher of attempts in processes in which `code` is run first."""

    code: str

    def launch(self, run_id: int, *, config: Path, worker: str, log: Path) -> LocalAttempt:
        """Start an attempt, as `LocalLauncher` does."""
        command = [sys.executable, "-c", f"{self.code}\n{ATTEMPT}", "--run", str(run_id), "--config", str(config)]
        return LocalAttempt([*command, "--worker", worker, "--end-with-stdin"], log)
