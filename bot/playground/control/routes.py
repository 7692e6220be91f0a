"""The control API's table of calls, who may call, and what a refusal looks like."""

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.playground.arguments import read_arguments
from bot.playground.control import acting, interacting, line, looking
from bot.playground.control.live import serve_events
from bot.playground.control.request import ControlRequest
from bot.playground.control.seed import seed
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.playground import Playground

logger = logging.getLogger(__name__)

Answer = Json | Response
Handler = Callable[[ControlRequest], Answer | Awaitable[Answer]]

ACTS: dict[str, Handler] = {
    "app": line.app,
    "click": interacting.click,
    "close": interacting.close,
    "command": interacting.command,
    "delete": acting.delete,
    "dismiss": acting.dismiss,
    "edit": acting.edit,
    "invite": acting.invite,
    "join": acting.join,
    "leave": acting.leave,
    "mark": acting.mark,
    "open_home": acting.open_home,
    "post": acting.post,
    "react": acting.react,
    "seed": seed,
    "shortcut": interacting.shortcut,
    "submit": interacting.submit,
    "trouble": line.trouble,
    "unreact": acting.unreact,
    "upload": acting.upload,
}
LOOKS: dict[str, Handler] = {
    "file": looking.file,
    "home": looking.home,
    "messages": looking.messages,
    "state": looking.state,
    "traffic": looking.traffic,
    "views": looking.views,
}


def control_routes() -> list[BaseRoute]:
    """Return the routes below /control."""
    acts = [Route(f"/{name}", _endpoint(handler), methods=["POST"]) for name, handler in ACTS.items()]
    looks = [Route(f"/{name}", _endpoint(handler), methods=["GET"]) for name, handler in LOOKS.items()]
    everything_else = Route("/{name:path}", _guarded(_unknown), methods=["GET", "POST"])
    return [*acts, *looks, Route("/events", _guarded(serve_events), methods=["GET"]), everything_else]


async def _unknown(request: Request) -> Response:
    known = ", ".join(sorted([*ACTS, *LOOKS, "events"]))
    name = request.path_params["name"]
    return _refusal(
        404, SlackError("unknown_call", f"There is no {request.method} /control/{name}. There is: {known}.")
    )


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        playground: Playground = request.app.state.playground
        try:
            answer = handler(ControlRequest(playground, await read_arguments(request)))
            if isawaitable(answer):
                answer = await answer
        finally:
            playground.store.commit()
        return answer if isinstance(answer, Response) else JSONResponse({"ok": True} | answer)

    return _guarded(endpoint)


def _guarded(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        if not request.app.state.allow_remote and not _is_loopback(request.url.hostname or ""):
            # A page on the web whose name was pointed at this machine could otherwise act as anybody here.
            return _refusal(403, SlackError("host_not_allowed", "The control API answers on loopback names only."))
        if not _same_origin(request):
            return _refusal(403, SlackError("origin_not_allowed", "The control API answers its own page only."))
        try:
            return await endpoint(request)
        except SlackError as err:
            return _refusal(400, err)

    return guarded


def _refusal(status: int, err: SlackError) -> Response:
    return JSONResponse({"ok": False, "error": err.code, "hint": err.hint}, status_code=status)


def _same_origin(request: Request) -> bool:
    """Say whether a browser's call comes from the playground's own page; calls from no page have no Origin."""
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
