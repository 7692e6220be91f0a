"""Debian's Chromium, headless."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run"]  # fmt: skip


class NoChromiumError(RuntimeError):
    """There is no browser to drive; the message says what to install."""


@contextlib.contextmanager
def chromium() -> "Iterator[Browser]":
    """Start a browser for as long as the block lasts; raises NoChromiumError where there is none."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise NoChromiumError("driving the page needs Chromium: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as err:
        raise NoChromiumError("driving the page needs playwright: pip install playwright") from err
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=ARGS) as browser:
        yield browser
