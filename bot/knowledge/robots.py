"""What a site asks programs not to read, in its robots.txt (RFC 9309)."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
from protego import Protego

from bot.knowledge.refusal import Refusal

NAME = "Timbre"
"""The name that sites' rules know Timbre by."""
MAX_BYTES = 500 * 1024


class Robots:
    """The rules of each site that is read from, fetched once by `open_`, which yields what a URL leads to."""

    def __init__(self, open_: Callable[[str], AbstractContextManager[httpx.Response]]) -> None:
        self._open = open_
        self._rules: dict[str, Protego] = {}

    def check(self, url: str) -> None:
        """Raise `Refusal` where a page's site wants it left alone, or where that can't be told."""
        place = str(httpx.URL(url).copy_with(raw_path=b"/robots.txt"))
        if place not in self._rules:
            self._rules[place] = Protego.parse(self._read(place))
        if not self._rules[place].can_fetch(url, NAME):
            raise Refusal(
                "may not be read by programs, says its site's robots.txt; ask the site, or save the page and ingest "
                "the file"
            )

    def _read(self, place: str) -> str:
        with self._open(place) as response:
            if response.is_server_error:
                raise Refusal(
                    f"can't be fetched: its site answers {response.status_code} to what may be read (robots.txt); "
                    "try again later"
                )
            if not response.is_success:
                return ""  # there are no rules
            return _beginning(response).decode("utf-8", errors="replace")


def _beginning(response: httpx.Response) -> bytes:
    read = b""
    for part in response.iter_bytes():
        read += part
        if len(read) >= MAX_BYTES:
            break
    return read[:MAX_BYTES]
