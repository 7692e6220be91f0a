"""What a person does: writing, reacting, joining, reading."""

import base64
from uuid import uuid4

from bot.playground import files, membership, messaging, pins
from bot.playground.changes import ChannelChanged, HomeOpened
from bot.playground.control.request import ControlRequest
from bot.playground.entities import Json, Person
from bot.playground.errors import SlackError
from bot.playground.page_views import channel_view, message_view
from bot.playground.typed_text import stored_text
from bot.playground.workspace import Workspace

MAX_TEXT = 40_000


def post(call: ControlRequest) -> Json:
    """Write a message, as typed."""
    person = call.actor
    channel = call.joined_channel(person)
    thread_ts = call.args.ts("thread_ts", "thread_not_found")
    broadcast = call.args.flag("broadcast") and thread_ts is not None
    message = messaging.post(
        call.workspace,
        channel,
        person,
        _typed(call),
        thread_ts=thread_ts,
        broadcast=broadcast,
        subtype="thread_broadcast" if broadcast else None,
        extra={"client_msg_id": str(uuid4())},  # by which a bot can tell what a person typed
    )
    if message.at_top_level:  # who writes has read what stands above
        call.workspace.save_last_read(person.id, channel.id, message.ts)
    return {"ts": message.ts, "channel": channel.id, "message": message_view(call.workspace, message)}


def upload(call: ControlRequest) -> Json:
    """Share a file, sent as base64."""
    person = call.actor
    channel = call.joined_channel(person)
    try:
        content = base64.b64decode(call.args.required("content_base64"), validate=True)
    except ValueError:
        raise SlackError("invalid_arguments", "content_base64 is not base64.") from None
    announced = files.announce(call.workspace, call.args.required("name"), len(content))
    record = files.store(call.workspace, announced, person, content, call.playground.origin)
    text = typed(call.workspace, call.args.text("text"))
    thread_ts = call.args.ts("thread_ts", "thread_not_found")
    message = files.share(call.workspace, [record], channel, person, text, thread_ts=thread_ts)
    return {"ts": message.ts, "channel": channel.id, "message": message_view(call.workspace, message)}


def edit(call: ControlRequest) -> Json:
    """Change a message of one's own."""
    person = call.actor
    message = call.message(person, call.joined_channel(person))
    if message.user_id != person.id or message.subtype not in (None, "thread_broadcast", "file_share"):
        raise SlackError("cant_update_message", f"{person.name} may only edit messages of their own.")
    messaging.refuse_archived(call.workspace.channels[message.channel_id])
    message = messaging.edit(call.workspace, message, edited_by=person.id, text=_typed(call))
    return {"message": message_view(call.workspace, message)}


def delete(call: ControlRequest) -> Json:
    """Delete a message of one's own; an admin may delete any."""
    person = call.actor
    message = call.message(person, call.channel(person))
    if message.user_id != person.id and not person.is_admin:
        raise SlackError("cant_delete_message", f"{person.name} may only delete messages of their own.")
    messaging.delete(call.workspace, message)
    return {}


def dismiss(call: ControlRequest) -> Json:
    """Remove a message that only this person sees."""
    person = call.actor
    message = call.message(person, call.channel(person))
    if message.visible_to != person.id:
        raise SlackError("cant_delete_message", "Only messages shown to one person alone can be dismissed.")
    messaging.delete(call.workspace, message)
    return {}


def react(call: ControlRequest) -> Json:
    """Add a reaction."""
    person = call.actor
    message = call.message(person, call.joined_channel(person))
    _refuse_ephemeral(message.visible_to)
    messaging.react(call.workspace, message, person.id, call.args.required("name"))
    return {}


def unreact(call: ControlRequest) -> Json:
    """Take a reaction back."""
    person = call.actor
    message = call.message(person, call.joined_channel(person))
    messaging.unreact(call.workspace, message, person.id, call.args.required("name"))
    return {}


def pin(call: ControlRequest) -> Json:
    """Pin a message."""
    person = call.actor
    message = call.message(person, call.joined_channel(person))
    _refuse_ephemeral(message.visible_to)
    pins.pin(call.workspace, message, person.id)
    return {}


def unpin(call: ControlRequest) -> Json:
    """Take a pin off."""
    person = call.actor
    pins.unpin(call.workspace, call.message(person, call.joined_channel(person)), person.id)
    return {}


def join(call: ControlRequest) -> Json:
    """Join a public channel."""
    person = call.actor
    channel = membership.join(call.workspace, call.channel(person), person)
    return {"channel": channel_view(call.workspace, channel, person.id)}


def leave(call: ControlRequest) -> Json:
    """Leave a channel."""
    person = call.actor
    membership.leave(call.workspace, call.channel(person), person)
    return {}


def invite(call: ControlRequest) -> Json:
    """Bring somebody, or the bot, into a channel one is in."""
    person = call.actor
    invitee = call.workspace.person(call.args.required("invitee"))
    channel = membership.join(call.workspace, call.joined_channel(person), invitee, inviter=person.id)
    return {"channel": channel_view(call.workspace, channel, person.id)}


def mark(call: ControlRequest) -> Json:
    """Note that a channel is read, up to a message or to its end."""
    person = call.actor
    channel = call.joined_channel(person)
    ts = call.args.ts("ts", "message_not_found") or call.workspace.log(channel.id).latest_ts()
    if ts is not None:
        call.workspace.save_last_read(person.id, channel.id, ts)
        call.workspace.announce(ChannelChanged(channel, only_for=person.id))
    return {"channel": channel_view(call.workspace, channel, person.id)}


def open_home(call: ControlRequest) -> Json:
    """Look at the app's page: its home, or its messages."""
    person, workspace = call.actor, call.workspace
    tab = call.args.text("tab", "home")
    if tab not in ("home", "messages"):
        raise SlackError("invalid_arguments", "tab is home or messages.")
    channel = membership.open_direct(workspace, person, workspace.bot)
    view = workspace.homes.get(person.id)
    workspace.announce(
        HomeOpened(
            person.id,
            "home" if tab == "home" else "messages",
            channel.id,
            view if tab == "home" else None,
            workspace.timestamps.next(),
        )
    )
    return {"view": view, "channel": channel.id}


def _typed(call: ControlRequest) -> str:
    text = call.args.required("text", "no_text")
    if len(text) > MAX_TEXT:
        raise SlackError("msg_too_long", f"A message has at most {MAX_TEXT} characters.")
    return typed(call.workspace, text)


def typed(workspace: Workspace, text: str) -> str:
    """Return what somebody typed as Slack stores it."""
    mentions = {group.handle.lower(): f"<!subteam^{group.id}>" for group in workspace.user_groups.values()}
    mentions |= {word: f"<!{word}>" for word in ("here", "channel", "everyone")}
    mentions |= {_handle(person): f"<@{person.id}>" for person in workspace.people.values()}
    channels = {channel.name: channel.id for channel in workspace.channels.values() if not channel.is_direct}
    return stored_text(text, mentions=mentions, channels=channels)


def _handle(person: Person) -> str:
    return person.name.lower()


def _refuse_ephemeral(visible_to: str | None) -> None:
    if visible_to is not None:
        raise SlackError("message_not_found", "Nobody can react to, or pin, a message that only they see.")
