"""Documents are stored, and forgotten, together with what was looked up in them for approved pairs."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from storage.database import Database
from storage.documents import sources_beginning
from storage.knowledge import NewDocument, put_document, remove_documents
from storage.pairs import forget_contexts


def store(database: Database, documents: Sequence[NewDocument], *, now: Callable[[], datetime]) -> int:
    """Store documents; what changed is looked up anew for every approved pair of its team. Returns how many changed."""
    with database.writing() as session:
        changed = [document.team_id for document in documents if put_document(session, document, now=now())]
        for team_id in set(changed):
            forget_contexts(session, team_id=team_id)
    return len(changed)


def forget(database: Database, sources: Collection[str], *, team_id: str, now: Callable[[], datetime]) -> int:
    """Forget documents by where they came from; returns how many there were."""
    with database.writing() as session:
        known = remove_documents(session, sources, team_id=team_id, now=now())
        if known:
            forget_contexts(session, team_id=team_id)
    return known


def forget_beginning(database: Database, start: str, *, team_id: str, now: Callable[[], datetime]) -> int:
    """Forget the documents whose source is `start`, or that and more after a colon; returns how many there were."""
    with database.reading() as session:
        sources = sources_beginning(session, start, team_id=team_id)
    return forget(database, sources, team_id=team_id, now=now)
