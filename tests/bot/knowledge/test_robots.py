"""A site's robots.txt says what may be read of it."""

import pytest

from bot.knowledge.fetching import Fetcher
from bot.knowledge.refusal import Refusal
from tests.bot.knowledge.web import Page, Web

RULES = b"""
User-agent: *
Disallow: /inside/
Disallow: /*.pdf$
Allow: /inside/open

User-agent: Timbre
Disallow: /secret
"""
ANYBODYS = b"User-agent: *\nDisallow: /inside/\nDisallow: /*.pdf$\nAllow: /inside/open\n"


def refusal(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(Refusal) as err:
        fetcher.fetch(url)
    return str(err.value)


def test_what_a_site_keeps_from_programs_is_not_asked_for(web: Web, fetcher: Fetcher) -> None:
    web.pages["/robots.txt"] = Page(ANYBODYS, "text/plain")
    web.pages["/inside/plan"] = web.pages["/plan.pdf"] = Page(b"<p>Plan</p>")
    web.pages["/inside/open"] = web.pages["/plan"] = Page(b"<p>Plan</p>")

    assert "robots.txt" in refusal(fetcher, web.url("/inside/plan"))
    assert "robots.txt" in refusal(fetcher, web.url("/plan.pdf"))
    assert web.asked == []
    assert fetcher.fetch(web.url("/inside/open"))
    assert fetcher.fetch(web.url("/plan"))


def test_rules_for_timbre_by_name_stand_before_those_for_all(web: Web, fetcher: Fetcher) -> None:
    web.pages["/robots.txt"] = Page(RULES, "text/plain")
    web.pages["/inside/plan"] = web.pages["/secret"] = Page(b"<p>Plan</p>")

    assert fetcher.fetch(web.url("/inside/plan"))
    assert "robots.txt" in refusal(fetcher, web.url("/secret"))


def test_the_rules_are_read_once_a_site(web: Web, fetcher: Fetcher) -> None:
    web.pages["/robots.txt"] = Page(ANYBODYS, "text/plain")
    web.pages["/a"] = web.pages["/b"] = Page(b"<p>Plan</p>")

    fetcher.fetch(web.url("/a"))
    fetcher.fetch(web.url("/b"))

    assert web.asked_for_rules == 1


def test_without_rules_everything_may_be_read(web: Web, fetcher: Fetcher) -> None:
    web.pages["/a"] = Page(b"<p>Plan</p>")

    assert fetcher.fetch(web.url("/a"))
    assert web.asked_for_rules == 1


def test_where_the_rules_can_not_be_had_nothing_is_read(web: Web, fetcher: Fetcher) -> None:
    web.pages["/robots.txt"] = Page(b"later", status=503)
    web.pages["/a"] = Page(b"<p>Plan</p>")

    assert "503" in refusal(fetcher, web.url("/a"))
    assert web.asked == []


def test_a_redirect_leads_nowhere_a_site_does_not_want(web: Web, fetcher: Fetcher) -> None:
    web.pages["/robots.txt"] = Page(ANYBODYS, "text/plain")
    web.pages["/a"] = Page(status=302, headers={"Location": "/inside/plan"})
    web.pages["/inside/plan"] = Page(b"<p>Plan</p>")

    assert "robots.txt" in refusal(fetcher, web.url("/a"))
    assert [path for path, _ in web.asked] == ["/a"]


def test_of_endless_rules_the_beginning_counts(web: Web, fetcher: Fetcher) -> None:
    web.pages["/robots.txt"] = Page(ANYBODYS + b"# \n" * 400_000, "text/plain")
    web.pages["/inside/plan"] = Page(b"<p>Plan</p>")

    assert "robots.txt" in refusal(fetcher, web.url("/inside/plan"))
