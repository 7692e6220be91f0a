"""The model's one thread: requests queue, join the running batch between two tokens, and leave when they are done."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

import torch

from training.serving.adapters import AdaptedModel
from training.serving.batch import Batch
from training.serving.errors import GenerationFailed, QueueFull, Refused
from training.serving.generation import Failed, Generation, Row

logger = logging.getLogger(__name__)

T = TypeVar("T")

_SMALL = 50_000_000


@dataclass(frozen=True)
class SchedulerSettings:
    """How much is done at once."""

    max_batch: int = 16
    """Answers written at the same time."""
    max_queue: int = 64
    """Requests that may wait for a place; one more is refused."""
    prefill_tokens: int = 4096
    """Prompt tokens, padding counted, read in one pass, so that long prompts do not stall running answers for long.
    A prompt longer than that is read alone."""
    threads: int | None = None
    """CPU threads of the model. None is one for a model of less than 50 million parameters, whose matrices are too
    small to be worth sharing out (two were twenty times slower on a busy machine), and torch's own choice for others.
    """


class Scheduler:
    """Runs `model` in a thread of its own. Public methods may be called from any thread."""

    def __init__(self, model: AdaptedModel, make_row: Callable[[Generation], Row], settings: SchedulerSettings) -> None:
        self._model = model
        self._make_row = make_row
        self._settings = settings
        self._batch = Batch(model.forward, device=model.device)
        self._waiting: deque[Generation] = deque()
        self._commands: deque[Callable[[], None]] = deque()
        self._retired: set[str] = set()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and wait for it. Answers that are not complete fail."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, generation: Generation) -> None:
        """Queue a generation. Raises QueueFull, or GenerationFailed when the scheduler is closing."""
        with self._changed:
            self._refuse_when_closing()
            if len(self._waiting) >= self._settings.max_queue:
                raise QueueFull(f"{len(self._waiting)} requests are waiting already. Try again in a moment.")
            self._waiting.append(generation)
            self._changed.notify_all()

    def load(self) -> tuple[int, int]:
        """Return how many answers are being written and how many requests wait."""
        with self._changed:
            return len(self._batch.rows), len(self._waiting)

    def run_between_tokens(self, work: Callable[[], T]) -> T:
        """Run `work` on the model thread while no forward pass is under way; return or raise what it does."""
        future: Future[T] = Future()

        def command() -> None:
            try:
                future.set_result(work())
            except Exception as err:
                if not isinstance(err, Refused):
                    logger.exception("a command to the model thread failed")
                future.set_exception(err)

        with self._changed:
            self._refuse_when_closing()
            self._commands.append(command)
            self._changed.notify_all()
        return future.result()

    def retire(self, slot: str) -> None:
        """Free an adapter as soon as no queued or running request uses it. The caller sends no more requests to it."""
        with self._changed:
            self._retired.add(slot)
            self._changed.notify_all()

    def _refuse_when_closing(self) -> None:
        if self._closing:
            raise GenerationFailed("The server is stopping.")

    # Everything below runs on the model thread.

    def _run(self) -> None:
        threads = self._settings.threads or (1 if self._model.parameters < _SMALL else None)
        if threads:
            torch.set_num_threads(threads)
        while self._work_or_wait():
            self._obey()
            self._free_retired()
            with torch.inference_mode():
                self._advance()
        self._fail("The server is stopping.")
        self._obey()

    def _work_or_wait(self) -> bool:
        """Return True when there is something to do, waiting for it if need be; False when the scheduler closes."""
        with self._changed:
            while not (self._closing or self._commands or self._waiting or self._batch.rows or self._free_slots()):
                self._changed.wait()
            return not self._closing

    def _obey(self) -> None:
        while self._commands:
            self._commands.popleft()()

    def _free_slots(self) -> set[str]:
        used = {row.generation.adapter for row in self._batch.rows}
        return self._retired - used - {generation.adapter for generation in self._waiting}

    def _free_retired(self) -> None:
        with self._changed:
            free = self._free_slots()
            self._retired -= free
        for slot in free:
            self._model.remove(slot)

    def _advance(self) -> None:
        """Generate one token for every running answer, then let waiting requests join."""
        joining: list[Row] = []
        try:
            self._batch.drop_finished()
            if self._batch.rows:
                self._batch.step()
            joining = self._admit()
            if joining:
                self._batch.add(joining)
        except Exception:
            logger.exception("the model failed while writing %s answers", len(self._batch.rows) + len(joining))
            self._fail("The model failed while writing. The server's log says why.", joining)

    def _admit(self) -> list[Row]:
        """Take requests off the queue while there is room in the batch and in one reading pass."""
        joining: list[Row] = []
        widest = 0
        with self._changed:
            while self._waiting and len(self._batch.rows) + len(joining) < self._settings.max_batch:
                widest = max(widest, len(self._waiting[0].prompt))
                if joining and widest * (len(joining) + 1) > self._settings.prefill_tokens:
                    break
                generation = self._waiting.popleft()
                if not generation.cancelled:
                    joining.append(self._make_row(generation))
        return joining

    def _fail(self, message: str, joining: Sequence[Row] = ()) -> None:
        """Tell everybody who is in the batch or about to join; on closing, those who wait too."""
        failing = {row.generation for row in [*self._batch.rows, *joining] if not row.done}
        self._batch.clear()
        with self._changed:
            if self._closing:
                failing.update(self._waiting)
                self._waiting.clear()
        for generation in failing:
            if not generation.cancelled:
                generation.deliver(Failed(message))
