"""What clients send, checked: OpenAI's chat and embedding requests and vLLM's adapter requests."""

import json
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.prompt import Message
from training.serving.errors import BadRequest
from training.serving.sampling import Sampling

R = TypeVar("R", bound="ServerRequest")


class ServerRequest(BaseModel):
    """Fields that are not named here are ignored, as OpenAI's clients send more than a model server needs."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class TextPart(ServerRequest):
    """A piece of a message's content. Only text is understood."""

    type: Literal["text"]
    text: str


class ChatMessage(ServerRequest):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def to_message(self) -> Message:
        """Return the message as chat templates take it."""
        content = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        # OpenAI renamed the system role for its newer models; chat templates know the old name.
        return {"role": "system" if self.role == "developer" else self.role, "content": content}


class StreamOptions(ServerRequest):
    """What a stream carries besides text."""

    include_usage: bool = False


class ChatRequest(ServerRequest):
    """`POST /v1/chat/completions`. Defaults are OpenAI's."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: str | list[str] | None = None
    n: int | None = None

    # What would change the answer and is not supported must not be passed over in silence.
    unsupported: ClassVar[dict[str, tuple[object, ...]]] = {
        "frequency_penalty": (None, 0),
        "presence_penalty": (None, 0),
        "logit_bias": (None, {}),
        "logprobs": (None, False),
        "tools": (None, []),
        "functions": (None, []),
        "response_format": (None, {"type": "text"}),
    }

    @model_validator(mode="before")
    @classmethod
    def _refuse_unsupported(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for name, harmless in cls.unsupported.items():
                if data.get(name) not in harmless:
                    raise BadRequest(f"'{name}' is not supported by this server. Leave it out.", param=name)
            if data.get("n") not in (None, 1):
                raise BadRequest("'n' must be 1: send one request for each answer.", param="n")
        return data

    @model_validator(mode="after")
    def _check_stop(self) -> Self:
        if len(self.stop_strings()) > 4 or "" in self.stop_strings():
            raise BadRequest("'stop' takes up to 4 strings, none of them empty.", param="stop")
        return self

    def stop_strings(self) -> tuple[str, ...]:
        """Return the strings before which the answer ends."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    def sampling(self) -> Sampling:
        """Return how tokens are chosen."""
        return Sampling(
            max_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            seed=self.seed,
            stop=self.stop_strings(),
        )


class TokenizeRequest(ServerRequest):
    """`POST /tokenize`: a text as it is, or messages as the chat template has them."""

    model: str
    prompt: str | None = None
    messages: list[ChatMessage] | None = Field(None, min_length=1)
    add_special_tokens: bool = True

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.prompt is None) == (self.messages is None):
            raise BadRequest("Send either a 'prompt' or 'messages'.", param="prompt")
        return self


class EmbeddingRequest(ServerRequest):
    """`POST /v1/embeddings`. Tokens instead of text are not understood: they would be another model's."""

    model: str
    input: str | Annotated[list[str], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None

    def texts(self) -> list[str]:
        """Return what to embed."""
        return [self.input] if isinstance(self.input, str) else self.input


class LoadAdapterRequest(ServerRequest):
    """`POST /v1/load_lora_adapter`."""

    lora_name: str = Field(min_length=1, max_length=200)
    lora_path: str = Field(min_length=1)


class UnloadAdapterRequest(ServerRequest):
    """`POST /v1/unload_lora_adapter`."""

    lora_name: str = Field(min_length=1)


def parse(kind: type[R], body: bytes) -> R:
    """Return the request in `body`. Raises BadRequest that names the field at fault."""
    try:
        data = json.loads(body)
    except ValueError as err:
        raise BadRequest(f"The request's body is not valid JSON: {err}") from err
    if not isinstance(data, dict):
        raise BadRequest("The request's body must be a JSON object.")
    try:
        return kind.model_validate(data)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"'{place}': {first['msg']}.", param=str(first["loc"][0])) from err
