"""Sees an attempt through to one of its ends, and puts into words what stopped it."""

import errno
import logging
import traceback

from sqlalchemy.exc import SQLAlchemyError

from training.errors import TrainingError
from training.exit_codes import ALONE, DONE, FAILED, LOST, UNTOLD
from training.machine import ran_out_of_memory
from training.outcome import RunLostError, fail
from training.pipeline import Attempt, complete
from training.processes import ProcessGoneError

logger = logging.getLogger(__name__)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, a full quota, and a limit on the size of files."""


def see_through(attempt: Attempt) -> int:
    """Work on the run and return the exit code. Whatever stops it is in the database before this returns."""
    try:
        complete(attempt)
    except RunLostError:
        logger.info("run %s was cancelled or taken up by another worker", attempt.run.id)
        return LOST
    except ProcessGoneError as err:  # nothing that the run is to blame for
        log_without_text(err)
        return ALONE
    except Exception as err:  # noqa: BLE001 - whatever it is, the person who asked for the run is told
        log_without_text(err)
        return _tell(attempt, explain(err, attempt))
    return DONE


def _tell(attempt: Attempt, error: str) -> int:
    try:
        with attempt.database.writing() as session:
            fail(session, attempt.run, error, worker=attempt.worker, now=attempt.now())
    except SQLAlchemyError as err:
        log_without_text(err)
        return UNTOLD
    return FAILED


def explain(error: Exception, attempt: Attempt) -> str:
    """Return why a run failed and what to do about it, in a sentence or two that hold no message text."""
    if isinstance(error, TrainingError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return f"The disk is full: make room in {attempt.config.data_folder}, then retrain."
    if ran_out_of_memory(error):
        return "Memory ran out even with one pair at a time: set a smaller base model or max length, then retrain."
    return (
        f"Training stopped on an unexpected error ({type(error).__name__}). "
        f"{attempt.folders.log} says where; retrain, and report it if it happens again."
    )


def log_without_text(error: Exception) -> None:
    """Log what failed and where. Not what it says: an error's message may quote a conversation."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s\n%s", type(error).__name__, frames)
