"""Reads an answer while a model writes it, and stops where nothing good can come of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread

import openai
from openai.types.chat import ChatCompletionChunk

from bot.answering.cleaning import clean, loop_start, without_loop, without_thoughts
from bot.answering.model_errors import ModelUnavailableError, translated

LONGEST_ANSWER = 40_000
"""Characters of an answer that are read: no setting lets a model write so many, but not every server minds."""
PAUSES_S = (0.5, 1.5)
LOOP_EVERY = 200
SHOW_EVERY_S = 0.1
"""Nobody reads faster, and each time all that is written is cleaned anew."""

Chunks = openai.Stream[ChatCompletionChunk]
Show = Callable[[str], None]
"""Takes what is written of an answer so far, whenever there is more of it; nothing, when it is begun."""


@dataclass(frozen=True)
class Completion:
    """What a model wrote, and what it cost in tokens."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    ended: str = "stop"
    """Why it ended, in the servers' words: `length` where it was cut, `content_filter` where the rest is held back."""


@dataclass(frozen=True)
class Patience:
    """How many seconds are waited for a model's next word, and for all of them."""

    word_s: float
    answer_s: float


class Reading:
    """One answer of a model. It is read in a thread of its own, so that no way of being silent holds anybody up."""

    def __init__(self, begin: Callable[[], Chunks], model: str, patience: Patience) -> None:
        self._begin = begin
        self._model = model
        self._patience = patience
        self._arrived: SimpleQueue[ChatCompletionChunk | Exception | None] = SimpleQueue()
        self._is_over = Event()

    def completion(self, show: Show) -> Completion:
        """Return the answer; `show` is called with what is there of it. Raises `VoiceServerError`s."""
        Thread(target=self._read, name="reading", daemon=True).start()
        try:
            return self._gathered(show)
        finally:
            self._is_over.set()

    def _gathered(self, show: Show) -> Completion:
        text, ended, looked_at, shows_from = "", "", 0, 0.0
        model, prompt_tokens, completion_tokens = self._model, 0, 0
        for chunk in self._chunks():
            model = chunk.model or model
            if chunk.usage:
                prompt_tokens, completion_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
            for choice in chunk.choices or ():
                text += (choice.delta.content if choice.delta else None) or ""
                ended = choice.finish_reason or ended
            if len(text) > LONGEST_ANSWER:
                ended, text = "length", f"{text[:LONGEST_ANSWER]}…"
                break
            if len(text) - looked_at >= LOOP_EVERY:
                looked_at = len(text)
                if loop_start(text) is not None:
                    ended = "stop"
                    break
            if time.monotonic() >= shows_from and (shown := without_thoughts(clean(text))):
                show(shown)
                shows_from = time.monotonic() + SHOW_EVERY_S
        if not ended:
            raise ModelUnavailableError("the model server broke off in the middle of an answer; its log says why")
        if not (said := tidy(text)):
            why = f" ({ended})" if ended in ("length", "content_filter") else ""
            raise ModelUnavailableError(f"the model wrote nothing{why}; its log may say why")
        return Completion(said, model, prompt_tokens, completion_tokens, ended)

    def _chunks(self) -> Iterator[ChatCompletionChunk]:
        deadline = time.monotonic() + self._patience.answer_s
        while True:
            left = deadline - time.monotonic()
            try:
                arrived = self._arrived.get(timeout=max(min(self._patience.word_s, left), 0.001))
            except Empty:
                setting = "TIMBRE_MODEL_TIMEOUT_S" if left > self._patience.word_s else "TIMBRE_ANSWER_TIMEOUT_S"
                raise ModelUnavailableError(f"the model did not go on within {setting}") from None
            if arrived is None:
                return
            if isinstance(arrived, openai.OpenAIError):
                raise translated(arrived, self._model) from arrived
            if isinstance(arrived, Exception):
                raise ModelUnavailableError("the model server answered what is no chat completion") from arrived
            if left <= 0:
                raise ModelUnavailableError("the model was not done within TIMBRE_ANSWER_TIMEOUT_S")
            shown_from = time.monotonic()
            yield arrived
            deadline += time.monotonic() - shown_from  # that Slack is slow is not the model's fault

    def _read(self) -> None:
        try:
            with self._begun() as stream:
                for chunk in stream:
                    if self._is_over.is_set():
                        return
                    self._arrived.put(chunk)
            self._arrived.put(None)
        except Exception as err:  # noqa: BLE001 (whatever a server sends, whoever waits has to hear of it)
            self._arrived.put(err)

    def _begun(self) -> Chunks:
        """Ask, and ask again where a server was out of reach or stumbled: not where it was slow."""
        for pause in PAUSES_S:
            with suppress(_TryAgainError):
                return self._tried()
            if self._is_over.wait(pause):
                break
        return self._begin()

    def _tried(self) -> Chunks:
        try:
            return self._begin()
        except openai.APITimeoutError:
            raise
        except openai.APIConnectionError as err:
            raise _TryAgainError from err
        except openai.APIStatusError as err:
            may_pass = err.status_code == 429 or err.status_code >= 500
            if may_pass and err.response.headers.get("x-should-retry") != "false":
                raise _TryAgainError from err
            raise


class _TryAgainError(Exception):
    """It may work the next time."""


def tidy(text: str) -> str:
    """Return an answer without thoughts, signs nobody sees, and endless repetition."""
    return without_loop(without_thoughts(clean(text))).strip()
