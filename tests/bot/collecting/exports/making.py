"""Makes small exports, laid out as Slack's own."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

START = 1_700_000_000
DAY = "2023-11-14.json"
TICK = "white_check_mark"


def ts(second: int) -> str:
    """Return the time of a message, so many seconds after the first."""
    return f"{START + second}.000100"


def said(second: int, user: str, text: str, *, thread: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a message; with `thread`, one in the thread that started at that second."""
    message = {"type": "message", "user": user, "text": text, "ts": ts(second), **more}
    return message if thread is None else {**message, "thread_ts": ts(thread)}


def ticked(*users: str, name: str = TICK) -> list[dict[str, Any]]:
    """Return the reactions of a message that people ticked."""
    return [{"name": name, "users": list(users), "count": len(users)}]


def write_zip(path: Path, files: Mapping[str, Any], *, packed: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip of files; what is not text or bytes becomes JSON."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, str | bytes) else json.dumps(content))
    return path


def files_of(
    channels: Mapping[str, Sequence[Any]],
    *,
    private: Mapping[str, Sequence[Any]] | None = None,
    direct: Mapping[str, Sequence[Any]] | None = None,
    bots: Sequence[str] = (),
) -> dict[str, Any]:
    """Return an export's files, each conversation with one day. A channel's id is its name in capitals after a C."""
    private, direct = private or {}, direct or {}
    people = [{"id": f"U{number}", "team_id": "T1", "name": f"u{number}"} for number in range(1, 6)]
    return {
        "channels.json": [{"id": f"C{name.upper()}", "name": name} for name in channels],
        "groups.json": [{"id": f"C{name.upper()}", "name": name} for name in private],
        "dms.json": [{"id": name, "members": ["U1", "U2"]} for name in direct],
        "mpims.json": [],
        "users.json": [*people, *({"id": bot, "team_id": "T1", "is_bot": True} for bot in bots)],
        **{f"{name}/{DAY}": messages for name, messages in {**channels, **private, **direct}.items()},
    }


KEY_THREAD = [
    said(0, "U1", "Where is the key to the boathouse?", thread=0),
    said(60, "U2", "Under the blue pot.", thread=0),
    said(90, "U2", "Mail harbour@example.org if it is gone.", thread=0),
    said(120, "U3", "Mine is in the hall.", thread=0),
]
