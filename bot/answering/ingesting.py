"""Files become documents with passages."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.database import Database
from storage.knowledge import NewDocument, document_sources, put_document, remove_document
from storage.pairs import forget_contexts

SUFFIXES = (".md", ".markdown", ".txt")
MAX_WORDS = 120
HEADING = re.compile(r"#{1,6}\s+(.*\S)\s*$")


class IngestError(ValueError):
    """A path can't be ingested; the message names it and says what would be taken."""


@dataclass(frozen=True)
class Ingested:
    """What became of the files: how many documents are new or changed, and how many said what they said before."""

    changed: int
    unchanged: int
    passages: int


@dataclass(frozen=True)
class Reading:
    """What files and folders hold: documents in order of their names, and a line for each file that was refused."""

    documents: tuple[NewDocument, ...]
    refused: tuple[str, ...]


def read_documents(paths: Iterable[Path], *, team_id: str) -> Reading:
    """Read the documents in files and folders; one that can't be read does not hold up the others."""
    documents, refused = [], []
    for root in paths:
        try:
            files = _files(root)
        except IngestError as err:
            refused.append(str(err))
            continue
        for file in files:
            try:
                documents.append(_read(file, team_id))
            except IngestError as err:
                refused.append(str(err))
    return Reading(tuple(documents), tuple(refused))


def remove_gone(database: Database, paths: Iterable[Path], *, team_id: str, now: Callable[[], datetime]) -> int:
    """Remove the documents whose file lay in one of the folders among `paths` and is gone; returns how many."""
    folders = [path.resolve() for path in paths if path.is_dir()]
    with database.writing() as session:
        sources = document_sources(session, team_id=team_id)
        gone = [source for source in sources if _lay_in(Path(source), folders) and not Path(source).exists()]
        for source in gone:
            remove_document(session, team_id=team_id, source=source, now=now())
        if gone:
            forget_contexts(session, team_id=team_id)
    return len(gone)


def ingest(
    database: Database,
    documents: Sequence[NewDocument],
    *,
    now: Callable[[], datetime],
    on_progress: Callable[[int, int, str], None] = lambda _done, _total, _note: None,
) -> Ingested:
    """Store documents; what changed is looked up anew for every approved pair of its team."""
    changed = 0
    for done, document in enumerate(documents, start=1):
        with database.writing() as session:
            if put_document(session, document, now=now()):
                forget_contexts(session, team_id=document.team_id)
                changed += 1
        on_progress(done, len(documents), "")
    return Ingested(changed, len(documents) - changed, sum(len(document.chunks) for document in documents))


def split(text: str) -> tuple[str, list[str]]:
    """Return a Markdown text's title (empty when it has no heading) and its passages.

    A passage is a paragraph, under the last heading below the title; short ones that follow each other under one
    heading are kept together up to half of `MAX_WORDS`, and one longer than `MAX_WORDS` is cut at sentence ends. A
    heading with nothing under it goes before the next one; at the end of the text it is a passage.
    """
    title, heading, passages = "", "", []
    current: list[str] = []
    is_bare = False  # nothing stands under the heading yet

    def flush() -> None:
        if current:
            passages.append("\n".join([heading, *current] if heading else current))
            current.clear()

    for block in _blocks(text):
        if match := HEADING.match(block):
            flush()
            if not title:
                title = match[1]
            else:
                heading = f"{heading}: {match[1]}" if is_bare else match[1]
                is_bare = True
            continue
        is_bare = False
        for part in _cut(block):
            if sum(len(kept.split()) for kept in current) + len(part.split()) > MAX_WORDS // 2:
                flush()
            current.append(part)
    flush()
    return title, [*passages, heading] if is_bare else passages


def _blocks(text: str) -> list[str]:
    """Return headings and paragraphs. What looks like a heading in fenced code is none."""
    lines: list[str] = []
    in_code = False
    for line in text.splitlines():
        in_code ^= line.lstrip().startswith("```")
        is_heading = not in_code and HEADING.fullmatch(line.strip())
        lines += ["", line.strip(), ""] if is_heading else [line]
    return [block.strip() for block in re.split(r"\n\s*\n", "\n".join(lines)) if block.strip()]


def _cut(paragraph: str) -> list[str]:
    """Return a paragraph in parts of at most `MAX_WORDS` words: cut at sentence ends, a longer sentence at words."""
    if len(paragraph.split()) <= MAX_WORDS:
        return [paragraph]
    parts: list[str] = []
    for piece in _pieces(paragraph):
        if parts and len(parts[-1].split()) + len(piece.split()) <= MAX_WORDS:
            parts[-1] += f" {piece}"
        else:
            parts.append(piece)
    return parts


def _pieces(paragraph: str) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?])\s+", paragraph):
        words = sentence.split()
        if len(words) <= MAX_WORDS:
            yield sentence
        else:
            yield from (" ".join(words[start : start + MAX_WORDS]) for start in range(0, len(words), MAX_WORDS))


def _lay_in(file: Path, folders: Sequence[Path]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)


def _files(root: Path) -> list[Path]:
    if root.is_dir():
        found = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        if not found:
            raise IngestError(f"{root}: holds no file ending in {', '.join(SUFFIXES)}")
        return found
    if not root.is_file():
        raise IngestError(f"{root}: there is no such file or folder")
    if root.suffix.lower() not in SUFFIXES:
        raise IngestError(f"{root}: only files ending in {', '.join(SUFFIXES)} can be ingested")
    return [root]


def _read(path: Path, team_id: str) -> NewDocument:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as err:
        raise IngestError(f"{path}: is not UTF-8 text (byte {err.start}); save it as UTF-8") from err
    except OSError as err:
        raise IngestError(f"{path}: can't be read: {err.strerror}") from err
    title, passages = split(text)
    return NewDocument(team_id, str(path.resolve()), title or path.stem, None, tuple(passages))
