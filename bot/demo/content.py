"""Loads the demo's company: who works there, what its documents say, and how its people answer each other.

The files lie in `bot/demo/content/`. They are data that a person may edit, so what they say about each other is checked
while loading, and a mistake is reported with the place it stands in.
"""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.demo.checks import problems_in
from bot.demo.shapes import (
    Asked,
    Channel,
    Company,
    Conversation,
    DemoContent,
    Document,
    Person,
    Question,
    Reply,
    Role,
    Team,
    UserGroup,
    paragraphs_of,
)

__all__ = [
    "Asked",
    "Channel",
    "Company",
    "ContentError",
    "Conversation",
    "DemoContent",
    "Document",
    "Person",
    "Question",
    "Reply",
    "Role",
    "Team",
    "UserGroup",
    "load_content",
]

Parsed = TypeVar("Parsed")

FENCE = "---"
VISIBILITY = "visibility: private:#"


class ContentError(ValueError):
    """A content file is missing, malformed, or names somebody or something that does not exist."""


def load_content(folder: Traversable | None = None) -> DemoContent:
    """Return the content in `folder`, by default the company that ships; ContentError names what is wrong and where."""
    root = folder or resources.files("bot.demo").joinpath("content")
    company = _parse(Company, _read(root, "company.json"), where="company.json")
    content = DemoContent(
        company=company,
        house_style=_read(root, "house-style.md"),
        documents=tuple(_documents(root.joinpath("documents"), company)),
        conversations=tuple(_conversations(_read(root, "conversations.jsonl"))),
        questions=_parse(tuple[Question, ...], _read(root, "questions.json"), where="questions.json"),
    )
    if problems := list(problems_in(content)):
        raise ContentError("The demo content contradicts itself. Mend these and start again:\n" + "\n".join(problems))
    return content


def _read(root: Traversable, name: str) -> str:
    try:
        return root.joinpath(name).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError) as err:
        raise ContentError(f"{name}: missing from the demo content, or not UTF-8. Put it back, or reinstall.") from err


def _parse(shape: type[Parsed], text: str, *, where: str) -> Parsed:
    try:
        return TypeAdapter(shape).validate_json(text)
    except ValidationError as err:
        first = err.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ContentError(f"{where}: {place + ': ' if place else ''}{first['msg']}.") from err


def _conversations(lines: str) -> Iterator[Conversation]:
    for number, line in enumerate(lines.splitlines(), start=1):
        if line.strip():
            yield _parse(Conversation, line, where=f"conversations.jsonl, line {number}")


def _documents(folder: Traversable, company: Company) -> Iterator[Document]:
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".md"):
            yield _document(file.name, _read(folder, file.name), company)


def _document(name: str, markdown: str, company: Company) -> Document:
    paragraphs, channel = paragraphs_of(markdown), None
    if paragraphs and paragraphs[0].startswith(FENCE):
        channel = _private_channel(paragraphs.pop(0), name, company)
    if len(paragraphs) < 2 or not paragraphs[0].startswith("# "):
        raise ContentError(f"documents/{name}: needs a title such as `# Leave` and a paragraph below it.")
    return Document(name, paragraphs[0].removeprefix("# "), tuple(paragraphs[1:]), channel)


def _private_channel(front_matter: str, name: str, company: Company) -> str:
    lines = [line for line in front_matter.splitlines() if line != FENCE]
    private = {f"{VISIBILITY}{channel.name}": channel.id for channel in company.channels if channel.private}
    if len(lines) != 1 or lines[0] not in private:
        raise ContentError(f"documents/{name}: front matter must be one line, one of {sorted(private)}.")
    return private[lines[0]]
