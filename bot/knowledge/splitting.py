"""Cuts a document into passages that fit the embedder's window, each under the headings it stands below."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from bot.knowledge.outline import Block, Form, outline
from bot.knowledge.window import BODY_TOKENS, TITLE_TOKENS, count_tokens, tokenizer

SEPARATOR = " › "
# A passage is full at the first good end after the smaller number of characters. Short ones are found more precisely,
# and a change somewhere leaves the ends of those after it where they were. Tokens are what counts, but they take a
# hundred times as long to count: a passage is cut by them where the larger number turns out to have been too many.
CHARACTERS = (260, 800)
LEAST_ROOM = 64
LONGEST_HEADING = 80


@dataclass(frozen=True)
class _Heading:
    level: int
    text: str


def split(markdown: str, *, title: str = "", name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a Markdown text's title, and the title path and text of each passage.

    The title is `title`, or else the first heading, or else `name`. A heading with nothing under it is a passage.
    """
    blocks = outline(markdown)
    first = next((block.text for block in blocks if block.form is Form.HEADING), "")
    root = _shortened(title or first or name)
    # A page's heading stands in its title already: "Leave – The yard's handbook".
    skips_first = bool(first) and (first.casefold() in root.casefold() or root.casefold() in first.casefold())
    passages: list[tuple[str, str]] = []
    for path, section in _sections(blocks, root, skips_first=skips_first):
        passages += ((path, text) for text in _passages(section))
    return root, tuple(passages)


def split_plain(text: str) -> list[str]:
    """Return the passages of a text that is not Markdown."""
    return list(_fitted(TextSplitter(CHARACTERS).chunks(text)))


def _sections(blocks: Iterable[Block], root: str, *, skips_first: bool) -> Iterator[tuple[str, list[Block]]]:
    """Return what stands under each heading, with the path of headings to it."""
    headings: list[_Heading] = []
    section: list[Block] = []
    for block in blocks:
        if block.form is not Form.HEADING:
            section.append(block)
            continue
        if section:
            yield _path(root, headings), section
            section = []
        elif headings and headings[-1].level >= block.level:
            yield _path(root, headings[:-1]), [_alone(headings[-1])]
        while headings and headings[-1].level >= block.level:
            headings.pop()
        if skips_first:
            skips_first = False
        else:
            headings.append(_Heading(block.level, _shortened(block.text)))
    if section:
        yield _path(root, headings), section
    elif headings:
        yield _path(root, headings[:-1]), [_alone(headings[-1])]


def _alone(heading: _Heading) -> Block:
    return Block(Form.TEXT, heading.text)


def _path(root: str, headings: list[_Heading]) -> str:
    """Return the path, leaving out what stands between the title and the last heading where it is too long."""
    names = [root, *(heading.text for heading in headings)]
    while len(names) > 2 and count_tokens(SEPARATOR.join(names)) > TITLE_TOKENS:
        del names[1]
    path = SEPARATOR.join(names)
    while count_tokens(path) > TITLE_TOKENS:
        path = path[: len(path) * 3 // 4].rstrip() + "…"
    return path


def _shortened(heading: str) -> str:
    return heading if len(heading) <= LONGEST_HEADING else heading[: LONGEST_HEADING - 1].rstrip() + "…"


def _passages(section: Iterable[Block]) -> Iterator[str]:
    waiting: list[str] = []
    for block in section:
        if block.form is Form.TEXT or count_tokens(block.text) <= BODY_TOKENS:
            waiting.append(block.text)
            continue
        yield from _cut(waiting)
        waiting = []
        yield from _by_lines(block)
    yield from _cut(waiting)


def _cut(texts: list[str]) -> Iterator[str]:
    return _fitted(MarkdownSplitter(CHARACTERS).chunks("\n\n".join(texts)))


def _by_lines(block: Block) -> Iterator[str]:
    """Return a table or a piece of code in parts, each with the table's head or the code's fences."""
    room = BODY_TOKENS - count_tokens("\n".join([*block.head, *block.tail]))
    if room < LEAST_ROOM:  # its head alone fills a passage
        yield from _cut([block.text])
        return
    part: list[str] = []
    used = 0
    for line in block.lines:
        for piece in _fitting(line, room):
            tokens = count_tokens(piece)
            if part and used + tokens > room:
                yield "\n".join([*block.head, *part, *block.tail])
                part, used = [], 0
            part.append(piece)
            used += tokens
    if part:
        yield "\n".join([*block.head, *part, *block.tail])


def _fitted(passages: Iterable[str]) -> Iterator[str]:
    for passage in passages:
        yield from _fitting(passage, BODY_TOKENS)


def _fitting(text: str, room: int) -> list[str]:
    """Return a text in as few parts as fit. However few tokens it makes: base64 and the like are one unknown word."""
    if len(text) > CHARACTERS[1]:
        return [part for piece in TextSplitter(CHARACTERS[1]).chunks(text) for part in _fitting(piece, room)]
    if count_tokens(text) <= room:
        return [text]
    return TextSplitter.from_huggingface_tokenizer(tokenizer(), room).chunks(text)
