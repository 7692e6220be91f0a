"""Slack's limits on what blocks are made of: texts, lists, and elements to click."""

from collections.abc import Iterator
from typing import Any

from bot.playground.entities import Json

Problem = tuple[str, str]  # JSON pointer below /blocks, and what is wrong there


def length_problems(where: str, value: Any, most: int, *, least: int = 1) -> Iterator[Problem]:
    """Yield what is wrong with a plain string's length, `most` included."""
    if not isinstance(value, str):
        yield where, "must be a string"
    elif len(value) < least:
        yield where, f"must be more than {least - 1} characters"
    elif len(value) > most:
        yield where, f"must be less than {most + 1} characters"


def text_problems(where: str, value: Any, most: int, *, plain: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with a text object."""
    if not isinstance(value, dict):
        yield where, "missing required field: text" if value is None else "must be an object"
        return
    kind = value.get("type")
    if kind not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"{where}/type", f"unsupported type: {kind}"
        return
    yield from length_problems(f"{where}/text", value.get("text"), most)


def count_problems(where: str, value: Any, most: int) -> Iterator[Problem]:
    """Yield what is wrong with a list's length, `most` included."""
    if not isinstance(value, list) or not value:
        yield where, "must be a list with at least 1 item"
    elif len(value) > most:
        yield where, f"no more than {most} items allowed"


def feedback_button_problems(where: str, button: Any) -> Iterator[Problem]:
    """Yield what is wrong with one side of feedback buttons."""
    if not isinstance(button, dict):
        yield where, "missing required field"
        return
    yield from text_problems(f"{where}/text", button.get("text"), 75, plain=True)
    yield from length_problems(f"{where}/value", button.get("value"), 2000)


def element_problems(where: str, element: Any) -> Iterator[Problem]:
    """Yield what is wrong with an element."""
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        yield where, "must be an element with a type"
        return
    if "action_id" in element:
        yield from length_problems(f"{where}/action_id", element["action_id"], 255)
    if element["type"] == "button":
        yield from text_problems(f"{where}/text", element.get("text"), 75, plain=True)
        if "value" in element:
            yield from length_problems(f"{where}/value", element["value"], 2000, least=0)
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"{where}/style", "must be primary or danger"
    if element["type"] in ("static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow"):
        yield from _option_problems(where, element)


_MOST_OPTIONS = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}


def _option_problems(where: str, element: Json) -> Iterator[Problem]:
    if element.get("option_groups"):
        return
    options = element.get("options")
    yield from count_problems(f"{where}/options", options, _MOST_OPTIONS.get(element["type"], 100))
    for index, option in enumerate(options if isinstance(options, list) else []):
        if not isinstance(option, dict):
            yield f"{where}/options/{index}", "must be an object"
            continue
        yield from text_problems(f"{where}/options/{index}/text", option.get("text"), 75)
        yield from length_problems(f"{where}/options/{index}/value", option.get("value"), 150)
