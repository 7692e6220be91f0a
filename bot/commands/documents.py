"""The commands that bring documents in, list them and forget them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from bot.commands.opening import CommandError, open_database, open_kept, open_settings, team_of
from bot.console import note, print_json, progress, say
from storage.clock import utc_now
from storage.database import Database
from storage.documents import KnownDocument, known_documents


def ingest(data: Path | None, named: Sequence[str], as_json: bool) -> None:
    """Store documents, for the bot to index when it runs; exit 2 when one was refused, after storing the others."""
    from bot.knowledge.converter import Converter
    from bot.knowledge.fetching import Fetcher
    from bot.knowledge.ingesting import Ingesting

    settings = open_settings(data)
    fetcher = Fetcher(allow_private=settings.allow_private_urls)
    with closing(open_database(settings)) as database, Converter() as converter, closing(fetcher):
        ingesting = Ingesting(database, converter, fetcher, team_id=team_of(database), now=utc_now)
        with progress("ingesting") as tell:
            done = ingesting.ingest(named, tell)
    if as_json:
        numbers = {name: value for name, value in asdict(done).items() if isinstance(value, int)}
        print_json({**numbers, "refused": len(done.refused)})
    else:
        counts = f"{done.changed} documents new or changed, {done.unchanged} as before, {done.removed} removed"
        say(f"{counts}, {len(done.refused)} files refused, {done.passages} passages.")
    for line in (*done.passed_over.lines(), *done.refused):
        note(f"timbre: {line}")
    if done.refused:
        raise SystemExit(2)


def sources_list(data: Path | None, as_json: bool) -> None:
    """List the documents."""
    with closing(open_database(open_kept(data))) as database:
        known = _known(database)
    if as_json:
        print_json({"sources": [{**asdict(one), "updated_at": one.updated_at.isoformat()} for one in known]})
        return
    for one in known:
        private = f", only for {one.channel_id}" if one.channel_id else ""
        say(f"{one.source}  ({one.title}: {one.passages} passages, {one.updated_at:%Y-%m-%d}{private})")
    if not known:
        say("No documents yet: add some with `timbre ingest FOLDER`.")


def sources_remove(data: Path | None, named: Sequence[str], as_json: bool) -> None:
    """Forget documents and their passages. Raises `CommandError`, forgetting none, when one is not known."""
    from bot.knowledge.storing import forget

    with closing(open_database(open_kept(data))) as database:
        known = [one.source for one in _known(database)]
        meant = {source for name in named for source in _meant(name, known)}
        removed = forget(database, meant, team_id=team_of(database), now=utc_now)
    if as_json:
        print_json({"removed": removed})
    else:
        say(f"{removed} documents removed.")


def _known(database: Database) -> list[KnownDocument]:
    with database.reading() as session:
        return known_documents(session, team_id=team_of(database))


def _meant(name: str, known: Sequence[str]) -> list[str]:
    """Return the sources a name stands for: itself, a file by its path, or all that lie in a folder."""
    path = Path(name).resolve()
    found = [source for source in known if source in (name, str(path)) or Path(source).is_relative_to(path)]
    if not found:
        raise CommandError(f"{name}: nothing was ingested from there; `timbre sources list` shows what was")
    return found
