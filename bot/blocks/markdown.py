"""Markdown that a model wrote, as blocks that say what they say to the letter.

Everything ends in rich text, whose texts Slack does not parse: whatever a model writes, nothing in it pings anybody,
becomes an image, or leads anywhere but to an address that was read.
"""

import re
from collections.abc import Callable, Collection, Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.blocks.layout import Block, run
from bot.blocks.packing import merged
from bot.blocks.tables import aligned
from bot.slack.links import URL, host_of, may_be_followed, shown, trimmed
from bot.slack.mrkdwn import defanged
from bot.slack.previews import preview

# References would hide where a link leads, and models indent for looks: neither is read as Markdown has it.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(["reference", "code"])
_EMOJI = re.compile(r"(?<![\w:]):([a-z+\-][a-z0-9_+'-]+):(?![\w:])")
_BARE = re.compile(rf"{URL.pattern}|{_EMOJI.pattern}", re.IGNORECASE)
# Voices learn from what people wrote in Slack, links too.
_SLACK_LINK = re.compile(r"<(https?://[^|<>\s]+)\|([^<>\n\[\]]+)>")
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
MOST_INDENT = 8

Style = dict[str, bool]
Row = list[str]


def is_plain(text: str) -> bool:
    """Return whether Markdown is one paragraph without any markup, so that it looks the same however it is shown."""
    if "\n" in text or preview(text, is_whole=True) != text:
        return False
    match Renderer().parts(text):
        case [{"type": "rich_text_section", "elements": [{"type": "text", "text": said, **style}]}]:
            return said == text and not style
    return False


def said_plainly(text: str) -> str:
    """Return what Markdown says, without markup and without where its links lead."""
    parts = Renderer().parts(text) or [as_it_is(text)]
    return " ".join(_plain_part(part) for part in parts)


def as_it_is(text: str) -> Block:
    """Return a paragraph of text that is all markup, and of which nothing would be left."""
    return _section([run(defanged(text).strip() or "…")])


