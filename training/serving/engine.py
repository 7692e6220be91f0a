"""One base model and its adapters by name: what the HTTP side asks for prompts, answers and voices."""

import logging
import threading
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError
from transformers import PreTrainedModel

from training.chat import ChatFormatError, end_of_turn, prompt_tokens
from training.models import Base
from training.prompt import Message
from training.serving.adapters import AdaptedModel, Candidate, inspect_adapter
from training.serving.errors import AdapterNotFound, AdapterRefused, BadRequest, ContextLengthExceeded, ModelNotFound
from training.serving.generation import Deliver, Generation, Row
from training.serving.mixing import BASE
from training.serving.sampling import Sampling
from training.serving.scheduler import Scheduler, SchedulerSettings
from training.serving.text_stream import TextStream

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedAdapter:
    """An adapter that requests can name. `slot` is what the model calls it."""

    name: str
    folder: Path
    sha256: str
    slot: str


class Engine:
    """One base model with adapters. Every method may be called from any thread."""

    def __init__(self, base: Base, *, served_name: str = "base", settings: SchedulerSettings | None = None) -> None:
        self.served_name = served_name
        self.base_name = base.name
        self.window = _window(base.model)
        self._revision = base.revision
        self._model = AdaptedModel(base.model)
        self._scheduler = Scheduler(self._model, self._row, settings or SchedulerSettings())
        self._end_tokens = _end_tokens(base)
        # Two copies, because a fast tokenizer that encodes in one thread and decodes in another raises "Already
        # borrowed".
        self._encoder = deepcopy(base.tokenizer)
        self._decoder = deepcopy(base.tokenizer)
        self._encoding = threading.Lock()
        self._naming = threading.Lock()
        self._adapters: dict[str, LoadedAdapter] = {}
        self._weights_named: dict[str, str] = {}

    def start(self) -> None:
        """Start to serve."""
        self._scheduler.start()

    def close(self) -> None:
        """Stop; answers that are not complete fail."""
        self._scheduler.close()

    def load(self) -> tuple[int, int]:
        """Return how many answers are being written and how many requests wait."""
        return self._scheduler.load()

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Return the prompt's tokens, the same ones as in training. Raises BadRequest when the template refuses."""
        with self._encoding:
            try:
                return prompt_tokens(self._encoder, messages)
            except (ChatFormatError, TemplateError) as err:
                raise BadRequest(str(err), param="messages") from err

    def encode_text(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return a text's tokens."""
        with self._encoding:
            tokens: list[int] = self._encoder.encode(
                text, add_special_tokens=add_special_tokens, split_special_tokens=True
            )
        return tokens

    def submit(
        self, model: str, prompt: Sequence[int], sampling: Sampling, deliver: Deliver, *, stream: bool = False
    ) -> Generation:
        """Queue an answer to `prompt`; its events go to `deliver`, which is called on the model thread.

        Raises ModelNotFound, ContextLengthExceeded, QueueFull, or GenerationFailed when the server is stopping.
        """
        room = self.window - len(prompt)
        if room < 1:
            raise ContextLengthExceeded(
                f"The model's window is {self.window} tokens; the prompt is {len(prompt)} tokens long and leaves no "
                "room for an answer. Shorten the messages.",
                param="messages",
            )
        max_tokens = min(sampling.max_tokens or room, room)
        # Naming and queueing are one act: an adapter unloaded between the two would be freed under the request.
        with self._naming:
            generation = Generation(tuple(prompt), sampling, self._slot(model), deliver, max_tokens, stream)
            self._scheduler.submit(generation)
        return generation

    def check_model(self, model: str) -> None:
        """Raise ModelNotFound unless `model` is loaded."""
        with self._naming:
            self._slot(model)

    def adapters(self) -> list[LoadedAdapter]:
        """Return the loaded adapters, oldest first."""
        with self._naming:
            return list(self._adapters.values())

    def load_adapter(self, name: str, folder: Path) -> LoadedAdapter:
        """Verify the adapter in `folder` and serve it as `name`; return when it can be used.

        Raises AdapterNotFound or AdapterRefused. A name that once stood for other weights is refused too, so that the
        model named beside an answer says for good which weights wrote it.
        """
        self._check_name(name)
        candidate = inspect_adapter(folder)
        if candidate.base_revision != self._revision:
            raise AdapterRefused(
                f"The adapter at {folder} was trained on base revision {candidate.base_revision}, and this server runs "
                f"{self._revision}. Retrain it on this base.",
                param="lora_path",
            )
        return self._scheduler.run_between_tokens(lambda: self._insert(name, candidate))

    def unload_adapter(self, name: str) -> None:
        """Stop serving `name`. Answers already asked of it are still written. Raises AdapterNotFound."""
        with self._naming:
            if name not in self._adapters:
                raise AdapterNotFound(f"The lora adapter '{name}' cannot be found.", param="lora_name")
            self._scheduler.retire(self._adapters.pop(name).slot)
        logger.info("adapter %s unloaded", name)

    def _slot(self, model: str) -> str:
        if model == self.served_name:
            return BASE
        if model in self._adapters:
            return self._adapters[model].slot
        names = ", ".join([self.served_name, *self._adapters])
        raise ModelNotFound(f"The model '{model}' is not loaded. Loaded are: {names}.", param="model")

    def _check_name(self, name: str) -> None:
        if name in self._adapters or name == self.served_name:
            raise AdapterRefused(f"The lora adapter '{name}' has already been loaded.", param="lora_name")

    def _insert(self, name: str, candidate: Candidate) -> LoadedAdapter:
        """Runs on the model thread, where two loads of one name can't race."""
        self._check_name(name)
        if self._weights_named.get(name, candidate.sha256) != candidate.sha256:
            raise AdapterRefused(
                f"The name '{name}' stood for other weights before. Load these under a new name.", param="lora_name"
            )
        adapter = LoadedAdapter(name, candidate.folder, candidate.sha256, self._model.insert(candidate))
        with self._naming:
            self._adapters[name] = adapter
            self._weights_named[name] = candidate.sha256
        logger.info("adapter %s loaded", name)
        return adapter

    def _row(self, generation: Generation) -> Row:
        return Row(generation, TextStream(self._decode, generation.sampling.stop), self._end_tokens)

    def _decode(self, tokens: list[int]) -> str:
        return str(self._decoder.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _window(model: PreTrainedModel) -> int:
    # A model without positions of its own (ALiBi) names no limit.
    return int(getattr(model.config.get_text_config(), "max_position_embeddings", 2048))


def _end_tokens(base: Base) -> frozenset[int]:
    """Return the ids that end an answer: the one that training teaches, and those the model came with."""
    configured = base.model.generation_config.eos_token_id if base.model.generation_config else None
    ends = configured if isinstance(configured, list) else [configured]
    return frozenset(end for end in [*ends, end_of_turn(base.tokenizer)] if end is not None)
