"""The commands that look after an installation."""

from pathlib import Path

from bot.commands.opening import open_database, open_settings
from bot.console import say


def upgrade(data: Path | None) -> None:
    """Upgrade the database."""
    settings = open_settings(data)
    database = open_database(settings)
    say(f"{database.safe_url} is up to date")
    database.close()


def doctor(data: Path | None) -> None:
    """Check everything; exit 1 when something has to be mended."""
    from bot.doctor import examine

    findings = examine(open_settings(data, at_least="ERROR"))
    for finding in findings:
        say(f"{'ok  ' if finding.ok else 'MEND'} {finding.what}: {finding.found}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
