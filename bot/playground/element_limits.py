"""Slack's limits on what blocks are made of: texts, lists, and elements to click."""

from collections.abc import Callable, Iterator
from typing import Any

from bot.playground.entities import Json

MAX_TYPED = 3000  # in a plain_text_input

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


# What can be clicked, chosen or typed in, and where Slack takes it.
_SOURCES = ("static", "external", "users", "conversations", "channels")
_SELECTS = {f"{many}{source}_select" for many in ("", "multi_") for source in _SOURCES}
_CHOICES = {*_SELECTS, "checkboxes", "radio_buttons", "datepicker", "timepicker"}
_PRESSED = {"button", "overflow", "workflow_button"}
_TYPED = {f"{what}_input" for what in ("plain_text", "email_text", "url_text", "number", "rich_text", "file")}
ACCESSORIES = frozenset(_CHOICES | _PRESSED | {"image"})
ACTIONS = frozenset(_CHOICES | _PRESSED | {"datetimepicker"})
INPUTS = frozenset(_CHOICES | _TYPED | {"datetimepicker"})
_MOST_OPTIONS = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}
_WITH_OPTIONS = ("static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow")
_INITIAL_LISTS = ("initial_options", "initial_users", "initial_channels", "initial_conversations")


def element_problems(where: str, element: Any, taken: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with an element, in a place where the types in `taken` may stand."""
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        yield where, "must be an element with a type"
        return
    if element["type"] not in taken:
        yield f"{where}/type", f"unsupported type: {element['type']}"
        return
    if "action_id" in element:
        yield from length_problems(f"{where}/action_id", element["action_id"], 255)
    if "placeholder" in element:
        yield from text_problems(f"{where}/placeholder", element["placeholder"], 150, plain=True)
    for key in _INITIAL_LISTS:
        if not isinstance(element.get(key, []), list):
            yield f"{where}/{key}", "must be a list"
    if element.get("confirm") is not None:
        yield from _confirm_problems(f"{where}/confirm", element["confirm"])
    check = _CHECKS.get(element["type"])
    if check is not None:
        yield from check(where, element)


def _button_problems(where: str, element: Json) -> Iterator[Problem]:
    yield from text_problems(f"{where}/text", element.get("text"), 75, plain=True)
    if "value" in element:
        yield from length_problems(f"{where}/value", element["value"], 2000, least=0)
    if "url" in element:
        yield from length_problems(f"{where}/url", element["url"], 3000)
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{where}/style", "must be primary or danger"


def _confirm_problems(where: str, dialog: Any) -> Iterator[Problem]:
    if not isinstance(dialog, dict):
        yield where, "must be an object"
        return
    for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from text_problems(f"{where}/{key}", dialog.get(key), most, plain=key != "text")


def _typing_problems(where: str, element: Json) -> Iterator[Problem]:
    for key, least in (("min_length", 0), ("max_length", 1)):
        value = element.get(key, least)
        if not isinstance(value, int) or not least <= value <= MAX_TYPED:
            yield f"{where}/{key}", f"must be a number from {least} to {MAX_TYPED}"


def _choice_problems(where: str, element: Json) -> Iterator[Problem]:
    groups = element.get("option_groups")
    if groups is None:
        yield from _option_problems(where, element.get("options"), _MOST_OPTIONS.get(element["type"], 100))
        return
    yield from count_problems(f"{where}/option_groups", groups, 100)
    for index, group in enumerate(groups if isinstance(groups, list) else []):
        place = f"{where}/option_groups/{index}"
        if isinstance(group, dict):
            yield from text_problems(f"{place}/label", group.get("label"), 75, plain=True)
            yield from _option_problems(place, group.get("options"), 100)
        else:
            yield place, "must be an object"


def _option_problems(where: str, options: Any, most: int) -> Iterator[Problem]:
    yield from count_problems(f"{where}/options", options, most)
    for index, option in enumerate(options if isinstance(options, list) else []):
        if not isinstance(option, dict):
            yield f"{where}/options/{index}", "must be an object"
            continue
        yield from text_problems(f"{where}/options/{index}/text", option.get("text"), 75)
        yield from length_problems(f"{where}/options/{index}/value", option.get("value"), 150)
        if "description" in option:
            yield from text_problems(f"{where}/options/{index}/description", option["description"], 75)


_CHECKS: dict[str, Callable[[str, Json], Iterator[Problem]]] = {
    "button": _button_problems,
    "plain_text_input": _typing_problems,
    **dict.fromkeys(_WITH_OPTIONS, _choice_problems),
}
