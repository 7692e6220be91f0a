"""Documents of every kind to a title and passages. Runs in a child process: see `bot.knowledge.converter`."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.kinds import Kind
from bot.knowledge.limits import MAX_BYTES, MAX_CHARACTERS
from bot.knowledge.refusal import EmptyDocument, Refusal
from bot.knowledge.splitting import split, split_plain
from bot.knowledge.text import html_text, plain_text

# YAML's lines only: a text that merely begins with a rule has none.
FRONT_MATTER = re.compile(r"\A---[ \t]*\n((?:\w[\w-]*:.*\n|[ \t#-].*\n|\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
FRONT_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Converted:
    """A document as it is stored. `passages`: the title path and the text of each."""

    title: str
    passages: tuple[tuple[str, str], ...]


def convert_file(path: Path, kind: Kind, *, name: str, charset: str = "") -> Converted:
    """Read a document. `name` stands for a title where it has none. Raises `Refusal`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise Refusal(f"can't be read: {err.strerror}") from err
    if len(data) > MAX_BYTES:
        raise Refusal(f"is larger than {MAX_BYTES // 1024 // 1024} MB; split it")
    return convert(data, kind, name=name, charset=charset)


def convert(data: bytes, kind: Kind, *, name: str, charset: str = "") -> Converted:
    """Convert a document's bytes. Raises `Refusal`."""
    title, text = _read(data, kind, charset)
    if len(text) > MAX_CHARACTERS:
        raise Refusal(f"holds more than {MAX_CHARACTERS:,} characters of text; split it")
    if kind is Kind.TEXT:
        converted = Converted(name, tuple((name, passage) for passage in split_plain(text)))
    else:
        converted = Converted(*split(text, title=title, name=name))
    if not converted.passages:
        hint = "; run text recognition over scanned pages first" if kind is Kind.PDF else ""
        raise EmptyDocument(f"holds no text{hint}")
    return converted


def _read(data: bytes, kind: Kind, charset: str) -> tuple[str, str]:
    """Return a document's own title, where it has one besides its headings, and its content."""
    # Each kind's library is imported when the first such document comes.
    if kind is Kind.HTML:
        from bot.knowledge.html import page_to_markdown

        return page_to_markdown(html_text(data, charset))
    if kind is Kind.DOCX:
        from bot.knowledge.docx import docx_to_markdown

        return "", docx_to_markdown(data)
    if kind is Kind.PDF:
        from bot.knowledge.pdf import pdf_to_markdown

        return pdf_to_markdown(data, most=MAX_CHARACTERS)
    text = plain_text(data)
    return _front_matter(text) if kind is Kind.MARKDOWN else ("", text)


def _front_matter(text: str) -> tuple[str, str]:
    """Return the title in a Markdown file's front matter, and the text after it."""
    matter = FRONT_MATTER.match(text)
    if not matter:
        return "", text
    title = FRONT_TITLE.search(matter[1])
    return title[1].strip("\"'") if title else "", text[matter.end() :]
