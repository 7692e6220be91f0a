"""The control API's table of calls, and what a refusal looks like."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.playground.arguments import Arguments, read_arguments
from bot.playground.control import acting, changing, interacting, line, looking
from bot.playground.control.live import serve_events
from bot.playground.control.request import ControlRequest
from bot.playground.control.seed import seed
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.keys import refuse_unknown
from bot.playground.playground import Playground

logger = logging.getLogger(__name__)

Answer = Json | Response
Handler = Callable[[ControlRequest], Answer | Awaitable[Answer]]


@dataclass(frozen=True)
class Act:
    """A call that changes something, and the keys of its body; every call also takes `team`."""

    handler: Handler
    keys: str

    def check(self, name: str, args: Arguments) -> None:
        """Raise SlackError `unknown_key` for a body that says more than the call takes."""
        refuse_unknown(args.values, ("team", *self.keys.split()), f"/control/{name}")


ACTS: dict[str, Act] = {
    "app": Act(line.app, "request_url scopes events retry_delays ack_timeout"),
    "channel": Act(changing.channel, "user channel act name is_private member"),
    "click": Act(interacting.click, "user channel ts view_id action_id block_id value values wait"),
    "close": Act(interacting.close, "user view_id"),
    "command": Act(interacting.command, "user channel command text thread_ts wait"),
    "delete": Act(acting.delete, "user channel ts"),
    "dismiss": Act(acting.dismiss, "user channel ts"),
    "edit": Act(acting.edit, "user channel ts text"),
    "invite": Act(acting.invite, "user channel invitee"),
    "join": Act(acting.join, "user channel"),
    "leave": Act(acting.leave, "user channel"),
    "mark": Act(acting.mark, "user channel ts"),
    "open_home": Act(acting.open_home, "user tab"),
    "person": Act(changing.person, "user real_name title is_admin"),
    "pin": Act(acting.pin, "user channel ts"),
    "post": Act(acting.post, "user channel text thread_ts broadcast"),
    "react": Act(acting.react, "user channel ts name"),
    "seed": Act(seed, "app people user_groups channels messages"),
    "shortcut": Act(interacting.shortcut, "user callback_id channel ts wait"),
    "submit": Act(interacting.submit, "user view_id values wait"),
    "trouble": Act(line.trouble, "api events delay_s duplicate reorder disconnect end_streams clear"),
    "unpin": Act(acting.unpin, "user channel ts"),
    "unreact": Act(acting.unreact, "user channel ts name"),
    "upload": Act(acting.upload, "user channel name content_base64 text thread_ts"),
    "user_group": Act(changing.user_group, "user handle members name"),
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
    acts = [Route(f"/{name}", _endpoint(act.handler, act), methods=["POST"]) for name, act in ACTS.items()]
    looks = [Route(f"/{name}", _endpoint(handler), methods=["GET"]) for name, handler in LOOKS.items()]
    everything_else = Route("/{name:path}", _refusing(_unknown), methods=["GET", "POST"])
    return [*acts, *looks, Route("/events", _refusing(serve_events), methods=["GET"]), everything_else]


async def _unknown(request: Request) -> Response:
    known = ", ".join(sorted([*ACTS, *LOOKS, "events"]))
    name = request.path_params["name"]
    return _refusal(
        404, SlackError("unknown_call", f"There is no {request.method} /control/{name}. There is: {known}.")
    )


def _endpoint(handler: Handler, act: Act | None = None) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        playground: Playground = request.app.state.playground
        playground.origin = playground.origin or f"{request.url.scheme}://{request.url.netloc}"
        try:
            args = await read_arguments(request, forms=False)
            if act is not None:
                act.check(request.url.path.rpartition("/")[2], args)
            answer = handler(ControlRequest(playground, args))
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
