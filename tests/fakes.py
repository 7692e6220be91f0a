"""Hand-written stand-ins for what Timbre talks to."""

import threading
from collections.abc import Sequence
from pathlib import Path

from training.prompt import Message
from training.voices import VoiceServerError


class FakeVoiceServer:
    """A model server whose voices sign what they say. `mute` ones say nothing, `parrots` say what the base says."""

    def __init__(self) -> None:
        self.loaded: dict[str, Path] = {}
        self.mute: set[str] = set()
        self.parrots: set[str] = set()
        self.is_down = False
        self.before_answering = threading.Barrier(1)

    def load(self, name: str, folder: Path) -> None:
        self._check_up()
        if self.loaded.setdefault(name, folder) != folder:
            raise VoiceServerError(f"{name} is loaded from another folder")

    def complete(self, model: str, messages: Sequence[Message]) -> str:
        self._check_up()
        if model != "base" and model not in self.loaded:
            raise VoiceServerError(f"there is no model {model}")
        self.before_answering.wait()
        if model in self.mute:
            return " "
        speaker = "base" if model in self.parrots else model
        return f"{messages[-1]['content'][-40:]} ({speaker})"

    def _check_up(self) -> None:
        if self.is_down:
            raise VoiceServerError("the model server does not answer")
