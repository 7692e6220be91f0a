"""Answers in OpenAI's shapes: one completion, or a stream of chunks as server-sent events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.serving.errors import Refused
from training.serving.generation import Finished

DONE = "data: [DONE]\n\n"


@dataclass(frozen=True)
class Completion:
    """What all messages about one answer have in common. `created` is in Unix seconds."""

    id: str
    model: str
    created: int
    prompt_tokens: int

    def whole(self, finished: Finished) -> dict[str, Any]:
        """Return the `chat.completion` object."""
        message = {"role": "assistant", "content": finished.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finished.reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.usage(finished)}

    def opening(self) -> str:
        """Return the first event, which carries the role."""
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, text: str) -> str:
        """Return an event with more text."""
        return self._chunk({"content": text})

    def closing(self, finished: Finished) -> str:
        """Return the event that says why the answer ended."""
        return self._chunk({}, finish_reason=finished.reason)

    def usage_event(self, finished: Finished) -> str:
        """Return the event that `stream_options.include_usage` asks for: no choices, only usage."""
        return event({**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage(finished)})

    def usage(self, finished: Finished) -> dict[str, int]:
        """Return how many tokens were read and written."""
        total = self.prompt_tokens + finished.tokens
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": finished.tokens, "total_tokens": total}

    def _chunk(self, delta: Mapping[str, str], *, finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return event({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def event(data: Mapping[str, Any]) -> str:
    """Return `data` as a server-sent event."""
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def error_event(error: Refused) -> str:
    """Return the event that ends a stream which failed; OpenAI's clients raise it as an APIError."""
    return event(error.to_json())
