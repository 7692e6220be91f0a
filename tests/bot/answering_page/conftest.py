"""A headless Chromium over an office with a bot that answers."""

from tests.bot.collecting_page.conftest import busy_office, desk, office

__all__ = ["busy_office", "desk", "office"]
