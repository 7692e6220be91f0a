"""The bot's process holds no model: it answers, approves and asks for a run without torch."""

import subprocess
import sys
from pathlib import Path


def test_a_bot_that_answers_approves_and_asks_for_a_run_never_imports_torch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "tests.bot.without_models", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["answered", "approved", "queued", "modules:"]
