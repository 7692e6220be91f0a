"""An empty folder to work in, and a headless Chromium for the tests that drive the page."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.settings import PREFIX
from tests.chromium import NoChromiumError, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests: one that is begun last keeps the other cores waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no setting in the environment."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
