"""Writing, editing, deleting and reacting: the rules hold for a person and for the bot alike."""

from dataclasses import replace
from typing import Any

from bot.playground.changes import MessageDeleted, MessageEdited, MessagePosted, MessageRefreshed, ReactionChanged
from bot.playground.emoji import is_emoji_name
from bot.playground.entities import Channel, Json, Message, Person
from bot.playground.errors import SlackError
from bot.playground.workspace import Workspace

SLACKBOT = Person("USLACKBOT", "slackbot", "Slackbot")
MAX_REACTIONS = 50  # different emoji on one message, Slack's own limit


def post(
    workspace: Workspace,
    channel: Channel,
    author: Person,
    text: str,
    *,
    thread_ts: str | None = None,
    **fields: Any,
) -> Message:
    """Add a message and tell everybody; `fields` are those of Message. A reply to a reply goes to its thread.

    Raises SlackError `thread_not_found` when `thread_ts` names no message, or `is_archived`.
    """
    refuse_archived(channel)
    root = thread_root(workspace, channel, thread_ts) if thread_ts else None
    message = workspace.save_message(
        Message(
            channel_id=channel.id,
            ts=workspace.timestamps.next(),
            user_id=author.id,
            text=text,
            thread_ts=root.ts if root else None,
            **fields,
        )
    )
    workspace.announce(MessagePosted(message))
    if root is not None and message.visible_to is None:
        workspace.announce(MessageRefreshed(root))
    return message


def refuse_archived(channel: Channel) -> None:
    """Raise SlackError `is_archived` for a channel that can only be read."""
    if channel.is_archived:
        raise SlackError("is_archived", f"#{channel.name} is archived.")


def thread_root(workspace: Workspace, channel: Channel, thread_ts: str) -> Message:
    """Return the first message of the thread that `thread_ts` is in; raises SlackError `thread_not_found`."""
    log = workspace.log(channel.id)
    message = log.get(thread_ts)
    if message is not None and message.thread_ts:
        message = log.get(message.thread_ts)
    if message is None or message.visible_to is not None:
        raise SlackError("thread_not_found", f"There is no thread {thread_ts} in this conversation.")
    return message


def edit(workspace: Workspace, message: Message, *, edited_by: str | None, **fields: Any) -> Message:
    """Change a message's fields. `edited_by` leaves Slack's "(edited)" mark; None leaves none."""
    if edited_by is not None:
        fields |= {"edited_by": edited_by, "edited_ts": workspace.timestamps.next()}
    after = workspace.save_message(replace(message, **fields))
    workspace.announce(MessageEdited(before=message, after=after))
    return after


def refresh(workspace: Workspace, message: Message, **fields: Any) -> Message:
    """Change what only the page shows of a message: nobody edited it."""
    after = workspace.save_message(replace(message, **fields))
    workspace.announce(MessageRefreshed(after))
    return after


def delete(workspace: Workspace, message: Message) -> None:
    """Remove a message. A thread's first message leaves a tombstone while the thread has replies, as in Slack."""
    log = workspace.log(message.channel_id)
    if message.visible_to is None and log.replies(message.ts):
        tombstone = Message(
            channel_id=message.channel_id,
            ts=message.ts,
            user_id=SLACKBOT.id,
            text="This message was deleted.",
            subtype="tombstone",
        )
        workspace.save_message(tombstone)
        workspace.announce(MessageEdited(before=message, after=tombstone))
        return
    workspace.remove_message(message)
    workspace.announce(MessageDeleted(message, deleted_ts=workspace.timestamps.next()))
    root = log.get(message.thread_ts) if message.thread_ts else None
    if root is not None:
        workspace.announce(MessageRefreshed(root))


def react(workspace: Workspace, message: Message, user_id: str, name: str) -> None:
    """Add somebody's reaction; raises SlackError `invalid_name`, `already_reacted` or `too_many_emoji`."""
    name = _emoji(name)
    users = message.reactions.get(name, [])
    if user_id in users:
        raise SlackError("already_reacted", f"This person has already reacted with :{name}:.")
    if name not in message.reactions and len(message.reactions) >= MAX_REACTIONS:
        raise SlackError("too_many_emoji", f"A message holds at most {MAX_REACTIONS} different reactions.")
    _save_reactions(workspace, message, message.reactions | {name: [*users, user_id]}, name, user_id, added=True)


def unreact(workspace: Workspace, message: Message, user_id: str, name: str) -> None:
    """Take somebody's reaction back; raises SlackError `invalid_name` or `no_reaction`."""
    name = _emoji(name)
    users = message.reactions.get(name, [])
    if user_id not in users:
        raise SlackError("no_reaction", f"This person has not reacted with :{name}:.")
    left = [other for other in users if other != user_id]
    reactions = {emoji: left if emoji == name else who for emoji, who in message.reactions.items()}
    if not left:
        del reactions[name]
    _save_reactions(workspace, message, reactions, name, user_id, added=False)


def _save_reactions(
    workspace: Workspace, message: Message, reactions: dict[str, list[str]], name: str, user_id: str, *, added: bool
) -> None:
    refuse_archived(workspace.channels[message.channel_id])
    after = workspace.save_message(replace(message, reactions=reactions))
    workspace.announce(ReactionChanged(after, name, user_id, added, event_ts=workspace.timestamps.next()))


def _emoji(name: str) -> str:
    name = name.strip(":")
    if not is_emoji_name(name):
        raise SlackError("invalid_name", f"{name!r} is not the name of an emoji.")
    return name


def with_block_ids(blocks: list[Json], workspace: Workspace) -> list[Json]:
    """Return the blocks as Slack gives them back: each with a `block_id`, its elements with an `action_id`."""
    ts = workspace.timestamps.next().replace(".", "")
    return [_identified(block, f"{int(ts) + index:x}"[-6:]) for index, block in enumerate(blocks)]


def _identified(block: Json, unique: str) -> Json:
    block = {**block, "block_id": block.get("block_id") or unique}
    if isinstance(block.get("elements"), list) and block.get("type") in ("actions", "context_actions"):
        block["elements"] = [
            {**element, "action_id": element.get("action_id") or f"{unique}{index}"}
            for index, element in enumerate(block["elements"])
        ]
    return block
