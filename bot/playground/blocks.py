"""Slack's limits on blocks, as far as a bot runs into them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.playground.element_limits import (
    ACCESSORIES,
    ACTIONS,
    INPUTS,
    Problem,
    count_problems,
    element_problems,
    feedback_button_problems,
    length_problems,
    text_problems,
)
from bot.playground.entities import Json
from bot.playground.errors import SlackError

MAX_MESSAGE_CHARACTERS = 13_200  # of all a message's blocks together
MAX_MARKDOWN_CHARACTERS = 12_000  # of all markdown blocks together
MAX_TABLE_ROWS = 100
MAX_TABLE_COLUMNS = 20
MAX_TABLE_CHARACTERS = 10_000
_ONE_TABLE = {"messages": ["[ERROR] only_one_table_allowed"]}
_CELLS = ("raw_text", "raw_number", "rich_text")
_RICH_TEXT = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")


@dataclass(frozen=True)
class Surface:
    """Where blocks are shown."""

    name: str
    max_blocks: int
    block_types: frozenset[str]


_EVERYWHERE = frozenset(
    {
        "actions",
        "context",
        "divider",
        "header",
        "image",
        "input",
        "markdown",
        "rich_text",
        "section",
        "video",
        "alert",
        "card",
    }
)
MESSAGE = Surface("message", 50, _EVERYWHERE | {"context_actions", "file", "table", "plan", "task_card", "carousel"})
VIEW = Surface("view", 100, _EVERYWHERE)


def check_blocks(blocks: list[Any], surface: Surface) -> None:
    """Raise SlackError `invalid_blocks` with what is wrong where, `invalid_attachments` or `msg_blocks_too_long`."""
    problems = list(_problems(blocks, surface))
    if problems:
        messages = [f"[ERROR] {what} [json-pointer:/blocks{where}]" for where, what in problems]
        raise SlackError(
            "invalid_blocks", "; ".join(messages), response_metadata={"messages": messages}, errors=messages
        )
    if surface is MESSAGE and sum(block["type"] == "table" for block in blocks) > 1:
        raise SlackError("invalid_attachments", "only_one_table_allowed", response_metadata=_ONE_TABLE)
    if surface is MESSAGE and characters(blocks) > MAX_MESSAGE_CHARACTERS:
        raise SlackError(
            "msg_blocks_too_long", f"All blocks together hold at most {MAX_MESSAGE_CHARACTERS} characters."
        )


def characters(value: Any) -> int:
    """Return how many characters of text blocks hold, however deep."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(characters(inner) for inner in value.values() if not isinstance(inner, str))
    return sum(characters(inner) for inner in value) if isinstance(value, list) else 0


def _problems(blocks: list[Any], surface: Surface) -> Iterator[Problem]:
    if len(blocks) > surface.max_blocks:
        yield "", f"no more than {surface.max_blocks} items allowed"
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        where = f"/{index}"
        if not isinstance(block, dict):
            yield where, "must be an object"
            continue
        if str(block.get("type")) not in surface.block_types:
            yield f"{where}/type", f"unsupported type: {block.get('type')}"
            continue
        block_id = block.get("block_id")
        if block_id is not None:
            yield from length_problems(f"{where}/block_id", block_id, 255)
            if str(block_id) in seen:
                yield f"{where}/block_id", f"block_id {block_id!r} already exists"
            seen.add(str(block_id))
        check = _CHECKS.get(block["type"])
        if check is not None:
            yield from check(where, block)
    yield from _markdown_total(blocks)


