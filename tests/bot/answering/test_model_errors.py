"""What model servers answer, as recorded, becomes errors that say what can be done."""

from typing import Any

import httpx2
import openai
import pytest

from bot.answering.model_errors import ModelUnavailableError, PromptTooLongError, translated

OPENAI = {
    "error": {
        "message": "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
        "type": "invalid_request_error",
        "param": "messages",
        "code": "context_length_exceeded",
    }
}
VLLM = {
    "object": "error",
    "message": "This model's maximum context length is 2048 tokens. However, you requested 2300 tokens in total.",
    "type": "BadRequestError",
    "param": None,
    "code": 400,
}
VLLM_NESTED = {
    "error": {
        "message": "This model's maximum context length is 2048 tokens. However, your request has 2300 input tokens.",
        "type": "BadRequestError",
        "param": "input_tokens",
        "code": 400,
    }
}
LLAMA_CPP = {
    "error": {
        "code": 400,
        "message": "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 5000,
        "n_ctx": 4096,
    }
}


def answered(status: int, body: dict[str, Any]) -> openai.APIStatusError:
    request = httpx2.Request("POST", "http://models/v1/chat/completions")
    client = openai.OpenAI(base_url="http://models/v1", api_key="none")
    return client._make_status_error_from_response(httpx2.Response(status, json=body, request=request))


@pytest.mark.parametrize("body", [OPENAI, VLLM, VLLM_NESTED, LLAMA_CPP], ids=["openai", "vllm", "nested", "llama.cpp"])
def test_a_prompt_that_is_too_long_is_known_as_such_from_any_server(body: dict[str, Any]) -> None:
    assert isinstance(translated(answered(400, body), "base"), PromptTooLongError)


def test_what_else_a_server_refuses_is_not_taken_for_a_prompt_that_is_too_long() -> None:
    body = {"object": "error", "message": "top_k must be -1 or at least 1", "type": "BadRequestError", "code": 400}

    error = translated(answered(400, body), "base")

    assert type(error) is ModelUnavailableError
    assert "top_k" not in str(error)
