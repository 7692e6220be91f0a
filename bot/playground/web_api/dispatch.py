"""The table of Web API methods, and the way from an HTTP request to one of them."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.playground.arguments import Arguments, read_arguments
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.faults import ApiFault
from bot.playground.playground import Playground
from bot.playground.scopes import accepted_scopes, demand
from bot.playground.web_api import assistant, chat, conversations, files, people, reactions, streams, usergroups, views
from bot.playground.web_api.call import Call, Method

OPEN_CONNECTION = "apps.connections.open"

METHODS: dict[str, Method] = {
    "assistant.threads.setStatus": assistant.set_status,
    "assistant.threads.setSuggestedPrompts": assistant.set_suggested_prompts,
    "assistant.threads.setTitle": assistant.set_title,
    "auth.test": people.auth_test,
    "bots.info": people.bots_info,
    "chat.appendStream": streams.append,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.startStream": streams.start,
    "chat.stopStream": streams.stop,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.info": conversations.info,
    "conversations.join": conversations.join,
    "conversations.leave": conversations.leave,
    "conversations.list": conversations.list_all,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_conversation,
    "conversations.replies": conversations.replies,
    "files.completeUploadExternal": files.complete_upload,
    "files.delete": files.delete,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.info": files.info,
    "pins.add": reactions.pins_add,
    "pins.list": reactions.pins_list,
    "pins.remove": reactions.pins_remove,
    "reactions.add": reactions.add,
    "reactions.get": reactions.get,
    "reactions.list": reactions.list_all,
    "reactions.remove": reactions.remove,
    "team.info": people.team_info,
    "usergroups.create": usergroups.create,
    "usergroups.disable": usergroups.disable,
    "usergroups.enable": usergroups.enable,
    "usergroups.list": usergroups.list_all,
    "usergroups.update": usergroups.update,
    "usergroups.users.list": usergroups.users_list,
    "usergroups.users.update": usergroups.users_update,
    "users.conversations": people.users_conversations,
    "users.getPresence": people.users_get_presence,
    "users.info": people.users_info,
    "users.list": people.users_list,
    "users.lookupByEmail": people.users_lookup_by_email,
    "users.profile.get": people.users_profile_get,
    "views.open": views.open_view,
    "views.publish": views.publish,
    "views.push": views.push,
    "views.update": views.update,
}


async def serve_api(request: Request) -> Response:
    """Answer one Web API call, in Slack's shapes: HTTP 200 even when `ok` is false."""
    playground: Playground = request.app.state.playground
    method = request.path_params["method"]
    started = time.monotonic()
    fault = playground.faults.for_call(method)
    if delay_s := playground.faults.delay_s + (fault.delay_s if fault else 0):
        await asyncio.sleep(delay_s)
    sent: Json | None = None
    headers: dict[str, str] = {}
    try:
        args = await read_arguments(request)
        sent = args.values
        response = None if fault is None or fault.carried_out else faulty(fault)
        response = response or JSONResponse(answer(playground, request, method, args, headers), headers=headers)
    except SlackError as err:
        response = JSONResponse({"ok": False, "error": err.code, **err.extra}, headers=headers)
    finally:
        playground.store.commit()
    if fault is not None and fault.carried_out:
        response = faulty(fault) or response
    elapsed = round((time.monotonic() - started) * 1000, 1)
    playground.traffic.record_call(method, sent, response, elapsed)
    return response


def answer(playground: Playground, request: Request, method: str, args: Arguments, headers: dict[str, str]) -> Json:
    """Return what a method answers, and put Slack's scope headers into `headers`.

    Raises SlackError for a refusal, in Slack's order: token, method, scope, arguments.
    """
    token = _token(request, args)
    if not token:
        raise SlackError("not_authed")
    origin = f"{request.url.scheme}://{request.url.netloc}"
    if method == OPEN_CONNECTION:
        return {"ok": True} | open_connection(playground, token, origin)
    workspace = playground.workspace_of_token(token)
    if workspace is None:
        raise SlackError("not_allowed_token_type" if token == playground.tokens.app else "invalid_auth")
    granted, accepted = workspace.app.granted, accepted_scopes(method)
    headers["x-oauth-scopes"] = ",".join(granted)
    if method not in METHODS:
        raise SlackError("unknown_method", req_method=method)
    headers["x-accepted-oauth-scopes"] = ",".join(accepted)
    demand(granted, accepted)
    playground.origin = origin
    return {"ok": True} | METHODS[method](Call(method, playground, workspace, args, origin))


def open_connection(playground: Playground, token: str, origin: str) -> Json:
    """apps.connections.open: an address good for one connection, soon."""
    if token != playground.tokens.app:
        known = playground.workspace_of_token(token) is not None
        raise SlackError("not_allowed_token_type" if known else "invalid_auth")
    playground.origin = origin
    address = origin.replace("http", "ws", 1)
    return {"url": f"{address}/link/?ticket={playground.tickets.issue()}&app_id={playground.app_id}"}


def _token(request: Request, args: Arguments) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else args.text("token")


def faulty(fault: ApiFault, *, refused_with: int = 200) -> Response | None:
    """Return what a fault answers in place of what is right, None where that only comes late."""
    if fault.answer == "ratelimited":
        headers = {"Retry-After": str(fault.retry_after)}
        return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)
    if fault.answer.startswith("http_"):
        status = int(fault.answer.removeprefix("http_"))
        return PlainTextResponse("The playground was told to fail.", status_code=status)
    if fault.answer == "delay":
        return None
    return JSONResponse({"ok": False, "error": fault.answer}, status_code=refused_with)
