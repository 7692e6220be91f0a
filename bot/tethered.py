"""`python -m bot.tethered NAME …` is `timbre NAME …` that ends with the process which started it.

However that one ends, by Ctrl-C, with its terminal or by `kill -9`, the pipe it holds to our standard input closes.
Otherwise a killed demo would leave a bot behind that keeps the index locked, and the next demo could not start.
"""

import os
import signal
import threading
import time

from bot.cli import main

GRACE_SECONDS = 15.0


def _end_with_starter() -> None:
    # Not sys.stdin: a thread that waits in it makes the interpreter's own end a fatal error.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    main()
