"""The command that imports a Slack export."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bot.collecting.exports.archive import Archive
from bot.collecting.exports.importing import import_export
from bot.collecting.exports.layout import read_layout
from bot.collecting.exports.storing import Wanted
from bot.commands.opening import CommandError, open_database, open_settings, team_of
from bot.console import note, print_json, progress, say
from bot.settings import Settings
from storage.clock import utc_now
from storage.database import Database
from storage.listing import some_permalink
from storage.workspaces import UNCLAIMED


def import_slack(data: Path | None, export: Path, channels: Sequence[str], knowledge: bool, as_json: bool) -> None:
    """Propose what a Slack export holds; exit 2 when a file in it was refused, after importing the others."""
    archive = Archive(export)
    layout = read_layout(archive)
    chosen = layout.chosen(channels)
    if not chosen:
        raise CommandError(f"{export}: nothing in it can be imported{_because([*archive.refused, *layout.refused])}")
    settings = open_settings(data)
    database = open_database(settings)
    wanted = _wanted(settings, database, knowledge)
    if wanted.team_id != UNCLAIMED and layout.team_ids and wanted.team_id not in layout.team_ids:
        database.close()
        raise CommandError(
            f"{export} is of another workspace ({min(layout.team_ids)}) than this folder ({wanted.team_id}): "
            "give that one a folder of its own with --data"
        )
    with progress("importing") as tell:
        report = import_export(database, archive, layout, chosen, wanted, now=utc_now, on_progress=tell)
    database.close()
    archive.close()
    if as_json:
        print_json(report.document())
    else:
        for line in report.lines():
            say(line)
    for refused in report.refused:
        note(f"timbre: {refused}")
    if report.refused:
        raise SystemExit(2)


def _wanted(settings: Settings, database: Database, with_knowledge: bool) -> Wanted:
    team_id = team_of(database)
    with database.reading() as session:
        address = urlsplit(some_permalink(session, team_id=team_id))
    return Wanted(
        team_id=team_id,
        approve_emoji=settings.approve_emojis,
        region=settings.phone_region,
        with_knowledge=with_knowledge,
        home=f"{address.scheme}://{address.netloc}" if address.netloc else "",
    )


def _because(refused: Sequence[object]) -> str:
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return f": {refused[0]}{more}" if refused else "; it has no channels"
