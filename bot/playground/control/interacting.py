"""What a person does that the app answers: clicks, commands, shortcuts, modals."""

import asyncio
from collections.abc import Callable

from bot.playground import modals
from bot.playground.control.acting import typed
from bot.playground.control.request import ControlRequest
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.interactions import OnAck


async def click(call: ControlRequest) -> Json:
    """Press a button or make a choice, in a message, a modal or App Home."""
    request = call.args.values | {"action_id": call.args.required("action_id"), "values": call.object("values")}
    person = call.actor
    if call.args.has("view_id"):
        view = _view(call)
        return await _waited(call, lambda on_ack: call.interactions.click_in_view(view, request, on_ack))
    channel = call.channel(person)
    message = call.message(person, channel)
    return await _waited(call, lambda on_ack: call.interactions.click_in_message(channel, message, request, on_ack))


async def command(call: ControlRequest) -> Json:
    """Run a slash command."""
    channel = call.joined_channel(call.actor)
    if channel.is_archived:
        raise SlackError("is_archived", f"#{channel.name} is archived.")
    name = call.args.required("command")
    by_name = {entry["command"]: entry for entry in call.workspace.app.commands}
    known = list(by_name)
    if not name.startswith("/") or (known and name not in known):
        raise SlackError("unknown_command", f"{name} is not a command here. There is: {', '.join(known) or 'none'}.")
    text, thread_ts = call.args.text("text"), call.args.ts("thread_ts", "thread_not_found")
    if by_name.get(name, {}).get("should_escape"):
        text = typed(call.workspace, text)
    return await _waited(call, lambda on_ack: call.interactions.run_command(channel, name, text, thread_ts, on_ack))


async def shortcut(call: ControlRequest) -> Json:
    """Run a shortcut on a message, or a global one."""
    callback_id = call.args.required("callback_id")
    known = [entry["callback_id"] for entry in call.workspace.app.shortcuts]
    if known and callback_id not in known:
        raise SlackError("unknown_shortcut", f"{callback_id!r} is not a shortcut here. There is: {', '.join(known)}.")
    person = call.actor
    kind = next((entry["type"] for entry in call.workspace.app.shortcuts if entry["callback_id"] == callback_id), None)
    is_on_message = kind == "message" or (kind is None and call.args.has("channel"))
    message = call.message(person, call.channel(person)) if is_on_message else None
    return await _waited(call, lambda on_ack: call.interactions.run_shortcut(callback_id, message, on_ack))


async def submit(call: ControlRequest) -> Json:
    """Send a modal off."""
    view = modals.open_view(call.workspace, call.actor.id, call.args.required("view_id"))
    values = call.object("values")
    return await _waited(call, lambda on_ack: call.interactions.submit(view, values, on_ack))


async def close(call: ControlRequest) -> Json:
    """Cancel a modal."""
    view = modals.open_view(call.workspace, call.actor.id, call.args.required("view_id"))
    call.interactions.close(view)
    return {}


def _view(call: ControlRequest) -> Json:
    view_id, user_id = call.args.text("view_id"), call.actor.id
    home = call.workspace.homes.get(user_id)
    if home is not None and home["id"] == view_id:
        return home
    return modals.open_view(call.workspace, user_id, view_id)


async def _waited(call: ControlRequest, send: Callable[[OnAck], str]) -> Json:
    """Send, and wait for the acknowledgement only when asked to."""
    acknowledged: asyncio.Future[tuple[bool, Json | None]] = asyncio.get_running_loop().create_future()

    def on_ack(done: bool, response: Json | None) -> None:
        if not acknowledged.done():
            acknowledged.set_result((done, response))

    answer: Json = {"trigger_id": send(on_ack)}
    call.playground.store.commit()
    if call.args.flag("wait"):
        answer["acked"], answer["response"] = await acknowledged
    return answer
