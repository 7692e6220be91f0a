"""A headless Chromium over a playground of the test's own, and a Bolt app that answers in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.bot.playground_page.stand import staffed_playground
from tests.playground_server import RunningPlayground

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningPlayground]:
    """A playground with a bot that listens, for a whole module; a test keeps to a room of its own."""
    with staffed_playground() as running:
        yield running


@dataclass
class Desk:
    """Opens the page as somebody, and remembers what went wrong in it."""

    slack: RunningPlayground
    browser: "Browser"
    contexts: "list[BrowserContext]" = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, person: str, channel: str, *, thread: str = "", guide: bool = False, **context: Any) -> "Page":
        """Return a page that shows `channel` as `person`."""
        page = self.blank(guide=guide, **context)
        page.goto(f"{self.slack.url}/#/{person}/{quote(channel, safe='@~')}/{thread}")
        page.get_by_role("button", name="Be somebody else").wait_for()
        return page

    def blank(self, *, guide: bool = False, **context: Any) -> "Page":
        """Return an empty page in a browser profile of its own."""
        profile = self.browser.new_context(**context)
        self.contexts.append(profile)
        profile.set_default_timeout(8000)
        page = profile.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self._refuse(dialog))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        if not guide:
            page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ hidden: true }))")
        return page

    def _refuse(self, dialog: "Dialog") -> None:
        """The page itself opens no browser dialog: one that opens comes of text that was run."""
        self.complaints.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def room(self, *, members: tuple[str, ...] = ("ada", "ben", "cleo", "finn", "timbre"), **fields: Any) -> str:
        """Make a channel of the test's own and return its name."""
        name = f"room-{uuid4().hex[:8]}"
        self.slack.control("seed", channels=[{"name": name, "members": list(members), **fields}])
        return name


@pytest.fixture
def desk(slack: RunningPlayground, browser: "Browser") -> Iterator[Desk]:
    """Fails the test when a page that it opened logged an error."""
    desk = Desk(slack, browser)
    yield desk
    for context in desk.contexts:
        context.close()
    assert desk.complaints == []
