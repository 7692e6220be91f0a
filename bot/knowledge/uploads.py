"""Files that an admin sends to Timbre in Slack are documents; what became of them is told in their thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.blocks.layout import section
from bot.knowledge.converter import Converter
from bot.knowledge.fetching import Fetched
from bot.knowledge.ingesting import convert_fetched, new_document
from bot.knowledge.refusal import Refusal
from bot.knowledge.storing import forget, forget_beginning, store
from bot.locks import Locks
from bot.slack.files import SlackFile
from bot.slack.mrkdwn import escape, shorten
from bot.slack.posting import Poster
from storage.database import Database

ONLY_ADMINS = "Only admins of this workspace can have me read documents. Ask one of them to send it to me."
EVERYBODY = "Everybody may be answered from it."
THIS_CHANNEL = "Only people in this channel are answered from it."
TAKEN_BACK = "Delete the file or its message, and I forget it."
LONGEST_NAME = 100


@dataclass(frozen=True)
class Upload:
    """Files in a message for Timbre. `thread_ts` is where it answers; `has_text`: something was said beside them."""

    team_id: str
    channel_id: str
    is_direct: bool
    ts: str
    thread_ts: str
    user_id: str
    file_ids: tuple[str, ...]
    has_text: bool


class Files(Protocol):
    """Slack's files."""

    def describe(self, file_id: str) -> SlackFile | None: ...

    def download(self, file: SlackFile) -> Fetched: ...


class Uploads:
    """Takes files once, however often their event arrives."""

    def __init__(
        self,
        database: Database,
        files: Files,
        poster: Poster,
        is_admin: Callable[[str], bool],
        is_private: Callable[[str], bool],
        stands: Callable[[str, str], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._files = files
        self._poster = poster
        self._is_admin = is_admin
        self._is_private = is_private
        self._stands = stands
        self._now = now
        self._locks = Locks()

    def take(self, upload: Upload) -> bool:
        """Store an admin's files and tell what became of them; returns whether they were an admin's."""
        is_admin = self._is_admin(upload.user_id)
        with self._locks.of(upload.channel_id, upload.ts):
            if is_admin:
                self._take(upload)
            elif upload.is_direct or not upload.has_text:
                self._tell_once(upload, lambda: ONLY_ADMINS)
        return is_admin

    def forget_file(self, file_id: str, *, team_id: str) -> int:
        """Forget a file that was deleted, wherever it was shared; returns how many documents it was."""
        return forget_beginning(self._database, source_of(file_id), team_id=team_id, now=self._now)

    def forget_message(self, channel_id: str, ts: str, file_ids: Sequence[str], *, team_id: str) -> int:
        """Forget the files that a message brought and does not have any more; returns how many were known.

        What another message brought stays: anybody may share a file anew, and delete that message.
        """
        sources = [source_of(one, channel_id, ts) for one in file_ids]
        return forget(self._database, sources, team_id=team_id, now=self._now)

    def _take(self, upload: Upload) -> None:
        # A file is for those who could see it where it was shared. What an admin tells Timbre alone is for everybody.
        private = not upload.is_direct and self._is_private(upload.channel_id)
        channel_id = upload.channel_id if private else None
        self._tell_once(upload, lambda: self._store_all(upload, channel_id))

    def _store_all(self, upload: Upload, channel_id: str | None) -> str | None:
        with Converter() as converter:
            stored = [self._store(file_id, upload, channel_id, converter) for file_id in upload.file_ids]
        if not self._stands(upload.channel_id, upload.ts):  # deleted meanwhile
            self.forget_message(upload.channel_id, upload.ts, upload.file_ids, team_id=upload.team_id)
            return None
        lines = [line for line, _ in stored]
        if any(is_stored for _, is_stored in stored):
            lines.append(f"{THIS_CHANNEL if channel_id else EVERYBODY} {TAKEN_BACK}")
        return "\n".join(lines)

    def _store(self, file_id: str, upload: Upload, channel_id: str | None, converter: Converter) -> tuple[str, bool]:
        """Return a line about a file, and whether it is stored."""
        file = self._files.describe(file_id)
        if file is None:
            return "A file was deleted before I could read it.", False
        name = escape(shorten(file.name, LONGEST_NAME))
        try:
            fetched = self._files.download(file)
            title, passages = convert_fetched(converter, fetched, name=fetched.name)
        except Refusal as err:
            return f":warning: {name} {err}.", False
        source = source_of(file_id, upload.channel_id, upload.ts)
        said_in = None if upload.is_direct else upload.channel_id
        document = new_document(upload.team_id, source, title, passages, channel_id=channel_id, said_in=said_in)
        store(self._database, [document], now=self._now)
        return f":page_facing_up: {len(passages)} {'passage' if len(passages) == 1 else 'passages'} from {name}.", True

    def _tell_once(self, upload: Upload, say: Callable[[], str | None]) -> None:
        """Post what `say` returns, unless that was posted before a crash."""
        key = f"files:{upload.channel_id}:{upload.ts}"
        thread = {"thread_ts": upload.thread_ts}
        if self._poster.find_reply(upload.channel_id, key=key, after=upload.ts, **thread):
            return
        if text := say():
            self._poster.post(upload.channel_id, key=key, text=text, blocks=[section(text)], **thread)


def source_of(file_id: str, *message: str) -> str:
    """Return what a file of Slack's is called among the documents, as the message in a channel at a ts brought it.

    A file that two messages brought is two documents: each is for those who read its message, and goes with it.
    """
    return ":".join(("slack-file", file_id, *message))
