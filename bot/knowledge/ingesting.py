"""Files, folders and web pages become documents with passages."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.knowledge.converter import Converter
from bot.knowledge.fetching import Fetched, Fetcher, clean_url, is_url
from bot.knowledge.files import PassedOver, find
from bot.knowledge.kinds import Kind, kind_of_name
from bot.knowledge.refusal import EmptyDocument, Refusal
from bot.knowledge.storing import forget, store
from bot.knowledge.versions import version_of
from storage.database import Database
from storage.documents import KnownDocument, known_documents
from storage.knowledge import NewDocument, Section

# Documents stored in one transaction: the passages of all approved pairs are looked up anew after each.
BATCH = 32
Progress = Callable[[int, int, str], None]


@dataclass
class Ingested:
    """What became of what was named. `passages`: of the documents that are stored now; `refused`: a line for each.

    `passed_over`: what was in the folders and is no document.
    """

    changed: int = 0
    unchanged: int = 0
    passages: int = 0
    removed: int = 0
    refused: list[str] = field(default_factory=list)
    passed_over: PassedOver = field(default_factory=PassedOver, compare=False)


class Ingesting:
    """Reads documents one after the other; one that can't be read does not hold up the others."""

    def __init__(
        self, database: Database, converter: Converter, fetcher: Fetcher, *, team_id: str, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._converter = converter
        self._fetcher = fetcher
        self._team_id = team_id
        self._now = now

    def ingest(self, named: Sequence[str], on_progress: Progress = lambda _done, _total, _note: None) -> Ingested:
        """Bring what is known of files, folders and URLs up to date, and forget what is gone from the folders."""
        done, known = Ingested(), self._known()
        sources = list(self._sources(named, done))
        waiting: list[NewDocument] = []
        for count, source in enumerate(sources, start=1):
            refused = len(done.refused)
            if (document := self._document(source, known, done)) is not None:
                waiting.append(document)
            if len(waiting) == BATCH or count == len(sources):
                self._store(waiting, done)
                waiting = []
            if len(done.refused) == refused:  # a refusal is told by its line
                on_progress(count, len(sources), "")
        done.removed += self._forget_gone(named)
        return done

    def _sources(self, named: Iterable[str], done: Ingested) -> Iterator[str | Path]:
        for name in named:
            if is_url(name):
                yield name
                continue
            found = find(Path(name))
            done.refused += found.refused
            done.passed_over.count(found.passed_over)
            yield from found.files

    def _document(self, source: str | Path, known: Mapping[str, KnownDocument], done: Ingested) -> NewDocument | None:
        """Return a document to store; None where there is nothing to be, which is noted in `done`."""
        try:
            document = self._read(source, known) if isinstance(source, Path) else self._fetch(source, known)
        except Refusal as err:
            done.refused.append(f"{source}: {err}")
            if isinstance(err, EmptyDocument):
                done.removed += forget(self._database, [_kept_as(source)], team_id=self._team_id, now=self._now)
            return None
        if document is None:
            done.unchanged += 1
            done.passages += known[kept].passages if (kept := _kept_as(source)) in known else 0
        return document

    def _read(self, path: Path, known: Mapping[str, KnownDocument]) -> NewDocument | None:
        """Return a file's document, None when it is the one that is known."""
        source, version = _kept_as(path), version_of(path)
        if version and source in known and known[source].version == version:
            return None
        title, passages = self._converter.convert(path, kind_of_name(path.name) or Kind.TEXT, name=path.stem)
        return new_document(self._team_id, source, title, passages, version=version)

    def _fetch(self, url: str, known: Mapping[str, KnownDocument]) -> NewDocument | None:
        """Return a page's document, None when it is the one that is known."""
        source = clean_url(url)
        fetched = self._fetcher.fetch(source, version=known[source].version if source in known else "")
        if fetched is None:
            return None
        title, passages = convert_fetched(self._converter, fetched, name=source)
        return new_document(self._team_id, source, title, passages, version=fetched.version)

    def _store(self, documents: Sequence[NewDocument], done: Ingested) -> None:
        changed = store(self._database, documents, now=self._now)
        done.changed += changed
        done.unchanged += len(documents) - changed
        done.passages += sum(len(document.chunks) for document in documents)

    def _forget_gone(self, named: Iterable[str]) -> int:
        folders = [Path(name).resolve() for name in named if not is_url(name) and Path(name).is_dir()]
        gone = [source for source in self._known() if lies_in(source, folders) and not Path(source).exists()]
        return forget(self._database, gone, team_id=self._team_id, now=self._now)

    def _known(self) -> dict[str, KnownDocument]:
        with self._database.reading() as session:
            return {known.source: known for known in known_documents(session, team_id=self._team_id)}


def _kept_as(source: str | Path) -> str:
    return str(source.resolve()) if isinstance(source, Path) else clean_url(source)


def lies_in(source: str, folders: Sequence[Path]) -> bool:
    """Return whether a source is a file in one of the folders."""
    return any(Path(source).is_relative_to(folder) for folder in folders)


def convert_fetched(converter: Converter, fetched: Fetched, *, name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Convert what is in no file yet. Raises `Refusal`."""
    with tempfile.NamedTemporaryFile(prefix="timbre-") as file:
        file.write(fetched.data)
        file.flush()
        return converter.convert(Path(file.name), fetched.kind, name=name, charset=fetched.charset)


def new_document(
    team_id: str,
    source: str,
    title: str,
    passages: Iterable[tuple[str, str]],
    *,
    channel_id: str | None = None,
    version: str = "",
    said_in: str | None = None,
) -> NewDocument:
    """Return a converted document, ready to be stored."""
    sections = tuple(Section(path, text) for path, text in passages)
    return NewDocument(team_id, source, title, channel_id, sections, version=version, said_in=said_in)