class Renderer:
    """Renders Markdown; `known` are the addresses that may be followed."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self._known = known
        self._blocks: dict[str, Callable[[SyntaxTreeNode], Iterator[Block]]] = {
            "paragraph": self._paragraph,
            "heading": self._heading,
            "fence": _code,
            "blockquote": self._quote,
            "bullet_list": self._list,
            "ordered_list": self._list,
            "table": self._table,
            "hr": lambda _: iter([_section([run("―" * 12)])]),
        }

    def parts(self, markdown: str) -> list[Block]:
        """Return sections, lists, quotes and code, in their order: what a rich text block is made of."""
        return [part for node in _tree(markdown).children for part in self._parts(node)]

    def table_in(self, markdown: str) -> list[Row] | None:
        """Return the rows of a table when the text has just one, and nothing after it."""
        children = _tree(markdown).children
        tables = [node for node in children if node.type == "table"]
        return self._rows(tables[0]) if len(tables) == 1 and children[-1] is tables[0] else None

    def _parts(self, node: SyntaxTreeNode) -> Iterator[Block]:
        yield from self._blocks.get(node.type, self._paragraph)(node)

    def _paragraph(self, node: SyntaxTreeNode) -> Iterator[Block]:
        if runs := self._inline(node, {}):
            yield _section(runs)

    def _heading(self, node: SyntaxTreeNode) -> Iterator[Block]:
        if runs := self._inline(node, {"bold": True}):
            yield _section(runs)

    def _quote(self, node: SyntaxTreeNode) -> Iterator[Block]:
        if runs := self._flat(node):
            yield {"type": "rich_text_quote", "elements": runs}

    def _list(self, node: SyntaxTreeNode, indent: int = 0) -> Iterator[Block]:
        ordered = node.type == "ordered_list"
        number = int(node.attrs.get("start", 1)) if ordered else 1
        for item in node.children:
            lead = item.children[0] if item.children and item.children[0].type == "paragraph" else None
            runs = self._inline(lead, {}) if lead else []
            yield {
                "type": "rich_text_list",
                "style": "ordered" if ordered else "bullet",
                "indent": min(indent, MOST_INDENT),
                **({"offset": number - 1} if number > 1 and ordered else {}),
                "elements": [_section(runs or [run(" ")])],
            }
            number += 1
            for other in item.children[1:] if lead else item.children:
                if other.type in ("bullet_list", "ordered_list"):
                    yield from self._list(other, indent + 1)
                else:
                    yield from self._parts(other)

    def _table(self, node: SyntaxTreeNode) -> Iterator[Block]:
        yield {"type": "rich_text_preformatted", "elements": [run(aligned(self._rows(node)))]}

    def _rows(self, node: SyntaxTreeNode) -> list[Row]:
        rows = (row for half in node.children for row in half.children)
        return [[_plain(self._inline(cell, {})) for cell in row.children] for row in rows]

    def _flat(self, node: SyntaxTreeNode) -> list[Block]:
        """Return what blocks within a quote say, one below the other."""
        if node.type == "fence":
            return [run(node.content.rstrip("\n") or " ", code=True)]
        if node.type == "inline":
            return self._inline_of(node, {})
        parts = [part for part in map(self._flat, node.children) if part]
        return [piece for index, part in enumerate(parts) for piece in ([run("\n")] if index else []) + part]

    def _inline(self, node: SyntaxTreeNode, style: Style) -> list[Block]:
        return merged([piece for child in node.children for piece in self._inline_of(child, style)])

    def _inline_of(self, node: SyntaxTreeNode, style: Style) -> list[Block]:
        match node.type:
            case "text":
                return self._text(defanged(node.content), style)  # again: entities have become signs
            case "code_inline":
                return [run(node.content or " ", **style, code=True)]
            case "softbreak" | "hardbreak":
                return [run("\n")]
            case "link":
                return self._link(str(node.attrs["href"]), self._inline(node, style), style)
            case "image":
                return self._link(str(node.attrs["src"]), [run(node.content or "image", **style)], style)
            case kind:
                return self._inline(node, style | ({_STYLES[kind]: True} if kind in _STYLES else {}))

    def _text(self, text: str, style: Style) -> list[Block]:
        pieces: list[Block] = []
        end = 0
        for found in _BARE.finditer(text):
            url = "" if found[1] else trimmed(found[0])
            pieces += [run(text[end : found.start()], **style)] if found.start() > end else []
            pieces += self._link(url, [], style) if url else [{"type": "emoji", "name": found[1]}]
            end = found.start() + len(url) if url else found.end()
        return pieces + ([run(text[end:], **style)] if end < len(text) else [])

    def _link(self, url: str, label: list[Block], style: Style) -> list[Block]:
        """Return a link that says where it leads; only its text where the address is not known."""
        text, host = _plain(label).strip(), host_of(url)
        if may_be_followed(url, self._known):
            names_host = not text or text == url
            link = {"type": "link", "url": url, "text": url if names_host else f"{text} ({host})"}
            return [link | ({"style": style} if style else {})]
        if not host:
            return label
        names_it = not text or host_of(text) == host
        return [run(shown(url), **style, code=True)] if names_it else merged([*label, run(f" ({host})", **style)])


def _tree(markdown: str) -> SyntaxTreeNode:
    text = _SLACK_LINK.sub(lambda found: f"[{found[2]}]({found[1]})", markdown)
    return SyntaxTreeNode(_PARSER.parse(defanged(text)))


def _code(node: SyntaxTreeNode) -> Iterator[Block]:
    yield {"type": "rich_text_preformatted", "elements": [run(node.content.rstrip("\n") or " ")]}


def _section(runs: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": merged(runs)}


def _plain_part(part: Block) -> str:
    if part["type"] == "rich_text_list":
        return " ".join(_plain(item["elements"]) for item in part["elements"])
    return _plain(part["elements"])


def _plain(runs: list[Block]) -> str:
    return "".join(f":{one['name']}:" if one["type"] == "emoji" else str(one.get("text", "")) for one in runs)
