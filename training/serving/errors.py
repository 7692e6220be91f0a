"""What a client can be refused with. Each error knows its status and code in OpenAI's terms."""

from typing import ClassVar


class Refused(Exception):  # noqa: N818 - the name says what is the case
    """A request that is not served. `param` names the field of the request that is at fault, where one is."""

    status: ClassVar[int] = 400
    type: ClassVar[str] = "invalid_request_error"
    code: ClassVar[str | None] = None

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param

    def to_json(self) -> dict[str, dict[str, str | None]]:
        """Return the body that OpenAI's clients read errors from."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class BadRequest(Refused):
    """The request itself is wrong: not JSON, a field missing or out of range, something that is not supported."""


class ModelNotFound(Refused):
    """No model of that name is loaded."""

    status = 404
    code = "model_not_found"


class ContextLengthExceeded(Refused):
    """The prompt leaves no room for an answer in the model's window."""

    code = "context_length_exceeded"


class QueueFull(Refused):
    """As many requests are waiting as the server allows."""

    status = 429
    type = "rate_limit_error"
    code = "queue_full"


class AdapterNotFound(Refused):
    """No adapter of that name is loaded, or no folder is at that path."""

    status = 404
    type = "not_found_error"
    code = "adapter_not_found"


class AdapterRefused(Refused):
    """The adapter is incomplete, made for another base model, already loaded, or of a kind that cannot be batched."""

    code = "adapter_refused"


class GenerationFailed(Refused):
    """The model raised an error, or the server is stopping. The cause is in the server's log."""

    status = 500
    type = "server_error"
    code = "generation_failed"
