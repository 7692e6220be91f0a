"""Hand-written stand-ins for what Timbre talks to."""

import asyncio
import base64
import json
import re
import socket
import threading
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from training.prompt import Message
from training.voices import VoiceServerError


class FakeVoiceServer:
    """A model server whose voices sign what they say. `mute` ones say nothing, `parrots` say what the base says."""

    def __init__(self) -> None:
        self.loaded: dict[str, Path] = {}
        self.mute: set[str] = set()
        self.parrots: set[str] = set()
        self.is_down = False
        self.before_answering = threading.Barrier(1)

    def load(self, name: str, folder: Path) -> None:
        self._check_up()
        if self.loaded.setdefault(name, folder) != folder:
            raise VoiceServerError(f"{name} is loaded from another folder")

    def complete(self, model: str, messages: Sequence[Message]) -> str:
        self._check_up()
        if model != "base" and model not in self.loaded:
            raise VoiceServerError(f"there is no model {model}")
        self.before_answering.wait()
        if model in self.mute:
            return " "
        speaker = "base" if model in self.parrots else model
        return f"{messages[-1]['content'][-40:]} ({speaker})"

    def _check_up(self) -> None:
        if self.is_down:
            raise VoiceServerError("the model server does not answer")


class FakeModelServer:
    """An OpenAI-compatible model server without models, on a real socket from `with` to its end.

    It says what the first passage says, cites it, and signs with the model's name. Texts that share words get vectors
    that lie close together.
    Another `salt` makes another embedder of it.
    One that `obeys` says whatever its passages tell it to, with that secret. What is set on it changes what it does
    until `reset`.
    """

    DIMENSIONS = 512

    def __init__(self) -> None:
        routes = [
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/embeddings", self._embeddings, methods=["POST"]),
            Route("/tokenize", self._tokenize, methods=["POST"]),
            Route("/v1/models", self._models),
            Route("/v1/load_lora_adapter", self._load, methods=["POST"]),
        ]
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self.reset()

    def reset(self) -> None:
        """Forget everything it was asked and told."""
        self.loaded: dict[str, str] = {}
        self.refuses: set[str] = set()
        self.embedders_gone: set[str] = set()
        self.cannot_embed: str | None = None
        self.salt, self.dimensions = "", self.DIMENSIONS
        self.embedded_by: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.says: str | None = None
        self.is_down = False
        self.has_tokenize = True
        self.counts = 0
        self.cannot_count: int | None = None
        self.is_thinking = False
        self.is_choosy = False
        self.window = 100_000
        self.piece, self.pause_s = 1_000, 0.0
        self.breaks_at: int | None = None
        self.is_silent_at: int | None = None
        self.obeys: str | None = None
        self.garbage: list[bytes] = []
        self.ends = "stop"

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline, "the fake model server did not start"
            time.sleep(0.005)
        return self

    def __exit__(self, _kind: object, _error: object, _trace: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        if self.is_down:
            # As some servers do, it repeats what it was asked.
            return _refusal(500, f"it is down: {body['messages']}")
        if body["model"] != "base" and body["model"] not in self.loaded:
            return _refusal(404, "no such model", "model_not_found")
        if self.is_choosy and ("max_tokens" in body or "temperature" in body):
            return _refusal(400, "use 'max_completion_tokens' instead", "unsupported_parameter")
        prompt = "\n".join(message["content"] for message in body["messages"])
        if len(prompt) > self.window:
            return _refusal(400, "too long", "context_length_exceeded")
        self.asked.append(body)
        while self.is_thinking:
            await asyncio.sleep(0.01)
        said = self._answer(prompt, body["model"])
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": 3, "total_tokens": 0}
        if body.get("stream"):
            return StreamingResponse(self._stream(said, body["model"], usage), media_type="text/event-stream")
        message = {"role": "assistant", "content": said}
        return JSONResponse(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 0,
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": usage,
            }
        )

    def _answer(self, prompt: str, model: str) -> str:
        if self.says is not None:
            return self.says
        quoted = [line.removeprefix("> ") for line in prompt.splitlines() if line.startswith("> ")]
        if self.obeys is not None:
            return "\n".join(quoted).replace("{secret}", self.obeys) + " [1]"
        return f"{quoted[0]} [1] ({model})" if quoted else f"Ahoy. ({model})"

    async def _stream(self, said: str, model: str, usage: dict[str, int]) -> AsyncIterator[bytes]:
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": model}
        pieces = [said[at : at + self.piece] for at in range(0, len(said), self.piece)]
        for number, piece in enumerate(pieces):
            if number == self.breaks_at:
                return
            while number == self.is_silent_at:
                await asyncio.sleep(0.01)
            yield _event({**head, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            await asyncio.sleep(self.pause_s)
        for garbage in self.garbage:
            yield garbage
        if self.breaks_at is None:
            yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": self.ends}]})
            yield _event({**head, "choices": [], "usage": usage})
            yield b"data: [DONE]\n\n"

    async def _embeddings(self, request: Request) -> JSONResponse:
        body = await request.json()
        if self.is_down:
            return _refusal(500, "it is down")
        if body["model"] in self.embedders_gone:
            return _refusal(404, "no such model", "model_not_found")
        self.embedded_by.append(body["model"])
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if self.cannot_embed is not None and any(self.cannot_embed in text for text in texts):
            return _refusal(400, "the input is not valid")
        data = [
            {"object": "embedding", "index": index, "embedding": self._coded(text, body.get("encoding_format"))}
            for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": usage})

    def _coded(self, text: str, encoding: str | None) -> list[float] | str:
        vector = np.zeros(self.dimensions, dtype="<f4")
        for word in re.findall(r"\d+|\w{3,}", text.lower()):
            vector[zlib.crc32(f"{self.salt}{word}".encode()) % self.dimensions] += 1
        vector[0] += 0.01  # no text is without direction
        vector /= np.linalg.norm(vector)
        return base64.b64encode(vector.tobytes()).decode() if encoding == "base64" else vector.tolist()

    async def _tokenize(self, request: Request) -> JSONResponse:
        body = await request.json()
        self.counts += 1
        if self.cannot_count is not None:
            return _refusal(self.cannot_count, "not now")
        while self.is_thinking:
            await asyncio.sleep(0.01)
        if self.is_down or not self.has_tokenize:
            return _refusal(500 if self.is_down else 404, "no such route")
        if body["model"] != "base" and body["model"] not in self.loaded:
            return _refusal(404, "no such model", "model_not_found")
        tokens = list(range(len(body["prompt"].split())))
        return JSONResponse({"count": len(tokens), "max_model_len": self.window, "tokens": tokens})

    async def _models(self, request: Request) -> JSONResponse:
        cards = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in ("base", *self.loaded)]
        return JSONResponse({"object": "list", "data": cards})

    async def _load(self, request: Request) -> Response:
        body = await request.json()
        name, folder = body["lora_name"], body["lora_path"]
        if not Path(folder).is_dir():
            return _refusal(404, "no such folder", "adapter_not_found")
        if name in self.loaded:
            return _refusal(400, "loaded already", "adapter_refused")
        if name in self.refuses:
            return _refusal(400, "it was trained on another base", "adapter_refused")
        self.loaded[name] = folder
        return PlainTextResponse("Success")


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def _refusal(status: int, message: str, code: str | None = None) -> JSONResponse:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    # The client would wait and ask again, which a test has no time for.
    return JSONResponse(body, status_code=status, headers={"x-should-retry": "false"})
