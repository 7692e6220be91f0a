"""The child process of a worker: one attempt at one run. `python -m training.attempt --run ID --config FILE …`."""

import argparse
import errno
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch
from sqlalchemy.exc import SQLAlchemyError

from storage import runs
from storage.database import Database
from training.chat import ChatFormatError
from training.checkpoints import AdapterExists, AdapterIncomplete
from training.config import TrainingConfig
from training.dataset import TooLittleVarietyError
from training.examples import PairsFileError
from training.lora import NonFiniteLoss
from training.models import BaseModelMissing
from training.outcome import RunLostError, fail
from training.pipeline import Attempt, complete
from training.runs import RunRefusedError

logger = logging.getLogger(__name__)

EXPLAINED = (
    AdapterExists,
    AdapterIncomplete,
    BaseModelMissing,
    ChatFormatError,
    NonFiniteLoss,
    PairsFileError,
    RunRefusedError,
    TooLittleVarietyError,
)
"""Errors whose own words tell a person what to do."""
DONE, FAILED, LOST, UNTOLD = 0, 1, 3, 4
"""Exit codes: people were asked; the run failed and says why; it is somebody else's; not even that could be said."""


def main(arguments: list[str] | None = None) -> int:
    """Work on the run and return the exit code. Whatever stops it is written to the database before this returns."""
    given = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if given.end_with_stdin:
        threading.Thread(target=_end_with, args=(sys.stdin.buffer.read, os._exit), daemon=True).start()
    config = TrainingConfig.from_json(given.config.read_text(encoding="utf-8"))
    if config.threads:
        torch.set_num_threads(config.threads)
    database = Database(config.database_url)
    try:
        with database.reading() as session:
            run = runs.get_run(session, given.run)
        return _attempt(Attempt(database, config, run, given.worker, lambda: datetime.now(UTC)))
    finally:
        database.close()


def _attempt(attempt: Attempt) -> int:
    logger.info("run %s: attempt %s, process %s", attempt.run.id, attempt.run.attempts, os.getpid())
    try:
        complete(attempt)
    except RunLostError:
        logger.info("run %s was cancelled or taken up by another worker", attempt.run.id)
        return LOST
    except Exception as err:  # noqa: BLE001 - whatever it is, the person who asked for the run is told
        _log_without_text(err)
        return _tell(attempt, explain(err, attempt))
    return DONE


def _tell(attempt: Attempt, error: str) -> int:
    try:
        with attempt.database.writing() as session:
            fail(session, attempt.run, error, worker=attempt.worker, now=attempt.now())
    except SQLAlchemyError as err:
        _log_without_text(err)
        return UNTOLD
    return FAILED


def explain(error: Exception, attempt: Attempt) -> str:
    """Return why a run failed and what to do about it, in a sentence or two that hold no message text."""
    if isinstance(error, EXPLAINED):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"The disk is full: make room in {attempt.config.data_folder}, then retrain."
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        size = attempt.config.lora.batch_size
        return f"Memory ran out with a batch of {size}: set a smaller batch size or a smaller base model, then retrain."
    return (
        f"Training stopped on an unexpected error ({type(error).__name__}). "
        f"{attempt.folders.log} says where; retrain, and report it if it happens again."
    )


def _log_without_text(error: Exception) -> None:
    """Log what failed and where. Not what it says: an error's message may quote a conversation."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s\n%s", type(error).__name__, frames)


def _end_with(read: Callable[[], bytes], end: Callable[[int], None]) -> None:
    """Wait for the worker's end of the pipe to close, which it does however the worker ends, and end with it."""
    read()
    end(LOST)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.attempt", description=__doc__)
    parser.add_argument("--run", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--worker", required=True, help="who claimed the run")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input is closed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
