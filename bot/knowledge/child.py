"""`python -m bot.knowledge.child` converts documents, one a line on standard input, in a process that may be ended.

A document is somebody else's: it may make a library crash, run for ever or want all memory. Here that costs nobody
anything but the document.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from bot.knowledge.converting import convert_file
from bot.knowledge.kinds import Kind
from bot.knowledge.refusal import EmptyDocument, Refusal

# Of address space, of which the libraries alone take a third.
MAX_MEMORY = 1536 * 1024 * 1024
FAILED = "can't be converted; save it in another format"


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what a document holds, or why it is refused."""
    try:
        converted = convert_file(
            Path(request["path"]), Kind(request["kind"]), name=request["name"], charset=request["charset"]
        )
    except Refusal as err:
        return {"refused": str(err), "is_empty": isinstance(err, EmptyDocument)}
    except MemoryError:
        return {"refused": "takes more memory than a document may; split it"}
    except RecursionError:
        return {"refused": "is nested too deeply; save it in another format"}
    except Exception as err:  # noqa: BLE001 (whatever a library makes of somebody's file, only that file is refused)
        return {"refused": f"{FAILED} ({type(err).__name__})"}
    return {"title": converted.title, "passages": converted.passages}


def main() -> None:
    """Answer each line until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    with contextlib.suppress(ValueError):  # a lower limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        request = json.loads(line)
        # For when nobody is left to end this process.
        signal.alarm(request["seconds"])
        answers.write(json.dumps(answer(request)) + "\n")
        answers.flush()
        signal.alarm(0)


if __name__ == "__main__":
    main()