def _markdown_total(blocks: list[Any]) -> Iterator[Problem]:
    total = sum(len(str(b.get("text", ""))) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown")
    if total > MAX_MARKDOWN_CHARACTERS:
        yield "", f"markdown blocks together hold no more than {MAX_MARKDOWN_CHARACTERS} characters"


def _section(where: str, block: Json) -> Iterator[Problem]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield where, "missing required field: text or fields"
    if "text" in block:
        yield from text_problems(f"{where}/text", block["text"], 3000)
    if fields is not None:
        yield from count_problems(f"{where}/fields", fields, 10)
        for index, item in enumerate(fields if isinstance(fields, list) else []):
            yield from text_problems(f"{where}/fields/{index}", item, 2000)
    if "accessory" in block:
        yield from element_problems(f"{where}/accessory", block["accessory"], ACCESSORIES)


def _header(where: str, block: Json) -> Iterator[Problem]:
    return text_problems(f"{where}/text", block.get("text"), 150, plain=True)


def _markdown(where: str, block: Json) -> Iterator[Problem]:
    return length_problems(f"{where}/text", block.get("text"), MAX_MARKDOWN_CHARACTERS)


def _actions(where: str, block: Json) -> Iterator[Problem]:
    yield from _elements(where, block, 25)


def _context_actions(where: str, block: Json) -> Iterator[Problem]:
    elements = block.get("elements")
    yield from count_problems(f"{where}/elements", elements, 5)
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        if not isinstance(element, dict) or element.get("type") not in ("feedback_buttons", "icon_button"):
            yield f"{where}/elements/{index}/type", "unsupported type"
        elif element["type"] == "feedback_buttons":
            for side in ("positive_button", "negative_button"):
                yield from feedback_button_problems(f"{where}/elements/{index}/{side}", element.get(side))


def _elements(where: str, block: Json, most: int) -> Iterator[Problem]:
    elements = block.get("elements")
    yield from count_problems(f"{where}/elements", elements, most)
    seen: set[str] = set()
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        yield from element_problems(f"{where}/elements/{index}", element, ACTIONS)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id is not None and action_id in seen:
            yield f"{where}/elements/{index}/action_id", f"action_id {action_id!r} already exists"
        seen.add(str(action_id))


def _context(where: str, block: Json) -> Iterator[Problem]:
    elements = block.get("elements")
    yield from count_problems(f"{where}/elements", elements, 10)
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(f"{where}/elements/{index}", element)
        else:
            yield from text_problems(f"{where}/elements/{index}", element, 2000)


def _image(where: str, block: Json) -> Iterator[Problem]:
    yield from length_problems(f"{where}/alt_text", block.get("alt_text"), 2000)
    if not block.get("image_url") and not block.get("slack_file"):
        yield where, "missing required field: image_url or slack_file"
    if "image_url" in block:
        yield from length_problems(f"{where}/image_url", block["image_url"], 3000)


def _input(where: str, block: Json) -> Iterator[Problem]:
    yield from text_problems(f"{where}/label", block.get("label"), 2000, plain=True)
    yield from element_problems(f"{where}/element", block.get("element"), INPUTS)
    if "hint" in block:
        yield from text_problems(f"{where}/hint", block["hint"], 2000, plain=True)


def _table(where: str, block: Json) -> Iterator[Problem]:
    rows = block.get("rows")
    yield from count_problems(f"{where}/rows", rows, MAX_TABLE_ROWS)
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        yield from count_problems(f"{where}/rows/{index}", row, MAX_TABLE_COLUMNS)
        for column, cell in enumerate(row if isinstance(row, list) else []):
            if not isinstance(cell, dict) or cell.get("type") not in _CELLS:
                yield f"{where}/rows/{index}/{column}", f"must be one of {', '.join(_CELLS)}"
            elif cell["type"] == "raw_text":
                yield from length_problems(
                    f"{where}/rows/{index}/{column}/text", cell.get("text"), MAX_TABLE_CHARACTERS
                )
    if isinstance(rows, list) and characters(rows) > MAX_TABLE_CHARACTERS:
        yield f"{where}/rows", f"a table holds no more than {MAX_TABLE_CHARACTERS} characters"
    if "column_settings" in block:
        yield from count_problems(f"{where}/column_settings", block["column_settings"], MAX_TABLE_COLUMNS)


def _rich_text(where: str, block: Json) -> Iterator[Problem]:
    elements = block.get("elements")
    if not isinstance(elements, list):
        yield f"{where}/elements", "must be a list"
        return
    for index, element in enumerate(elements):
        if not isinstance(element, dict) or element.get("type") not in _RICH_TEXT:
            yield f"{where}/elements/{index}", f"must be one of {', '.join(_RICH_TEXT)}"
        elif not isinstance(element.get("elements"), list):
            yield f"{where}/elements/{index}/elements", "must be a list"


def _video(where: str, block: Json) -> Iterator[Problem]:
    yield from text_problems(f"{where}/title", block.get("title"), 199, plain=True)
    for key in ("alt_text", "thumbnail_url", "video_url"):
        yield from length_problems(f"{where}/{key}", block.get(key), 3000)


_CHECKS: dict[str, Callable[[str, Json], Iterator[Problem]]] = {
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "video": _video,
}
