"""The HTTP side of the model server: OpenAI's chat, embeddings and models, and vLLM's calls for adapters."""

import base64
import time
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from training.serving.chat_routes import ChatRoutes
from training.serving.embedder import Embedder
from training.serving.engine import Engine
from training.serving.errors import BadRequest, ModelNotFound, Refused
from training.serving.metrics import CountingRequests, Metrics
from training.serving.requests import (
    EmbeddingRequest,
    LoadAdapterRequest,
    TokenizeRequest,
    UnloadAdapterRequest,
    parse,
)


def create_app(engine: Engine, embedder: Embedder | None = None) -> Starlette:
    """Return the application. `engine` is started and closed by the caller; without an embedder there are none."""
    adapters, models = AdapterRoutes(engine), ModelRoutes(engine, embedder, created=int(time.time()))
    metrics = Metrics(engine)
    return Starlette(
        middleware=[Middleware(CountingRequests, metrics=metrics)],
        routes=[
            Route("/v1/chat/completions", ChatRoutes(engine, metrics).complete, methods=["POST"]),
            # Where vLLM has it.
            Route("/tokenize", TokenRoutes(engine).tokenize, methods=["POST"]),
            Route("/v1/embeddings", EmbeddingRoutes(embedder).embed, methods=["POST"]),
            Route("/v1/models", models.index),
            Route("/v1/models/{name:path}", models.show),
            Route("/v1/load_lora_adapter", adapters.load, methods=["POST"]),
            Route("/v1/unload_lora_adapter", adapters.unload, methods=["POST"]),
            Route("/health", models.health),
            Route("/metrics", metrics.show),
        ],
        exception_handlers={Refused: _refused, HTTPException: _no_such_route, Exception: _crashed},
    )


class ModelRoutes:
    """What is loaded, and whether the server is well. `created` is in Unix seconds."""

    def __init__(self, engine: Engine, embedder: Embedder | None, *, created: int) -> None:
        self._engine = engine
        self._embedder = embedder
        self._created = created

    async def index(self, request: Request) -> Response:
        """List the base, the adapters with their parent, and the embedder."""
        return JSONResponse({"object": "list", "data": self._cards()})

    async def show(self, request: Request) -> Response:
        """Describe one model."""
        name = request.path_params["name"]
        for card in self._cards():
            if card["id"] == name:
                return JSONResponse(card)
        raise ModelNotFound(f"The model '{name}' is not loaded.", param="model")

    async def health(self, request: Request) -> Response:
        """Say that the server is up, and how busy."""
        running, waiting = self._engine.load()
        return JSONResponse({"status": "ok", "running": running, "waiting": waiting})

    def _cards(self) -> list[dict[str, Any]]:
        engine = self._engine
        base = self._card(engine.served_name, root=engine.base_name) | {"max_model_len": engine.window}
        adapters = [
            self._card(adapter.name, root=str(adapter.folder), parent=engine.served_name)
            for adapter in engine.adapters()
        ]
        embedders = [self._card(self._embedder.name, root=self._embedder.name)] if self._embedder else []
        return [base, *adapters, *embedders]

    def _card(self, name: str, *, root: str, parent: str | None = None) -> dict[str, Any]:
        return {
            "id": name,
            "object": "model",
            "created": self._created,
            "owned_by": "timbre",
            "root": root,
            "parent": parent,
        }


class EmbeddingRoutes:
    """Answers embedding requests."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder

    async def embed(self, request: Request) -> Response:
        """Embed one text or several."""
        wanted = parse(EmbeddingRequest, await request.body())
        if self._embedder is None or wanted.model != self._embedder.name:
            loaded = self._embedder.name if self._embedder else "none"
            message = f"The embedding model '{wanted.model}' is not loaded. Loaded is: {loaded}."
            raise ModelNotFound(message, param="model")
        embeddings = await self._embedder.embed(wanted.texts())
        size = embeddings.vectors.shape[1]
        if wanted.dimensions not in (None, size):
            raise BadRequest(f"'dimensions' must be {size}, which is what this model gives.", param="dimensions")
        data = []
        for index, vector in enumerate(embeddings.vectors):
            coded = _base64(vector) if wanted.encoding_format == "base64" else vector.tolist()
            data.append({"object": "embedding", "index": index, "embedding": coded})
        usage = {"prompt_tokens": embeddings.tokens, "total_tokens": embeddings.tokens}
        return JSONResponse({"object": "list", "data": data, "model": wanted.model, "usage": usage})


class TokenRoutes:
    """Says what the model makes of a text, in vLLM's words. An adapter has its base model's tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def tokenize(self, request: Request) -> Response:
        """Return the tokens of a text or of messages, and how many there may be."""
        wanted = parse(TokenizeRequest, await request.body())
        self._engine.check_model(wanted.model)
        tokens = await run_in_threadpool(self._tokens, wanted)
        return JSONResponse({"count": len(tokens), "max_model_len": self._engine.window, "tokens": tokens})

    def _tokens(self, wanted: TokenizeRequest) -> list[int]:
        if wanted.messages is not None:
            return self._engine.encode([message.to_message() for message in wanted.messages])
        return self._engine.encode_text(wanted.prompt or "", add_special_tokens=wanted.add_special_tokens)


class AdapterRoutes:
    """Loads and unloads adapters while answers are being written, in vLLM's words."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def load(self, request: Request) -> Response:
        """Load an adapter under a name; answers when it can be used."""
        wanted = parse(LoadAdapterRequest, await request.body())
        # Hashing and reading files takes a while, which other requests do not wait for.
        await run_in_threadpool(self._engine.load_adapter, wanted.lora_name, Path(wanted.lora_path))
        return PlainTextResponse(f"Success: LoRA adapter '{wanted.lora_name}' added successfully.")

    async def unload(self, request: Request) -> Response:
        """Take an adapter away; answers already asked of it are still written."""
        wanted = parse(UnloadAdapterRequest, await request.body())
        self._engine.unload_adapter(wanted.lora_name)
        return PlainTextResponse(f"Success: LoRA adapter '{wanted.lora_name}' removed successfully.")


def _base64(vector: np.ndarray) -> str:
    """Return the vector's bytes, little-endian float32, as OpenAI's clients ask for them."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - Starlette calls this for nothing else
    headers = {"Retry-After": "1"} if error.status == 429 else None
    return JSONResponse(error.to_json(), status_code=error.status, headers=headers)


async def _no_such_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"{request.method} {request.url.path} is not served here."
    return _plain_error(message, status=status, kind="invalid_request_error")


async def _crashed(request: Request, error: Exception) -> Response:
    # Starlette raises the error again after this answer, and the server logs it.
    return _plain_error("The server failed. Its log says why.", status=500, kind="server_error")


def _plain_error(message: str, *, status: int, kind: str) -> Response:
    body = {"error": {"message": message, "type": kind, "param": None, "code": None}}
    return JSONResponse(body, status_code=status)
