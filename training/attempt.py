"""The child process of a worker: one attempt at one run. `python -m training.attempt --run ID --config FILE …`."""

import argparse
import logging
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from storage import runs
from storage.clock import utc_now
from storage.database import Database
from training.config import TrainingConfig
from training.exit_codes import DONE, FAILED, LOST

logger = logging.getLogger(__name__)

LOWER_PRIORITY = 10
TELLING_S = 5.0
"""How long the first of several processes is left to tell what stopped all of them: when one ends, all are ended."""


def main(arguments: list[str] | None = None) -> int:
    """Work on a claimed run and return the exit code."""
    given = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if given.end_with_stdin:
        end_with_stdin()
    logger.info("run %s: process %s", given.run, os.getpid())
    return _work(given.run, TrainingConfig.from_json(given.config.read_text(encoding="utf-8")), given.worker)


def _work(run_id: int, config: TrainingConfig, worker: str) -> int:
    # Not at the top: loading torch takes seconds, and a child without a worker must end in them, too.
    import torch

    from training.completion import log_without_text, see_through
    from training.pipeline import Attempt, assist
    from training.processes import started

    database = Database(config.database_url)
    try:
        with database.reading() as session:
            run = runs.get_run(session, run_id)
        with started(config.device) as processes:
            if config.threads:
                torch.set_num_threads(max(1, config.threads // processes.count))
            attempt = Attempt(database, replace(config, device=processes.device), run, worker, utc_now, processes)
            if processes.is_first:
                return see_through(attempt)
            try:
                assist(attempt)
            except Exception as err:  # noqa: BLE001 - the first process meets it, too, and tells it
                log_without_text(err)
                time.sleep(TELLING_S)
                return FAILED
            return DONE
    finally:
        database.close()


def end_with_stdin() -> None:
    """End this process with the worker that holds the other end of its standard input, however that one ends."""
    threading.Thread(target=_end_when_closed, daemon=True).start()


def _end_when_closed() -> None:
    # Not sys.stdin: the interpreter aborts when it ends while a thread waits in it.
    while os.read(0, 1):
        pass
    os._exit(LOST)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.attempt", description=__doc__)
    parser.add_argument("--run", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--worker", required=True, help="who claimed the run")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input is closed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    os.nice(LOWER_PRIORITY)  # people wait for the bot and the model server, nobody for this
    sys.exit(main())
