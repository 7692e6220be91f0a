"""What a client of the engine hears."""

import queue
from typing import Any

from training.serving.engine import Engine
from training.serving.generation import Event, Failed, Finished, Generation
from training.serving.sampling import Sampling


class Collected:
    """The events of one generation."""

    def __init__(self) -> None:
        self.generation: Generation
        self._events: queue.Queue[Event] = queue.Queue()
        self.pieces: list[Event] = []

    @classmethod
    def of(
        cls, engine: Engine, text: str, model: str = "base", *, stream: bool = False, **sampling: Any
    ) -> "Collected":
        """Ask `model` and collect."""
        collected = cls()
        prompt = engine.encode([{"role": "user", "content": text}])
        wanted = Sampling(**{"temperature": 0.0, "max_tokens": 24, **sampling})
        collected.generation = engine.submit(model, prompt, wanted, collected._events.put, stream=stream)
        return collected

    def next(self, timeout: float = 30) -> Event:
        """Wait for an event."""
        return self._events.get(timeout=timeout)

    def result(self) -> Finished:
        """Wait for the end. What came before it is in `pieces`."""
        while True:
            event = self.next()
            if isinstance(event, Finished):
                return event
            assert not isinstance(event, Failed), event.message
            self.pieces.append(event)
