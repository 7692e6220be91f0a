"""An office with a running bot, for what people see of its answers."""

from tests.bot.collecting.conftest import busy_office, office

__all__ = ["busy_office", "office"]
