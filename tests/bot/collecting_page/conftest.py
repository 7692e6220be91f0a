"""A headless Chromium over an office with a running bot."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.bot.collecting.conftest import busy_office, office
from tests.bot.collecting.office import Office
from tests.bot.playground_page.conftest import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["busy_office", "office"]


@pytest.fixture
def desk(office: Office, browser: "Browser") -> Iterator[Desk]:
    """Fails the test when a page that it opened logged an error."""
    desk = Desk(office.slack, browser)
    yield desk
    for context in desk.contexts:
        context.close()
    assert desk.complaints == []
