"""A Markdown text as the blocks it is made of."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.knowledge.html import fragment_to_markdown

DATA_URI = re.compile(r"data:[\w/+.-]{1,80};base64,[A-Za-z0-9+/=]*")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TABLE_HEAD = 2  # its names, and the rule under them


class Form(StrEnum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True)
class Block:
    """A block as it was written. A heading's `level` is from 1 to 6; `head` and `tail` stand around `lines` of code."""

    form: Form
    text: str
    level: int = 0
    head: tuple[str, ...] = ()
    lines: tuple[str, ...] = field(default=(), repr=False)
    tail: tuple[str, ...] = ()


def outline(markdown: str) -> list[Block]:
    """Return a text's blocks at the top level, in order. HTML in it is text as a page would show it."""
    text = DATA_URI.sub("", markdown)
    lines = text.split("\n")
    return [block for block in _blocks(MarkdownIt("commonmark").enable("table").parse(text), lines) if block.text]


def _blocks(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Block]:
    for place, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        written = lines[token.map[0] : token.map[1]]
        if token.type == "heading_open":
            yield Block(Form.HEADING, _said(tokens[place + 1]), level=int(token.tag[1:]))
        elif token.type == "html_block":
            yield Block(Form.TEXT, fragment_to_markdown("\n".join(written)).strip())
        elif token.type == "fence":
            yield _fenced(token, written)
        elif token.type == "table_open":
            yield _block(Form.TABLE, written, head=written[:TABLE_HEAD], body=written[TABLE_HEAD:])
        elif token.type == "code_block":
            yield _block(Form.CODE, written, body=written)
        else:
            yield Block(Form.TEXT, COMMENT.sub("", "\n".join(written)).strip())


def _fenced(token: Token, written: Sequence[str]) -> Block:
    is_closed = len(written) > 1 and written[-1].strip().startswith(token.markup)
    body = written[1:-1] if is_closed else written[1:]
    return _block(Form.CODE, written, head=written[:1], body=body, tail=[token.markup])


def _block(
    form: Form, written: Sequence[str], *, head: Sequence[str] = (), body: Sequence[str], tail: Sequence[str] = ()
) -> Block:
    return Block(form, "\n".join(written).strip("\n"), head=tuple(head), lines=tuple(body), tail=tuple(tail))


def _said(inline: Token) -> str:
    """Return a heading's words without their markup."""
    words = (child.content if child.type in ("text", "code_inline") else " " for child in inline.children or ())
    return " ".join("".join(words).split())
