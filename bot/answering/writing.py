"""Has an answer written: by the voice in use at the moment of the question, or by the model of the settings."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from bot.answering.model_errors import ModelUnavailableError, PromptTooLongError, UnknownModelError
from bot.answering.models import Models
from bot.answering.prompting import Prompt
from bot.answering.reading import Completion, Show
from storage import outbox
from storage.adapters import Adapter, LiveVoice, live_voice
from storage.database import Database
from training.refusals import VoiceNotLoaded
from training.voices import load_unchanged

logger = logging.getLogger(__name__)

VOICE = "voice"
"""The answer model of the settings that stands for the voice in use."""


@dataclass(frozen=True)
class Style:
    """How answers are written. `model`: `VOICE`, or a model's name."""

    base_name: str
    house_style: str
    max_tokens: int
    model: str = VOICE


class Writer:
    """Asks a model, with less where its window is too small."""

    def __init__(self, database: Database, models: Models, style: Style, now: Callable[[], datetime]) -> None:
        self._database = database
        self._models = models
        self._style = style
        self._now = now
        self._told: set[str] = set()

    def write(self, prompt: Prompt, *, team_id: str, show: Show) -> tuple[Completion, Prompt]:
        """Return what was written, and the prompt that fitted. Raises `VoiceServerError`s."""
        voice = self._voice(team_id)
        while True:
            try:
                return self._chat(voice, prompt, show), prompt
            except PromptTooLongError:
                smaller = prompt.smaller()
                if smaller is None:
                    raise
                prompt = smaller

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text has for the model: a voice has its base model's tokenizer."""
        return self._models.count_tokens(self._unlearnt, text)

    @property
    def _unlearnt(self) -> str:
        return self._style.base_name if self._style.model == VOICE else self._style.model

    def _voice(self, team_id: str) -> Adapter | None:
        if self._style.model != VOICE:
            return None
        with self._database.reading() as session:
            live: LiveVoice = live_voice(session, team_id=team_id)
        return live.adapter

    def _chat(self, voice: Adapter | None, prompt: Prompt, show: Show) -> Completion:
        if voice is None:
            return self._ask(self._unlearnt, prompt, show)
        try:
            return self._ask(voice.name, prompt, show)
        except UnknownModelError:
            # The model server was restarted and holds only its base model.
            logger.info("loading %s again", voice.name)
            return self._ask(self._loaded(voice), prompt, show)

    def _ask(self, name: str, prompt: Prompt, show: Show) -> Completion:
        messages = prompt.messages(house_style=self._style.house_style)
        return self._models.chat(name, messages, max_tokens=self._style.max_tokens, show=show)

    def _loaded(self, adapter: Adapter) -> str:
        """Load a voice and return its name; where it can't be used, the base model answers rather than nobody."""
        try:
            load_unchanged(self._models, adapter)
        except VoiceNotLoaded as err:
            if isinstance(err.__cause__, ModelUnavailableError):
                raise err.__cause__ from err  # that passes, and the base model is not to be had either
            self._tell(adapter, err.reason)
            return self._style.base_name
        return adapter.name

    def _tell(self, adapter: Adapter, reason: str) -> None:
        """Say once, in the log and in the review channel, that a voice can't be used."""
        # The reason names the base model, so another base is another notice.
        key = f"adapter:{adapter.id}:refused:{sha256(reason.encode()).hexdigest()[:12]}"
        if key in self._told:
            return
        self._told.add(key)
        logger.warning("%s can't be used and the base model answers: %s", adapter.name, reason)
        payload = {"adapter": adapter.name, "reason": reason}
        with self._database.writing() as session:
            outbox.enqueue(session, team_id=adapter.team_id, key=key, kind="refused", payload=payload, now=self._now())
