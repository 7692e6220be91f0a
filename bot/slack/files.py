"""Files that people shared in Slack."""

from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

import httpx
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.knowledge.fetching import EACH_STEP_SECONDS, Fetched, read_body
from bot.knowledge.kinds import SUFFIX_LIST, Kind, kind_of_content
from bot.knowledge.limits import MAX_BYTES
from bot.knowledge.refusal import Refusal

SLACKS_HOST = "files.slack.com"
SECONDS = 60.0
GONE = ("file_not_found", "file_deleted")


@dataclass(frozen=True)
class SlackFile:
    """A file as Slack describes it."""

    id: str
    name: str
    content_type: str
    size: int
    url: str


class SlackFiles:
    """Reads files with the bot's token, which is shown to Slack alone."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def describe(self, file_id: str) -> SlackFile | None:
        """Return what Slack says of a file, None when it is gone."""
        try:
            file = self._client.files_info(file=file_id)["file"]
        except SlackApiError as err:
            if err.response["error"] in GONE:
                return None
            raise
        name = file.get("name") or file.get("title") or file_id
        url = file.get("url_private") or ""
        return SlackFile(file_id, name, file.get("mimetype") or "", int(file.get("size") or 0), url)

    def download(self, file: SlackFile) -> Fetched:
        """Return a file's content. Raises `Refusal`."""
        kind = kind_of_content(file.content_type, file.name)
        if kind is None:
            raise Refusal(f"is of a kind that can't be read; {SUFFIX_LIST} can")
        if file.size > MAX_BYTES:
            raise Refusal(f"is larger than {MAX_BYTES // 1024 // 1024} MB; split it")
        if not self._is_slacks(file.url):
            raise Refusal("is kept outside Slack; upload it here")
        headers = {"Authorization": f"Bearer {self._client.token}"}
        try:
            with httpx.stream("GET", file.url, headers=headers, timeout=EACH_STEP_SECONDS) as response:
                # Without the scope Slack sends its sign-in page, as if all were well.
                is_page = response.headers.get("content-type", "").startswith("text/html") and kind is not Kind.HTML
                if response.status_code != httpx.codes.OK or is_page:
                    raise Refusal("was not handed over by Slack; the app needs the scope files:read")
                data = read_body(response, seconds=SECONDS, most=MAX_BYTES)
        except httpx.HTTPError as err:
            raise Refusal("could not be fetched from Slack; delete it here and send it again") from err
        return Fetched(data, kind, "", PurePath(file.name).stem, "")

    def _is_slacks(self, url: str) -> bool:
        asked, api = urlsplit(url), urlsplit(self._client.base_url)
        if asked.scheme == "https" and asked.netloc == SLACKS_HOST:
            return True
        return (asked.scheme, asked.netloc) == (api.scheme, api.netloc)
