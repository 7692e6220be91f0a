"""What the commands begin with: settings, logging, the database."""

import logging
from pathlib import Path

from bot.settings import Settings, load_settings
from storage.database import Database
from storage.workspaces import UNCLAIMED, workspaces

OURS = ("bot", "training", "storage")
# At WARNING these tell of every job that outlasts its interval, and of requests that are tried again.
CHATTY = ("apscheduler", "httpx", "openai", "sentence_transformers")


class CommandError(ValueError):
    """A command can't do what was asked; the message says what to do."""


def open_settings(data: Path | None, *, at_least: str = "DEBUG", **overrides: object) -> Settings:
    """Read the settings, make the data folder, and start logging; a command may want less logged than is set."""
    settings = load_settings(data=data, **overrides)
    level = max(settings.log_level, at_least, key=logging.getLevelNamesMapping().__getitem__)
    settings = settings.model_copy(update={"log_level": level})
    settings.make_data_folder()
    start_logging(settings)
    return settings


def open_kept(data: Path | None, *, at_least: str = "DEBUG") -> Settings:
    """Read the settings of a data folder that is in use. Raises `CommandError` where nothing is kept in it."""
    settings = load_settings(data=data)
    if not settings.database_url and not (settings.data / "timbre.db").exists():
        raise CommandError(
            f"nothing is kept in {settings.data} yet: name the folder that the bot runs with by --data or TIMBRE_DATA"
        )
    return open_settings(data, at_least=at_least)


def start_logging(settings: Settings) -> None:
    """Log at the level that is set."""
    # Libraries only warn: below that they log every statement and request, and what people wrote with them.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for ours in OURS:
        logging.getLogger(ours).setLevel(settings.log_level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.ERROR)
    # It also raises what it logs as an error, and that is told once.
    logging.getLogger("slack_sdk.web").setLevel(logging.CRITICAL)


def team_of(database: Database) -> str:
    """Return the workspace a command is about: the only one there is, or, before the bot first connected, none yet."""
    with database.reading() as session:
        known = workspaces(session)
    if len(known) > 1:
        raise CommandError(f"this data folder serves several workspaces ({', '.join(known)}); give each its own --data")
    return next(iter(known), UNCLAIMED)


def open_database(settings: Settings) -> Database:
    database = Database(settings.database)
    database.upgrade()
    return database
