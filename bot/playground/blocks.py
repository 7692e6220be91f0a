"""Slack's limits on blocks, as far as a bot runs into them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.playground.entities import Json
from bot.playground.errors import SlackError

MAX_MESSAGE_CHARACTERS = 13_200  # of all a message's blocks together
MAX_MARKDOWN_CHARACTERS = 12_000  # of all markdown blocks together
MAX_TABLE_ROWS = 100
MAX_TABLE_COLUMNS = 20


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
    """Raise SlackError `invalid_blocks`, with what is wrong where, or `msg_blocks_too_long`."""
    problems = list(_problems(blocks, surface))
    if problems:
        messages = [f"[ERROR] {what} [json-pointer:/blocks{where}]" for where, what in problems]
        raise SlackError(
            "invalid_blocks", "; ".join(messages), response_metadata={"messages": messages}, errors=messages
        )
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


Problem = tuple[str, str]  # JSON pointer below /blocks, and what is wrong there


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
            yield from _length(f"{where}/block_id", block_id, 255)
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


def _length(where: str, value: Any, most: int, *, least: int = 1) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield where, "must be a string"
    elif len(value) < least:
        yield where, f"must be more than {least - 1} characters"
    elif len(value) > most:
        yield where, f"must be less than {most + 1} characters"


def _text(where: str, value: Any, most: int, *, plain: bool = False) -> Iterator[Problem]:
    """Check a text object."""
    if not isinstance(value, dict):
        yield where, "missing required field: text" if value is None else "must be an object"
        return
    kind = value.get("type")
    if kind not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"{where}/type", f"unsupported type: {kind}"
        return
    yield from _length(f"{where}/text", value.get("text"), most)


def _section(where: str, block: Json) -> Iterator[Problem]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield where, "missing required field: text or fields"
    if "text" in block:
        yield from _text(f"{where}/text", block["text"], 3000)
    if fields is not None:
        yield from _count(f"{where}/fields", fields, 10)
        for index, item in enumerate(fields if isinstance(fields, list) else []):
            yield from _text(f"{where}/fields/{index}", item, 2000)
    if "accessory" in block:
        yield from _element(f"{where}/accessory", block["accessory"])


def _count(where: str, value: Any, most: int) -> Iterator[Problem]:
    if not isinstance(value, list) or not value:
        yield where, "must be a list with at least 1 item"
    elif len(value) > most:
        yield where, f"no more than {most} items allowed"


def _header(where: str, block: Json) -> Iterator[Problem]:
    return _text(f"{where}/text", block.get("text"), 150, plain=True)


def _markdown(where: str, block: Json) -> Iterator[Problem]:
    return _length(f"{where}/text", block.get("text"), MAX_MARKDOWN_CHARACTERS)


def _actions(where: str, block: Json) -> Iterator[Problem]:
    yield from _elements(where, block, 25)


def _context_actions(where: str, block: Json) -> Iterator[Problem]:
    yield from _count(f"{where}/elements", block.get("elements"), 5)
    for index, element in enumerate(block.get("elements") or []):
        if not isinstance(element, dict) or element.get("type") not in ("feedback_buttons", "icon_button"):
            yield f"{where}/elements/{index}/type", "unsupported type"
        elif element["type"] == "feedback_buttons":
            for side in ("positive_button", "negative_button"):
                yield from _feedback_button(f"{where}/elements/{index}/{side}", element.get(side))


def _feedback_button(where: str, button: Any) -> Iterator[Problem]:
    if not isinstance(button, dict):
        yield where, "missing required field"
        return
    yield from _text(f"{where}/text", button.get("text"), 75, plain=True)
    yield from _length(f"{where}/value", button.get("value"), 2000)


def _elements(where: str, block: Json, most: int) -> Iterator[Problem]:
    elements = block.get("elements")
    yield from _count(f"{where}/elements", elements, most)
    seen: set[str] = set()
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        yield from _element(f"{where}/elements/{index}", element)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id is not None and action_id in seen:
            yield f"{where}/elements/{index}/action_id", f"action_id {action_id!r} already exists"
        seen.add(str(action_id))


def _element(where: str, element: Any) -> Iterator[Problem]:
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        yield where, "must be an element with a type"
        return
    if "action_id" in element:
        yield from _length(f"{where}/action_id", element["action_id"], 255)
    if element["type"] == "button":
        yield from _text(f"{where}/text", element.get("text"), 75, plain=True)
        if "value" in element:
            yield from _length(f"{where}/value", element["value"], 2000, least=0)
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"{where}/style", "must be primary or danger"
    if element["type"] in ("static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow"):
        yield from _options(where, element)


_MOST_OPTIONS = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}


def _options(where: str, element: Json) -> Iterator[Problem]:
    if element.get("option_groups"):
        return
    options = element.get("options")
    yield from _count(f"{where}/options", options, _MOST_OPTIONS.get(element["type"], 100))
    for index, option in enumerate(options if isinstance(options, list) else []):
        if not isinstance(option, dict):
            yield f"{where}/options/{index}", "must be an object"
            continue
        yield from _text(f"{where}/options/{index}/text", option.get("text"), 75)
        yield from _length(f"{where}/options/{index}/value", option.get("value"), 150)


def _context(where: str, block: Json) -> Iterator[Problem]:
    elements = block.get("elements")
    yield from _count(f"{where}/elements", elements, 10)
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(f"{where}/elements/{index}", element)
        else:
            yield from _text(f"{where}/elements/{index}", element, 2000)


def _image(where: str, block: Json) -> Iterator[Problem]:
    yield from _length(f"{where}/alt_text", block.get("alt_text"), 2000)
    if not block.get("image_url") and not block.get("slack_file"):
        yield where, "missing required field: image_url or slack_file"
    if "image_url" in block:
        yield from _length(f"{where}/image_url", block["image_url"], 3000)


def _input(where: str, block: Json) -> Iterator[Problem]:
    yield from _text(f"{where}/label", block.get("label"), 2000, plain=True)
    yield from _element(f"{where}/element", block.get("element"))
    if "hint" in block:
        yield from _text(f"{where}/hint", block["hint"], 2000, plain=True)


def _table(where: str, block: Json) -> Iterator[Problem]:
    rows = block.get("rows")
    yield from _count(f"{where}/rows", rows, MAX_TABLE_ROWS)
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        yield from _count(f"{where}/rows/{index}", row, MAX_TABLE_COLUMNS)
    if isinstance(rows, list) and characters(rows) > 10_000:
        yield f"{where}/rows", "a table holds no more than 10000 characters"


_CHECKS: dict[str, Callable[[str, Json], Iterator[Problem]]] = {
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "section": _section,
    "table": _table,
}
