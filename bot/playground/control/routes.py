"""The control API's table of calls, and what a refusal looks like."""

import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.playground.arguments import read_arguments
from bot.playground.control import acting, changing, interacting, line, looking
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
    "channel": changing.channel,
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
    "person": changing.person,
    "pin": acting.pin,
    "post": acting.post,
    "react": acting.react,
    "seed": seed,
    "shortcut": interacting.shortcut,
    "submit": interacting.submit,
    "trouble": line.trouble,
    "unpin": acting.unpin,
    "unreact": acting.unreact,
    "upload": acting.upload,
    "user_group": changing.user_group,
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
    everything_else = Route("/{name:path}", _refusing(_unknown), methods=["GET", "POST"])
    return [*acts, *looks, Route("/events", _refusing(serve_events), methods=["GET"]), everything_else]


async def _unknown(request: Request) -> Response:
    known = ", ".join(sorted([*ACTS, *LOOKS, "events"]))
    name = request.path_params["name"]
    return _refusal(
        404, SlackError("unknown_call", f"There is no {request.method} /control/{name}. There is: {known}.")
    )


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        playground: Playground = request.app.state.playground
        playground.origin = playground.origin or f"{request.url.scheme}://{request.url.netloc}"
        try:
            answer = handler(ControlRequest(playground, await read_arguments(request)))
            if isawaitable(answer):
                answer = await answer
        finally:
            playground.store.commit()
        return answer if isinstance(answer, Response) else JSONResponse({"ok": True} | answer)

    return _refusing(endpoint)


def _refusing(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def refusing(request: Request) -> Response:
        try:
            return await endpoint(request)
        except SlackError as err:
            return _refusal(400, err)

    return refusing


def _refusal(status: int, err: SlackError) -> Response:
    return JSONResponse({"ok": False, "error": err.code, "hint": err.hint}, status_code=status)
