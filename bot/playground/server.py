"""Running the playground: one process, one port."""

import errno
import logging
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from bot.playground.app import create_app
from bot.playground.delivery import Timings
from bot.playground.errors import PlaygroundError
from bot.playground.playground import Playground, Tokens
from bot.playground.store import MemoryStore, SqliteStore

logger = logging.getLogger(__name__)

DEFAULT_PORT = 8090


class PlaygroundServer(uvicorn.Server):
    """A uvicorn server that ends the endless answers (the live feed) when it stops."""

    def __init__(self, app: Starlette) -> None:
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            ws_ping_interval=20.0,
            ws_per_message_deflate=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            # httpx forgets an idle connection after 5 s. Closed at the same moment, it fails what is just being sent.
            timeout_keep_alive=30,
        )
        super().__init__(config)
        self._playground: Playground = app.state.playground

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: readers of the feed first, then connections."""
        self._playground.feed.close()
        await super().shutdown(sockets)


def run(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    data_file: Path | None = None,
    *,
    tokens: Tokens | None = None,
    timings: Timings | None = None,
    allow_remote: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then return. `on_ready` gets the page's address once the port is taken.

    Port 0 takes a free one. `allow_remote` is needed for a `host` that is not this machine's loopback. Raises
    PlaygroundError when the port is taken or the data file cannot be used.
    """
    if not allow_remote and host not in ("127.0.0.1", "::1", "localhost"):
        raise PlaygroundError(
            f"The playground has no passwords, so it does not listen on {host} unless remote use is allowed."
        )
    listener = listen(host, port)
    with listener:
        store = SqliteStore(data_file) if data_file else MemoryStore()
        app = create_app(store=store, tokens=tokens, timings=timings, allow_remote=allow_remote)
        if on_ready is not None:
            on_ready(address_of(listener))
        # uvicorn raises the signal that stopped it once more; by then there is nothing left to do.
        previous = {number: signal.signal(number, _stopped) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            PlaygroundServer(app).run(sockets=[listener])
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; raises PlaygroundError, saying what to do, when that cannot be."""
    if not 0 <= port <= 65535:
        raise PlaygroundError(f"{port} is not a port: choose one from 0 to 65535.")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as err:
        if err.errno == errno.EADDRINUSE:
            raise PlaygroundError(f"Port {port} is taken. Choose another one, or stop what listens there.") from err
        raise PlaygroundError(f"Cannot listen on {host}:{port}: {err.strerror}.") from err


def address_of(listener: socket.socket) -> str:
    """Return the address at which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _stopped(_number: int, _frame: FrameType | None) -> None:
    logger.info("Stopped by a signal")
