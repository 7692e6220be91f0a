"""Answers to commands and clicks: through a response_url, or with the acknowledgement."""

from typing import Any

from bot.playground import messaging
from bot.playground.arguments import Arguments
from bot.playground.blocks import MESSAGE, check_blocks
from bot.playground.entities import Channel, Json
from bot.playground.errors import SlackError
from bot.playground.workspace import Workspace

MAX_TEXT = 40_000


class Response:
    """An answer to a command or a click, through its response_url or its acknowledgement."""

    def __init__(
        self, workspace: Workspace, channel: Channel, user_id: str, message_ts: str | None, thread_ts: str | None
    ) -> None:
        self._workspace = workspace
        self._channel = channel
        self._user_id = user_id
        self._message_ts = message_ts
        self._thread_ts = thread_ts

    def post(self, sent: Json, *, failed: str | None = None) -> None:
        """Do what `sent` says: answer this person or the channel, or replace or delete the message that was clicked."""
        original = self._workspace.log(self._channel.id).get(self._message_ts) if self._message_ts else None
        if sent.get("delete_original"):
            if original is not None:
                messaging.delete(self._workspace, original)
            return
        content = self._content(sent)
        if sent.get("replace_original") and original is not None:
            messaging.edit(self._workspace, original, edited_by=None, **content)
            return
        in_channel = sent.get("response_type") == "in_channel"
        messaging.post(
            self._workspace,
            self._channel,
            self._workspace.bot,
            content.pop("text"),
            thread_ts=Arguments(sent).ts("thread_ts", "invalid_thread_ts") or self._thread_ts,
            by_app=True,
            visible_to=None if in_channel else self._user_id,
            extra={"failed": failed} if failed else {},
            **content,
        )

    def _content(self, sent: Json) -> dict[str, Any]:
        args = Arguments(sent)
        text, blocks = args.text("text"), args.json("blocks", list, "invalid_blocks_format") or []
        attachments = args.json("attachments", list, "invalid_attachments") or []
        if not (text or blocks or attachments):
            raise SlackError("no_text")
        if len(text) > MAX_TEXT:
            raise SlackError("msg_too_long")
        check_blocks(blocks, MESSAGE)
        identified = messaging.with_block_ids(blocks, self._workspace)
        return {"text": text, "blocks": identified, "attachments": attachments}
