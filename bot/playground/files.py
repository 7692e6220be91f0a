"""Files: announced, uploaded, then shared in a message."""

import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from bot.playground import messaging
from bot.playground.changes import FileShared
from bot.playground.entities import Channel, Json, Message, Person
from bot.playground.errors import SlackError
from bot.playground.ids import fresh_id
from bot.playground.workspace import Workspace

MAX_BYTES = 20 * 1024 * 1024
_SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Announced:
    """A file that is about to be uploaded."""

    team_id: str
    file_id: str
    name: str
    length: int
    alt_text: str


def announce(workspace: Workspace, name: str, length: int, alt_text: str = "") -> Announced:
    """Return the promise of a file; raises SlackError when it is empty or too large."""
    if length <= 0:
        raise SlackError("invalid_arguments", "A file has at least one byte.")
    if length > MAX_BYTES:
        raise SlackError("file_uploads_too_large", f"The playground takes files up to {MAX_BYTES} bytes.")
    # Whatever path a client sends along, only the last part is a name.
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "file" if last in ("", ".", "..") else last
    return Announced(workspace.team.id, fresh_id("F"), clean[:255], length, alt_text)


def store(workspace: Workspace, announced: Announced, owner: Person, content: bytes, origin: str) -> Json:
    """Keep an uploaded file and return Slack's file object."""
    mimetype = mimetypes.guess_type(announced.name)[0] or "application/octet-stream"
    url = f"{origin}/files/{workspace.team.id}/{announced.file_id}/{quote(announced.name)}"
    record: Json = {
        "id": announced.file_id,
        "created": workspace.seconds(),
        "timestamp": workspace.seconds(),
        "name": announced.name,
        "title": announced.name,
        "mimetype": mimetype,
        "filetype": PurePosixPath(announced.name).suffix.removeprefix(".").lower() or "binary",
        "pretty_type": mimetype,
        "user": owner.id,
        "user_team": workspace.team.id,
        "editable": False,
        "size": len(content),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "has_rich_preview": False,
        "is_starred": False,
        "comments_count": 0,
        "url_private": url,
        "url_private_download": url,
        "permalink": url,
        "permalink_public": url,
        "shares": {},
        "channels": [],
        "groups": [],
        "ims": [],
        "alt_txt": announced.alt_text,
        "file_access": "visible",
        "page_url": f"/control/file?team={workspace.team.id}&id={announced.file_id}",
    }
    workspace.save_file(record, content)
    return record


def share(
    workspace: Workspace,
    files: list[Json],
    channel: Channel,
    author: Person,
    text: str,
    *,
    thread_ts: str | None = None,
    blocks: list[Json] | None = None,
) -> Message:
    """Post a message that holds files."""
    for record in files:
        workspace.announce(FileShared(record["id"], channel, author.id, workspace.timestamps.next()))
    message = messaging.post(
        workspace,
        channel,
        author,
        text,
        thread_ts=thread_ts,
        # Slack marks a person's upload; an app's own is a plain message with files.
        subtype=None if author.is_bot else "file_share",
        by_app=author.is_bot,
        files=files,
        blocks=blocks or [],
        extra={"upload": True},
    )
    for record in files:
        _note_share(workspace, workspace.files[record["id"]], channel, message)
    return message


def _note_share(workspace: Workspace, record: Json, channel: Channel, message: Message) -> None:
    """Keep where a file is shared: `files.info` says so."""
    listed = {"channel": "channels", "im": "ims"}.get(channel.kind, "groups")
    reach = "private" if channel.is_private else "public"
    entry: Json = {"ts": message.ts, "channel_name": channel.name, "team_id": workspace.team.id}
    if message.thread_ts:
        entry["thread_ts"] = message.thread_ts
    there = record["shares"].get(reach, {})
    shares = {**record["shares"], reach: {**there, channel.id: [*there.get(channel.id, []), entry]}}
    places = list(dict.fromkeys([*record[listed], channel.id]))
    is_public = record["is_public"] or not channel.is_private
    workspace.save_file(record | {"shares": shares, listed: places, "is_public": is_public})


def download_headers(record: Json) -> dict[str, str]:
    """Return headers under which no uploaded file can act as a page of the playground's own."""
    inline = record["mimetype"] in _SHOWN_INLINE
    return {
        "Content-Type": record["mimetype"] if inline else "application/octet-stream",
        "Content-Disposition": "inline" if inline else "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }
