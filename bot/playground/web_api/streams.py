"""chat.startStream, appendStream, stopStream: a message that grows while it is written."""

from dataclasses import dataclass, field

from bot.playground import messaging
from bot.playground.arguments import Arguments
from bot.playground.blocks import MESSAGE, check_blocks
from bot.playground.changes import MessageEdited, MessageRefreshed
from bot.playground.entities import Json, Message
from bot.playground.errors import SlackError
from bot.playground.payloads import message_payload
from bot.playground.statuses import clear_status
from bot.playground.web_api.call import Call
from bot.playground.web_api.chat import metadata_of

MAX_MARKDOWN_PER_CALL = 12_000


@dataclass
class _Piece:
    """What one call adds: text, and blocks (tasks, plans, blocks as they are) below it."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)


def start(call: Call) -> Json:
    """chat.startStream: always a reply; in a channel Slack wants to know who it is for."""
    channel = call.joined_channel()
    thread_ts = call.args.ts("thread_ts", "invalid_thread_ts")
    if thread_ts is None:
        raise SlackError("invalid_arguments", "A stream is a reply: thread_ts is missing.")
    if not channel.is_direct:
        for name in ("recipient_team_id", "recipient_user_id"):
            if not call.args.has(name):
                raise SlackError(f"missing_{name}")
    piece = _piece(call)
    message = messaging.post(
        call.workspace,
        channel,
        call.bot,
        piece.text,
        thread_ts=thread_ts,
        by_app=True,
        streaming=True,
        blocks=_blocks(call, piece.text, piece.blocks),
    )
    clear_status(call.workspace, channel.id, message.root_ts)
    return {"channel": channel.id, "ts": message.ts}


def append(call: Call) -> Json:
    """chat.appendStream. The bot hears of the message at its start and at its end, the page all the time."""
    message = _grown(call, _streaming(call))
    call.workspace.save_message(message)
    call.workspace.announce(MessageRefreshed(message))
    return {"channel": message.channel_id, "ts": message.ts}


def stop(call: Call) -> Json:
    """chat.stopStream, with up to 50 blocks for the end."""
    before = _streaming(call)
    blocks: list[Json] = call.args.json("blocks", list, "invalid_blocks_format") or []
    check_blocks(blocks, MESSAGE)
    metadata = metadata_of(call)
    grown = _grown(call, before)
    extra = grown.extra | ({"metadata": metadata} if metadata else {})
    after = _with(grown, streaming=False, extra=extra)
    after = _with(after, blocks=[*after.blocks, *messaging.with_block_ids(blocks, call.workspace)])
    call.workspace.save_message(after)
    call.workspace.announce(MessageEdited(before, after))
    payload = message_payload(call.workspace, after)
    return {"channel": after.channel_id, "ts": after.ts, "message": payload}


def _streaming(call: Call) -> Message:
    message = call.message(call.joined_channel())
    if not message.by_app:
        raise SlackError("message_not_owned_by_app")
    if not message.streaming:
        raise SlackError("message_not_in_streaming_state")
    return message


def _grown(call: Call, message: Message) -> Message:
    piece = _piece(call)
    text = message.text + piece.text
    known = [block for block in message.blocks if block["type"] != "markdown"]
    return _with(message, text=text, blocks=_blocks(call, text, _merged(known, piece.blocks)))


def _with(message: Message, **fields: object) -> Message:
    return Message(**(vars(message) | fields))


def _piece(call: Call) -> _Piece:
    piece = _Piece(call.args.text("markdown_text"))
    for chunk in call.args.json("chunks", list, "invalid_chunks") or []:
        kind = chunk.get("type") if isinstance(chunk, dict) else None
        if kind == "markdown_text":
            piece.text += str(chunk.get("text", ""))
        elif kind == "task_update":
            task = {key: value for key, value in chunk.items() if key not in ("type", "id")}
            piece.blocks.append({"type": "task_card", "task_id": str(chunk.get("id", "")), **task})
        elif kind == "plan_update":
            piece.blocks.append({"type": "plan", "title": str(chunk.get("title", ""))})
        elif kind == "blocks":
            piece.blocks += Arguments(chunk).json("blocks", list, "invalid_chunks") or []
        else:
            raise SlackError("invalid_chunks", f"A chunk of type {kind!r} is unknown.")
    if len(piece.text) > MAX_MARKDOWN_PER_CALL:
        raise SlackError("msg_too_long")
    check_blocks(piece.blocks, MESSAGE)
    return piece


def _merged(known: list[Json], new: list[Json]) -> list[Json]:
    """Return both, a task or plan that came again in the place of its earlier self."""
    merged = {_identity(block, index): block for index, block in enumerate(known)}
    merged |= {_identity(block, len(known) + index): block for index, block in enumerate(new)}
    return list(merged.values())


def _identity(block: Json, index: int) -> tuple[str, str]:
    if block["type"] in ("task_card", "plan"):
        return block["type"], str(block.get("task_id", ""))
    return "block", str(index)


def _blocks(call: Call, text: str, others: list[Json]) -> list[Json]:
    markdown = [{"type": "markdown", "block_id": "stream", "text": text}] if text else []
    return [*markdown, *messaging.with_block_ids(others, call.workspace)]
