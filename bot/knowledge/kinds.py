"""The kinds of documents that are taken, by the endings of their names and by what a web server calls them."""

from enum import StrEnum
from pathlib import PurePath

SUFFIX_LIST = ".md, .txt, .html, .pdf, .docx"


class Kind(StrEnum):
    """How a document is to be read."""

    MARKDOWN = "markdown"
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


SUFFIXES = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
}
CONTENT_TYPES = {
    "text/markdown": Kind.MARKDOWN,
    "text/x-markdown": Kind.MARKDOWN,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
}
# What servers say of a file whose kind they don't know: there its name tells more.
VAGUE = ("text/plain", "application/octet-stream", "")


def kind_of_name(name: str) -> Kind | None:
    """Return how a file is to be read, None when it is of no kind that is taken."""
    return SUFFIXES.get(PurePath(name).suffix.lower())


def kind_of_content(content_type: str, name: str) -> Kind | None:
    """Return how what a server sent is to be read, from its content type and its path's last part."""
    essence = content_type.partition(";")[0].strip().lower()
    if essence in VAGUE:
        return kind_of_name(name) or (Kind.TEXT if essence == "text/plain" else None)
    return CONTENT_TYPES.get(essence)
