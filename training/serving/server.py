"""Runs the model server until it is told to stop."""

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

import uvicorn

from training.machine import chosen_device
from training.models import Base, Dtype, load_base
from training.serving.app import create_app
from training.serving.embedder import Embedder, load_embedder
from training.serving.engine import Engine
from training.serving.errors import Refused
from training.serving.scheduler import SchedulerSettings

logger = logging.getLogger(__name__)


class ServeError(Exception):
    """The server cannot start. The message says what to do."""


def serve(
    base_model: str | Path,
    *,
    embedder: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    served_name: str = "base",
    adapters: Mapping[str, Path] | None = None,
    dtype: Dtype = "auto",
    device: str = "cpu",
    settings: SchedulerSettings | None = None,
    on_ready: Callable[[str], None] | None = None,
    grace_seconds: int = 10,
) -> None:
    """Serve a base model, `adapters` by name and an embedder until SIGTERM or SIGINT, then return.

    `base_model` and `embedder` are folders or hub ids; without the latter, the embedder that ships. Port 0 takes a
    free one. `on_ready` is called with the server's URL once it answers. Answers being written when the signal comes
    have `grace_seconds` to finish.

    Raises ServeError when the port is taken or an adapter is refused, BaseModelMissing and EmbedderError.
    """
    # First of all, because loading takes seconds and a taken port should be heard of at once.
    with contextlib.closing(listen(host, port)) as listener, contextlib.ExitStack() as stack:
        engine = Engine(
            _servable(load_base(base_model, dtype=dtype, device=device)), served_name=served_name, settings=settings
        )
        engine.start()
        stack.callback(engine.close)
        for name, folder in (adapters or {}).items():
            _load(engine, name, folder)
        loaded_embedder = load_embedder(embedder, device=chosen_device(device).type)
        stack.callback(loaded_embedder.close)
        with _signals_are_no_error():
            server(engine, loaded_embedder, on_ready=on_ready, grace_seconds=grace_seconds).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host` and `port`. Raises ServeError when that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as err:
        listener.close()
        raise ServeError(
            f"The model server cannot listen on {host}:{port} ({err.strerror}). Choose another port."
        ) from err
    return listener


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections, then tell."""
        await super().startup(sockets)
        if self.started and sockets:
            url = _url(sockets[0])
            logger.info("model server ready on %s", url)
            if self._on_ready:
                self._on_ready(url)


def server(
    engine: Engine, embedder: Embedder | None, *, on_ready: Callable[[str], None] | None, grace_seconds: int = 10
) -> Server:
    """Return a server that has not been run. Setting its `should_exit` stops it."""
    config = uvicorn.Config(
        create_app(engine, embedder),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=grace_seconds,
        # The openai client forgets an idle connection after 5 s. Closed at the same moment, it fails a question.
        timeout_keep_alive=30,
    )
    return Server(config, on_ready)


def _servable(base: Base) -> Base:
    # transformers marks so what keeps a running state instead of keys and values: padding would change its answers.
    if getattr(base.model, "_is_stateful", False):
        raise ServeError(
            f"{base.name} is a recurrent or hybrid model, and this server answers with attention models only. "
            "Set TIMBRE_BASE_MODEL to one of those."
        )
    return base


def _load(engine: Engine, name: str, folder: Path) -> None:
    try:
        engine.load_adapter(name, folder)
    except Refused as err:
        raise ServeError(str(err)) from err


@contextlib.contextmanager
def _signals_are_no_error() -> Iterator[None]:
    """uvicorn raises the signal that stopped it once more when it is done; being told to stop is a clean exit here."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Take note of nothing: uvicorn has handled this signal already."""


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
