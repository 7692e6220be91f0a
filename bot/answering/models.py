"""Every model, for chat and for embeddings, through the `openai` client: any OpenAI-compatible server will do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import openai
from openai.types.chat import ChatCompletionMessageParam

from training.prompt import Message
from training.voices import VoiceServerError

EMBEDDING_BATCH = 64


class ModelUnavailableError(VoiceServerError):
    """The model server can't be reached, or failed."""


class UnknownModelError(VoiceServerError):
    """The model server is up but does not hold the model that was asked for."""


class VoiceRefusedError(VoiceServerError):
    """The model server is up but can't use an adapter: it is incomplete, say, or made for another base model."""


class PromptTooLongError(VoiceServerError):
    """The prompt does not fit the model's window."""


@dataclass(frozen=True)
class Completion:
    """What a model wrote, and what it cost in tokens."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int


class Models:
    """One model server. Answers are greedy, so that the same question gets the same answer."""

    def __init__(self, *, url: str, api_key: str, embedding_model: str, timeout_s: float) -> None:
        self.embedding_model = embedding_model
        self._client = openai.OpenAI(base_url=url, api_key=api_key, timeout=timeout_s, max_retries=2)

    def chat(self, model: str, messages: Sequence[Message], *, max_tokens: int) -> Completion:
        """Return the model's answer. Raises the errors of this module."""
        prompt: list[ChatCompletionMessageParam] = [message for message in messages]  # type: ignore[misc]  # noqa: C416 (role: a wider Literal)
        try:
            answer = self._client.chat.completions.create(
                model=model, messages=prompt, max_tokens=max_tokens, temperature=0
            )
        except openai.OpenAIError as err:
            raise _translated(err, model) from err
        usage = answer.usage
        return Completion(
            text=(answer.choices[0].message.content or "").strip(),
            model=answer.model,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
        )

    def complete(self, model: str, messages: Sequence[Message]) -> str:
        """Return a short greedy answer: what promotion probes a voice with."""
        return self.chat(model, messages, max_tokens=48).text

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text, in their order."""
        vectors: list[list[float]] = []
        try:
            for start in range(0, len(texts), EMBEDDING_BATCH):
                batch = list(texts[start : start + EMBEDDING_BATCH])
                answer = self._client.embeddings.create(model=self.embedding_model, input=batch)
                vectors += [item.embedding for item in answer.data]
        except openai.OpenAIError as err:
            raise _translated(err, self.embedding_model) from err
        return vectors

    def load(self, name: str, folder: Path) -> None:
        """Load an adapter beside the base model under `name`; one that is there already stays."""
        body = {"lora_name": name, "lora_path": str(folder.absolute())}
        try:
            self._client.post("/load_lora_adapter", body=body, cast_to=str)
        except openai.BadRequestError as err:
            if name not in self.names():
                raise VoiceRefusedError(f"the model server refused {name}: {_message(err)}") from err
        except openai.OpenAIError as err:
            raise _translated(err, name) from err

    def names(self) -> list[str]:
        """Return the names of the models the server holds."""
        try:
            return [model.id for model in self._client.models.list()]
        except openai.OpenAIError as err:
            raise _translated(err, "") from err


def _message(err: openai.APIError) -> str:
    said = err.body.get("message") if isinstance(err.body, dict) else None
    return str(said or err.message)


def _translated(err: openai.OpenAIError, model: str) -> VoiceServerError:
    if isinstance(err, openai.NotFoundError):
        return UnknownModelError(f"the model server does not hold {model}")
    if isinstance(err, openai.BadRequestError) and err.code == "context_length_exceeded":
        return PromptTooLongError("the prompt does not fit the model's window")
    if isinstance(err, openai.APIStatusError):
        # Not its message: some servers repeat the prompt there, and this is logged.
        kind = err.code or err.type or "no code"
        return ModelUnavailableError(f"the model server answered {err.status_code} ({kind}); its log says why")
    if isinstance(err, openai.APIConnectionError):
        address = f"{err.request.url.scheme}://{err.request.url.netloc.decode()}"  # without a name and password in it
        if isinstance(err, openai.APITimeoutError):
            return ModelUnavailableError(f"the model server at {address} did not answer within TIMBRE_MODEL_TIMEOUT_S")
        return ModelUnavailableError(f"the model server can't be reached at {address}; is `timbre serve` running?")
    return ModelUnavailableError(f"the model server's answer can't be read ({type(err).__name__}); its log says why")
