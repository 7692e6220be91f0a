"""Fetches documents from the web: bounded in size, time and redirects, and only when they changed."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx

from bot.knowledge.addresses import CheckedTransport
from bot.knowledge.kinds import Kind, kind_of_content
from bot.knowledge.limits import MAX_BYTES
from bot.knowledge.refusal import Refusal
from bot.knowledge.robots import NAME, Robots

SECONDS = 60.0
EACH_STEP_SECONDS = 10.0
MOST_REDIRECTS = 5
SCHEMES = ("http", "https")
AGENT = f"{NAME} (a Slack bot's knowledge)"
ACCEPTED = "text/html, text/markdown, text/plain;q=0.9, application/pdf, */*;q=0.5"
# Before a date of last change, where a server has no ETag.
SINCE = "since "


@dataclass(frozen=True)
class Fetched:
    """What a server sent. `version`: what it calls this state, to be asked for again with."""

    data: bytes
    kind: Kind
    charset: str
    name: str
    version: str


def is_url(source: str) -> bool:
    """Return whether somebody means a URL rather than a path."""
    return "://" in source


def clean_url(url: str) -> str:
    """Return a URL as it is stored. Raises `Refusal` when it can't be fetched."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as err:
        raise Refusal("is not a URL; check how it is written") from err
    if parsed.scheme not in SCHEMES or not parsed.host:
        raise Refusal("can't be fetched: only http:// and https:// can")
    if parsed.userinfo:
        raise Refusal("carries a password, which would be shown as a source; leave it out")
    return str(parsed.copy_with(fragment=None))


class Fetcher:
    """Fetches one document at a time."""

    def __init__(self, *, allow_private: bool, seconds: float = SECONDS, most_bytes: int = MAX_BYTES) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._client = httpx.Client(
            transport=CheckedTransport(allow_private=allow_private),
            timeout=min(EACH_STEP_SECONDS, seconds),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": AGENT, "Accept": ACCEPTED},
        )
        self._robots = Robots(self._open)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, url: str, *, version: str = "") -> Fetched | None:
        """Return what a clean URL leads to, None when it is still at `version`. Raises `Refusal`."""
        try:
            with self._open(url, headers=_conditions(version), check=self._robots.check) as response:
                return self._read(response)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as err:
            raise Refusal(_told(err)) from err

    @contextmanager
    def _open(
        self, url: str, *, headers: Mapping[str, str] | None = None, check: Callable[[str], None] = lambda _url: None
    ) -> Iterator[httpx.Response]:
        """Yield what a URL leads to in the end; `check` is called with each URL on the way."""
        at = url
        for _ in range(MOST_REDIRECTS + 1):
            check(at)
            with self._client.stream("GET", at, headers=headers) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                at = clean_url(str(httpx.URL(at).join(response.headers["location"])))
        raise Refusal(f"leads from redirect to redirect, more than {MOST_REDIRECTS} times")

    def _read(self, response: httpx.Response) -> Fetched | None:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            raise Refusal(f"is not there ({response.status_code}); `timbre sources remove URL` forgets a page")
        if response.status_code != httpx.codes.OK:
            raise Refusal(f"answers with {response.status_code} {response.reason_phrase}".rstrip())
        name = PurePosixPath(unquote(response.url.path)).name
        content_type = response.headers.get("content-type", "")
        kind = kind_of_content(content_type, name)
        if kind is None:
            said = content_type.partition(";")[0] or "no type"
            raise Refusal(f"is {said[:80]}: only HTML, Markdown, text, PDF and DOCX can be ingested")
        data = read_body(response, seconds=self._seconds, most=self._most_bytes)
        return Fetched(data, kind, response.charset_encoding or "", name, _version(response.headers))


def read_body(response: httpx.Response, *, seconds: float, most: int) -> bytes:
    """Return what is being sent. Raises `Refusal` as soon as it is more than `most` bytes, or takes too long."""
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > most:
            raise Refusal(f"is larger than {most // 1024 // 1024} MB; split it")
        if time.monotonic() > deadline:
            raise Refusal(f"took more than {seconds:.0f} seconds to fetch; try again later")
    return b"".join(parts)


def _conditions(version: str) -> dict[str, str]:
    if version.startswith(SINCE):
        return {"If-Modified-Since": version.removeprefix(SINCE)}
    return {"If-None-Match": version} if version else {}


def _version(headers: Mapping[str, str]) -> str:
    if etag := headers.get("etag"):
        return etag[:500]
    changed = headers.get("last-modified", "")
    return f"{SINCE}{changed[:100]}" if changed else ""


def _told(err: Exception) -> str:
    if isinstance(err, httpx.TimeoutException):
        return "did not answer in time; try again later"
    if isinstance(err, httpx.ConnectError) and "certificate" in str(err).lower():
        return "has a certificate that can't be trusted"
    return f"can't be fetched ({type(err).__name__}); try again later"
