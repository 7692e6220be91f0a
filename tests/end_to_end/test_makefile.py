"""`make` finds a Python that is new enough."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """An empty folder of programs, but for the shell."""
    folder = tmp_path / "programs"
    folder.mkdir()
    shell = shutil.which("sh")
    assert shell is not None
    (folder / "sh").symlink_to(shell)
    return folder


def add(programs: Path, name: str, *, is_new: bool) -> None:
    """Put a Python there: this one, or one that is too old."""
    said = f'exec "{sys.executable}" "$@"' if is_new else "exit 1"
    (programs / name).write_text(f"#!/bin/sh\n{said}\n")
    (programs / name).chmod(0o755)


def planned(programs: Path, *arguments: str) -> str:
    """Return what `make setup` would run in an empty folder."""
    make = shutil.which("make")
    assert make is not None
    for needed in ("pyproject.toml", "constraints.txt"):
        (programs.parent / needed).touch()
    done = subprocess.run(
        [make, "--dry-run", "--file", MAKEFILE, "setup", *arguments],
        cwd=programs.parent,
        env={name: value for name, value in os.environ.items() if name != "PYTHON"} | {"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_python3_is_taken_where_it_is_new_enough(programs: Path) -> None:
    add(programs, "python3", is_new=True)
    add(programs, "python3.11", is_new=True)

    assert "\npython3 -m venv" in planned(programs)


def test_a_newer_python_is_taken_where_python3_is_too_old(programs: Path) -> None:
    add(programs, "python3", is_new=False)
    add(programs, "python3.11", is_new=True)

    assert "\npython3.11 -m venv" in planned(programs)


def test_without_a_new_enough_python_python3_is_left_to_say_so(programs: Path) -> None:
    add(programs, "python3", is_new=False)

    assert "\npython3 -m venv" in planned(programs)


def test_a_python_that_is_named_is_taken(programs: Path) -> None:
    add(programs, "python3", is_new=True)

    assert "\nelsewhere -m venv" in planned(programs, "PYTHON=elsewhere")
