"""The playground as a web application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from bot.playground.arguments import read_arguments
from bot.playground.control.routes import control_routes
from bot.playground.delivery import Timings
from bot.playground.errors import SlackError
from bot.playground.guard import Guard
from bot.playground.ids import Clock
from bot.playground.playground import Playground, Tokens
from bot.playground.responses import Response as ResponseUrlAnswer
from bot.playground.socket_mode import serve_link
from bot.playground.store import MemoryStore, Store
from bot.playground.web_api.dispatch import faulty, serve_api
from bot.playground.web_api.files import serve_file, serve_upload
from storage.clock import utc_now

STATIC = Path(__file__).with_name("static")

# The page loads nothing from elsewhere, and no script that is not a file of its own.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def create_app(
    *,
    store: Store | None = None,
    now: Clock = utc_now,
    tokens: Tokens | None = None,
    timings: Timings | None = None,
    allow_remote: bool = False,
) -> Starlette:
    """Return the playground. State is kept in `store` (default: memory); it is restored when the app starts.

    `allow_remote` lets it answer under other names than loopback ones.
    """
    playground = Playground(
        store=store or MemoryStore(), now=now, tokens=tokens or Tokens(), timings=timings or Timings()
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        playground.restore()
        yield
        playground.store.close()

    routes = [
        Route("/api/{method}", serve_api, methods=["GET", "POST"]),
        WebSocketRoute("/link/", serve_link),
        Route("/upload/{file_id}", serve_upload, methods=["POST", "PUT"]),
        Route("/files/{team_id}/{file_id}/{name}", serve_file),
        Route("/response/{team_id}/{key}", _serve_response_url, methods=["POST"]),
        Mount("/control", routes=control_routes()),
        Route("/archives/{channel_id}/{message}", _serve_page),
        Route("/", _serve_page),
        Mount("/static", app=_Static(directory=STATIC, check_dir=False)),
    ]
    guard = Middleware(Guard, allow_remote=allow_remote)
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[guard])
    app.state.playground = playground
    return app


class _Static(StaticFiles):
    """The page's files, with the page's headers."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed through as they came
        response.headers.update(_PAGE_HEADERS)
        return response


async def _serve_page(_request: Request) -> Response:
    page = STATIC / "index.html"
    if not page.is_file():
        return PlainTextResponse("This build of the playground has no page. The control API is at /control.", 404)
    return FileResponse(page, headers=_PAGE_HEADERS)


async def _serve_response_url(request: Request) -> Response:
    """Take a bot's answer to a command or a click."""
    playground: Playground = request.app.state.playground
    fault = playground.faults.for_call("response_url")
    if fault is not None:
        await asyncio.sleep(fault.delay_s)
    refusal = faulty(fault, refused_with=HTTPStatus.NOT_FOUND) if fault is not None else None
    if refusal is not None and fault is not None and not fault.carried_out:
        return refusal
    try:
        sent = (await read_arguments(request)).values
        target = playground.response_urls.redeem(request.url.path)
        workspace = playground.workspace(target.team_id)
        channel = workspace.channels[target.channel_id]
        ResponseUrlAnswer(workspace, channel, target.user_id, target.message_ts, target.thread_ts).post(sent)
    except SlackError as err:
        status = 404 if err.code in ("used_url", "expired_url") else 400
        return JSONResponse({"ok": False, "error": err.code}, status_code=status)
    finally:
        playground.store.commit()
    playground.traffic.record("from_bot", "http", "response_url", sent, answer={"ok": True}, status=200)
    return refusal or JSONResponse({"ok": True})
