"""Every model, for chat and for embeddings, through the `openai` client: any OpenAI-compatible server will do."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openai
from openai.types.chat import ChatCompletionMessageParam

from bot.answering.model_errors import TextRefusedError, VoiceRefusedError, message_of, translated
from bot.answering.reading import Chunks, Completion, Patience, Reading, Show
from training.prompt import Message
from training.voices import VoiceServerError

EMBEDDING_BATCH = 64
REFUSED = (400, 413, 422)
"""What servers answer to a text that they don't take: it is malformed, say, or too long."""
HARMLESS = "a"
BYTES_PER_TOKEN = 3
"""Fewer than most writing has, in any script: a history that is cut a little early does no harm."""
COUNTING_S = 5.0
COUNTING_PAUSE_S = 60.0
"""For so long a server that was too slow or too busy to count is not asked to."""
UNSUPPORTED = ("unsupported_parameter", "unsupported_value")


class Models:
    """One model server. Answers are greedy, so that the same question gets the same answer."""

    def __init__(
        self,
        *,
        url: str,
        api_key: str,
        embedding_model: str,
        timeout_s: float,
        answer_timeout_s: float = 300,
        embedding_url: str = "",
        embedding_api_key: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect at first use. Texts are embedded at `embedding_url` where one is given, with a key of its own."""
        self.embedding_model = embedding_model
        self._client = openai.OpenAI(base_url=url, api_key=api_key, timeout=timeout_s, max_retries=2)
        # Somebody waits for a chat: `Reading` tries again where that may help, and gives up in time.
        self._chats = self._client.with_options(max_retries=0)
        self._patience = Patience(timeout_s, answer_timeout_s)
        self._counts_from = 0.0
        self._monotonic = monotonic
        self._embedder = (
            openai.OpenAI(base_url=embedding_url, api_key=embedding_api_key or "none", timeout=timeout_s, max_retries=2)
            if embedding_url
            else self._client
        )

    def chat(
        self, model: str, messages: Sequence[Message], *, max_tokens: int, show: Show = lambda _text: None
    ) -> Completion:
        """Return the model's answer; `show` is called with what is there of it. Raises `VoiceServerError`s."""
        return Reading(lambda: self._begun(model, messages, max_tokens), model, self._patience).completion(show)

    def _begun(self, model: str, messages: Sequence[Message], max_tokens: int) -> Chunks:
        prompt: list[ChatCompletionMessageParam] = [message for message in messages]  # type: ignore[misc]  # noqa: C416 (role: a wider Literal)
        asked: Any = {"model": model, "messages": prompt, "stream": True, "stream_options": {"include_usage": True}}
        create: Callable[..., Chunks] = self._chats.chat.completions.create
        try:
            return create(**asked, max_tokens=max_tokens, temperature=0)
        except openai.BadRequestError as err:
            if err.code not in UNSUPPORTED:
                raise
            # Models that think have another name for the limit, and a temperature of their own.
            return create(**asked, max_completion_tokens=max_tokens)

    def count_tokens(self, model: str, text: str) -> int:
        """Return how many tokens a text has for a model; an estimate where its server can't say."""
        if self._monotonic() >= self._counts_from:
            try:
                return self._counted(model, text)
            except (openai.OpenAIError, KeyError, TypeError, ValueError) as err:
                self._counts_from = self._monotonic() + _pause_after(err)
        return -(-len(text.encode()) // BYTES_PER_TOKEN)

    def _counted(self, model: str, text: str) -> int:
        body = {"model": model, "prompt": text, "add_special_tokens": False}
        address = str(self._client.base_url.join("../tokenize"))
        said = self._chats.post(address, body=body, cast_to=object, options={"timeout": COUNTING_S})
        if not isinstance(said, dict):
            raise TypeError(said)
        return int(said["count"])

    def complete(self, model: str, messages: Sequence[Message]) -> str:
        """Return a short greedy answer: what promotion probes a voice with."""
        return self.chat(model, messages, max_tokens=48).text

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text, in their order. Raises `TextRefusedError` where others would be embedded."""
        return self._embed(self._embedder, self.embedding_model, texts)

    def embed_by(self, embedding_model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text by another embedder: at the URL for embeddings, or else where the models are."""
        try:
            return self._embed(self._embedder, embedding_model, texts)
        except VoiceServerError:
            if self._embedder is self._client:
                raise
            return self._embed(self._client, embedding_model, texts)

    def _embed(self, client: openai.OpenAI, embedding_model: str, texts: Sequence[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        try:
            for start in range(0, len(texts), EMBEDDING_BATCH):
                batch = list(texts[start : start + EMBEDDING_BATCH])
                answer = client.embeddings.create(model=embedding_model, input=batch)
                vectors += [item.embedding for item in answer.data]
        except openai.OpenAIError as err:
            is_refusal = isinstance(err, openai.APIStatusError) and err.status_code in REFUSED
            if is_refusal and list(texts) != [HARMLESS]:
                self._embed(client, embedding_model, [HARMLESS])  # what refuses this too is no embedder
                raise TextRefusedError("the embedder refuses one of the texts") from err
            raise translated(err, embedding_model) from err
        return vectors

    def load(self, name: str, folder: Path) -> None:
        """Load an adapter beside the base model under `name`; one that is there already stays."""
        body = {"lora_name": name, "lora_path": str(folder.absolute())}
        try:
            self._client.post("/load_lora_adapter", body=body, cast_to=str)
        except openai.BadRequestError as err:
            if name not in self.names():
                raise VoiceRefusedError(f"the model server refused {name}: {message_of(err)}") from err
        except openai.OpenAIError as err:
            raise translated(err, name) from err

    def names(self) -> list[str]:
        """Return the names of the models the server holds."""
        try:
            return [model.id for model in self._client.models.list()]
        except openai.OpenAIError as err:
            raise translated(err, "") from err


def _pause_after(err: Exception) -> float:
    """Return for how many seconds a server that could not count tokens is not asked again."""
    if isinstance(err, openai.APITimeoutError | openai.RateLimitError):
        return COUNTING_PAUSE_S
    return 0.0 if isinstance(err, openai.APIConnectionError | openai.InternalServerError) else math.inf
