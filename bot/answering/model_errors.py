"""What goes wrong with models, in words for people, and never with what a model was asked."""

import re

import openai

from training.voices import VoiceServerError

TOO_LONG = ("context_length_exceeded", "exceed_context_size_error")
_SAYS_TOO_LONG = re.compile(r"maximum context length|available context size|longer than the maximum model length", re.I)
"""How servers say it that have no code for it, vLLM among them."""


class ModelUnavailableError(VoiceServerError):
    """The model server can't be reached, or failed."""


class UnknownModelError(VoiceServerError):
    """The model server is up but does not hold the model that was asked for."""


class VoiceRefusedError(VoiceServerError):
    """The model server is up but can't use an adapter: it is incomplete, say, or made for another base model."""


class PromptTooLongError(VoiceServerError):
    """The prompt does not fit the model's window."""


class TextRefusedError(VoiceServerError):
    """The embedder works, and refuses one of the texts it was given."""


def message_of(err: openai.APIError) -> str:
    said = err.body.get("message") if isinstance(err.body, dict) else None
    return str(said or err.message)


def translated(err: openai.OpenAIError, model: str) -> VoiceServerError:
    if isinstance(err, openai.NotFoundError):
        return UnknownModelError(f"the model server does not hold {model}")
    if isinstance(err, openai.BadRequestError) and _is_too_long(err):
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


def _is_too_long(err: openai.BadRequestError) -> bool:
    return err.code in TOO_LONG or err.type in TOO_LONG or bool(_SAYS_TOO_LONG.search(message_of(err)))
