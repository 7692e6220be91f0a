"""The commands that compare the vector index with the database, and make it anew.

What loads the index is imported by them alone: it takes as long as all the rest that any command loads.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.opening import CommandError, open_database, open_kept
from bot.console import print_json, progress, say
from storage.database import Database
from storage.knowledge import count_all_chunks, mark_all_unindexed

if TYPE_CHECKING:
    from bot.answering.indexing import Differences


def index_check(data: Path | None, as_json: bool) -> None:
    """Say how the index differs from the database, and what only waits to be embedded; exit 1 when it differs."""
    from bot.assembly.knowledge import open_knowledge
    from storage.index_folder import IndexInUseError

    settings = open_kept(data, at_least="WARNING")
    database = open_database(settings)
    try:
        knowledge = open_knowledge(settings, database)
        try:
            found = knowledge.indexing.compare()
        finally:
            knowledge.index.close()
    except IndexInUseError as err:
        passages, waiting = _counts(database)
        raise CommandError(
            f"the bot that runs has the index open and keeps it in step itself ({waiting} of {passages} passages wait "
            "to be embedded); stop the bot to compare, or have it make everything anew with `timbre index rebuild`"
        ) from err
    finally:
        database.close()
    if as_json:
        print_json(asdict(found))
    else:
        _say(found)
    if found.total:
        raise SystemExit(1)


def index_rebuild(data: Path | None) -> None:
    """Make the index anew from the database; a running bot is left to do it."""
    from bot.assembly.knowledge import open_knowledge
    from bot.processes import model_server
    from storage.index_folder import IndexInUseError

    settings = open_kept(data, at_least="WARNING")
    database = open_database(settings)
    try:
        with model_server(settings) as running:
            knowledge = open_knowledge(running, database)
            try:
                passages, _ = _counts(database)
                with progress("indexing") as tell:
                    knowledge.indexing.rebuild(lambda done: tell(min(done, passages), passages, f"{done} passages"))
            finally:
                knowledge.index.close()
        say(f"The index holds the {_counts(database)[0]} passages of the database, made anew.")
    except IndexInUseError:
        with database.writing() as session:
            mark_all_unindexed(session)
        passages, _ = _counts(database)
        say(f"The bot that runs has the index open: it embeds the {passages} passages anew, beginning now.")
    finally:
        database.close()


def _say(found: "Differences") -> None:
    if found.waiting:
        waits = "1 passage waits" if found.waiting == 1 else f"{found.waiting} passages wait"
        say(f"{waits} to be embedded or let go of: the bot does that as soon as it runs.")
    if found.total:
        differences = f"{found.missing} missing, {found.extra} extra, {found.stale} stale"
        say(f"The index differs from the {found.passages} passages in the database: {differences}.")
        say("`timbre index rebuild` makes everything anew.")
    elif found.waiting:
        say(f"Nothing else differs from the {found.passages} passages in the database.")
    else:
        say(f"The index holds the {found.passages} passages of the database as they are.")


def _counts(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        return count_all_chunks(session)
