"""Pages are fetched within bounds, from public addresses only, and not again while they are the same."""

import socket
import time
from collections.abc import Callable
from itertools import count

import pytest

from bot.knowledge.addresses import is_public
from bot.knowledge.fetching import MOST_REDIRECTS, Fetcher, clean_url, is_url
from bot.knowledge.kinds import Kind
from bot.knowledge.refusal import Refusal
from tests.bot.knowledge.web import Page, Web


def refusal(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(Refusal) as err:
        fetcher.fetch(url)
    return str(err.value)


def test_a_page_comes_with_its_kind_its_charset_and_its_version(web: Web, fetcher: Fetcher) -> None:
    web.pages["/leave.html"] = Page(b"<p>Leave</p>", "text/html; charset=latin-1", headers={"ETag": '"one"'})

    page = fetcher.fetch(web.url("/leave.html"))

    assert page is not None
    assert (page.data, page.kind, page.charset, page.name, page.version) == (
        b"<p>Leave</p>", Kind.HTML, "latin-1", "leave.html", '"one"',
    )  # fmt: skip


def test_a_page_that_is_the_same_is_not_sent_again(web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = Page(b"<p>Leave</p>", headers={"ETag": '"one"'})

    assert fetcher.fetch(web.url("/"), version='"one"') is None
    assert fetcher.fetch(web.url("/"), version='"two"') is not None
    assert [headers.get("if-none-match") for _, headers in web.asked] == ['"one"', '"two"']


def test_without_an_etag_the_date_of_the_last_change_is_asked_with(web: Web, fetcher: Fetcher) -> None:
    date = "Tue, 03 Mar 2026 09:00:00 GMT"
    web.pages["/"] = Page(b"<p>Leave</p>", headers={"Last-Modified": date})
    page = fetcher.fetch(web.url("/"))
    assert page is not None

    fetcher.fetch(web.url("/"), version=page.version)

    assert web.asked[-1][1]["if-modified-since"] == date


def test_a_few_redirects_are_followed(web: Web, fetcher: Fetcher) -> None:
    web.pages["/old"] = Page(status=301, headers={"Location": "/new"})
    web.pages["/new"] = Page(status=302, headers={"Location": web.url("/newest")})
    web.pages["/newest"] = Page(b"<p>Here</p>")

    page = fetcher.fetch(web.url("/old"))

    assert page is not None
    assert page.data == b"<p>Here</p>"


def test_endless_redirects_are_given_up(web: Web, fetcher: Fetcher) -> None:
    web.pages["/round"] = Page(status=302, headers={"Location": "/round"})

    assert "leads from redirect to redirect" in refusal(fetcher, web.url("/round"))
    assert len(web.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/x", "gopher://x/", "http://"])
def test_a_redirect_to_another_scheme_is_refused(web: Web, fetcher: Fetcher, target: str) -> None:
    web.pages["/"] = Page(status=302, headers={"Location": target})

    assert refusal(fetcher, web.url("/"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_not_asked_however_it_is_written(web: Web, host: str) -> None:
    web.pages["/"] = Page(b"<p>the cloud's keys</p>")
    fetcher = Fetcher(allow_private=False, seconds=3)

    assert "TIMBRE_ALLOW_PRIVATE_URLS=true" in refusal(fetcher, web.url("/", host))
    assert web.asked == []
    fetcher.close()


def test_a_redirect_into_the_own_network_is_refused(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.pages["/"] = Page(status=302, headers={"Location": web.url("/keys", "inside.example")})
    web.pages["/keys"] = Page(b"<p>the cloud's keys</p>")
    public = "93.184.216.34"
    resolve(monkeypatch, {"outside.example": [public] * 2, "inside.example": ["127.0.0.1"]})
    lead(monkeypatch, public, "127.0.0.1")
    fetcher = Fetcher(allow_private=False, seconds=3)

    assert "leads to inside.example" in refusal(fetcher, web.url("/", "outside.example"))
    assert [path for path, _ in web.asked] == ["/"]
    assert web.asked[0][1]["host"].startswith("outside.example")
    fetcher.close()


def test_a_name_that_changes_between_two_look_ups_is_looked_up_once(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.pages["/"] = Page(b"<p>the cloud's keys</p>")
    looked_up = resolve(monkeypatch, {"turns.example": ["93.184.216.34", "127.0.0.1"]})
    lead(monkeypatch, "93.184.216.34", "192.0.2.1")
    fetcher = Fetcher(allow_private=False, seconds=0.5)

    assert refusal(fetcher, web.url("/", "turns.example"))
    assert looked_up() == 1
    assert web.asked == []
    fetcher.close()


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> Callable[[], int]:
    """Have names stand for addresses, the next one each time; returns what counts the look-ups."""
    real, asked = socket.getaddrinfo, count()
    times = {name: iter(addresses) for name, addresses in names.items()}

    def answer(host: str, *more: object, **named: object) -> object:
        if host in times:
            next(asked)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(times[host]), 80))]
        return real(host, *more, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return lambda: next(asked)


def lead(monkeypatch: pytest.MonkeyPatch, address: str, elsewhere: str) -> None:
    """Have connections to a public address end on this machine, where no public one can be reached."""
    real = socket.create_connection

    def connect(to: tuple[str, int], *more: object, **named: object) -> socket.socket:
        return real((elsewhere, to[1]) if to[0] == address else to, *more, **named)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(socket, "create_connection", connect)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_page_that_is_too_large_is_given_up_while_it_comes(web: Web, fetcher: Fetcher) -> None:
    def send(write: Callable[[bytes], object]) -> None:
        for _ in range(10_000):
            write(b"x" * 10_000)

    web.pages["/"] = Page(send=send)

    assert "is larger than" in refusal(fetcher, web.url("/"))


def test_a_page_that_comes_drop_by_drop_is_given_up(web: Web, fetcher: Fetcher) -> None:
    def send(write: Callable[[bytes], object]) -> None:
        for _ in range(200):
            write(b"x")
            time.sleep(0.1)

    web.pages["/"] = Page(send=send)
    start = time.monotonic()

    assert "took more than 3 seconds" in refusal(fetcher, web.url("/"))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (Page(b"\x89PNG", "image/png"), "is image/png: only HTML, Markdown, text, PDF and DOCX can be ingested"),
        (Page(b"x", "application/zip"), "is application/zip"),
        (Page(b"x", status=404), "is not there (404)"),
        (Page(b"x", status=500), "answers with 500"),
        (Page(b"x", status=403), "answers with 403"),
    ],
)
def test_what_is_no_document_is_told_as_it_is(web: Web, fetcher: Fetcher, page: Page, why: str) -> None:
    web.pages["/"] = page

    assert why in refusal(fetcher, web.url("/"))


def test_a_server_that_is_not_there_is_told(fetcher: Fetcher) -> None:
    assert "can't be fetched (ConnectError)" in refusal(fetcher, "http://127.0.0.1:9/")
    assert "a name that can't be found" in refusal(fetcher, "http://no-such-name.invalid/")


def test_a_url_is_kept_without_its_place_in_the_page() -> None:
    assert clean_url("https://example.com/a?b=c#d") == "https://example.com/a?b=c"
    assert is_url("https://example.com")
    assert not is_url("docs/leave.md")


@pytest.mark.parametrize("url", ["ftp://example.com/", "https://", "https://ada:secret@example.com/", "http://[::1"])
def test_a_url_that_cannot_be_fetched_is_refused(url: str) -> None:
    with pytest.raises(Refusal):
        clean_url(url)
