"""A headless Chromium over a playground of the test's own, and a Bolt app that answers in it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.playground.delivery import Timings
from bot.playground.playground import Tokens
from tests.bot.playground_page.scripted_bot import scripted_bot
from tests.playground_server import RunningPlayground, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SEED: dict[str, Any] = {
    "team": {"name": "Lanternhouse", "domain": "lanternhouse"},
    "app": {
        "name": "timbre",
        "real_name": "Timbre",
        "commands": [{"command": "/timbre", "description": "Ask, train", "usage_hint": "[ask|retrain|help]"}],
        "shortcuts": [{"callback_id": "approve_answer", "name": "Approve this answer"}],
    },
    "people": [
        {"name": "ada", "real_name": "Ada Quill", "title": "Manager", "is_admin": True},
        {"name": "ben", "real_name": "Ben Tolliver", "title": "Shipwright"},
        {"name": "cleo", "real_name": "Cleo Marsh", "title": "Office"},
        {"name": "finn", "real_name": "Finn Odell", "title": "Apprentice"},
    ],
    "user_groups": [{"handle": "reviewers", "name": "Reviewers", "members": ["ben", "cleo"]}],
    "channels": [
        {"name": "help-desk", "topic": "Ask anything", "members": ["ada", "ben", "cleo", "finn", "timbre"]},
        {"name": "sales", "members": ["ada", "timbre"]},
        {"name": "vault", "is_private": True, "members": ["ada", "timbre"]},
        {"name": "timbre-review", "members": ["ada", "ben", "cleo", "timbre"]},
    ],
    "messages": [
        {"key": "q", "channel": "help-desk", "user": "finn", "text": "Where are the spare keys?"},
        {"key": "a", "thread": "q", "channel": "help-desk", "user": "cleo", "text": "Ahoy! In the *blue* tin."},
    ],
}

# The bot's listeners run in this process, beside the browser: a busy machine must not make them late.
PATIENT = Timings(ack_timeout=10.0, trigger_lifetime=10.0)
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run"]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    api = pytest.importorskip("playwright.sync_api", reason="the page's tests need playwright: pip install playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("the page's tests need Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningPlayground]:
    """A playground with a bot that listens, for a whole module; a test keeps to a room of its own."""
    with RunningPlayground(timings=PATIENT) as running:
        running.control("seed", **SEED)
        handler = SocketModeHandler(scripted_bot(App(client=running.web)), Tokens().app, ping_interval=1)
        handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves its annotation out
        wait_until(lambda: running.playground.delivery.links, "the bot is connected")
        yield running
        handler.client.auto_reconnect_enabled = False
        running.control("trouble", disconnect="drop")
        handler.close()  # type: ignore[no-untyped-call]  # Bolt leaves its annotation out


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
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        if not guide:
            page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ hidden: true }))")
        return page

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
