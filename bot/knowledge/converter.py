"""Converts documents in a child process, which is ended when one takes too long or too much."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from bot.knowledge.kinds import Kind
from bot.knowledge.refusal import EmptyDocument, Refusal

SECONDS = 60.0
ALARM_AFTER = 5
READ_BYTES = 1 << 16
# No settings and no tokens: a document that takes the child over finds none.
ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL")
Passages = tuple[tuple[str, str], ...]


class Converter:
    """One child, started for the first document and again after it had to be ended; for one document at a time."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def child_id(self) -> int | None:
        """The process id of the child, None while there is none."""
        return self._child.pid if self._child else None

    def convert(self, path: Path, kind: Kind, *, name: str, charset: str = "") -> tuple[str, Passages]:
        """Return a document's title, and the title path and text of each of its passages. Raises `Refusal`."""
        request = {
            "path": str(path.absolute()),
            "kind": kind.value,
            "name": name,
            "charset": charset,
            "seconds": int(self._seconds) + ALARM_AFTER,
        }
        with self._lock:
            answer = self._ask(json.dumps(request).encode() + b"\n")
        if refused := answer.get("refused"):
            raise EmptyDocument(refused) if answer.get("is_empty") else Refusal(refused)
        return answer["title"], tuple((title, text) for title, text in answer["passages"])

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _ask(self, request: bytes) -> dict[str, Any]:
        child = self._child = self._child or _start()
        try:
            os.write(cast("IO[bytes]", child.stdin).fileno(), request)  # a few hundred bytes: a pipe takes them at once
            line = self._line(child)
        except (TimeoutError, BrokenPipeError) as err:
            self.close()
            if isinstance(err, TimeoutError):
                raise Refusal(f"took more than {self._seconds:.0f} seconds; split it, or save it as text") from err
            raise Refusal("made the converter end; save it in another format") from err
        except BaseException:
            self.close()  # its answer would be taken for the next document's
            raise
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _line(self, child: subprocess.Popen[bytes]) -> bytes:
        answers = cast("IO[bytes]", child.stdout).fileno()
        deadline = time.monotonic() + self._seconds
        parts: list[bytes] = []
        while not (parts and parts[-1].endswith(b"\n")):
            ready, _, _ = select.select([answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            parts.append(os.read(answers, READ_BYTES))
            if not parts[-1]:
                raise BrokenPipeError
        return b"".join(parts)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot.knowledge.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        start_new_session=True,  # Ctrl-C is for the process that started it
    )
