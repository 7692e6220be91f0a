"""A headless Chromium for the tests that drive the page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.chromium import NoChromiumError, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Skips the tests where there is no browser.

    It lasts for a module: while Playwright runs, its event loop counts as the main thread's, and no other can start.
    """
    try:
        with chromium() as browser:
            yield browser
    except NoChromiumError as err:
        pytest.skip(str(err))
