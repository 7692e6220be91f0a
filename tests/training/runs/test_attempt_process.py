"""The child process ends in order by itself, and with its worker."""

import subprocess
import sys

from training.exit_codes import LOST

PROGRAM = "import sys, time; from training.attempt import end_with_stdin; end_with_stdin(); time.sleep({seconds})"


def child(seconds: float) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PROGRAM.format(seconds=seconds)], stdin=subprocess.PIPE)


def test_a_child_that_is_done_ends_without_a_signal_while_its_worker_lives() -> None:
    with child(seconds=0.1) as process:
        assert process.wait(30) == 0


def test_a_child_ends_when_its_worker_is_gone() -> None:
    with child(seconds=60) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == LOST
