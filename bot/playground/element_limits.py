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


# What can be clicked, chosen or typed in, wherever Slack takes it.
_ELEMENTS = frozenset(
    {
        *("button", "checkboxes", "datepicker", "datetimepicker", "email_text_input", "file_input", "number_input"),
        *("overflow", "plain_text_input", "radio_buttons", "rich_text_input", "timepicker", "url_text_input"),
        *("static_select", "external_select", "users_select", "conversations_select", "channels_select"),
        *("multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select"),
        *("multi_channels_select", "workflow_button", "image", "feedback_buttons", "icon_button"),
    }
)
_MOST_OPTIONS = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}
_WITH_OPTIONS = ("static_select", "multi_static_select", "checkboxes", "radio_buttons", "overflow")
_INITIAL_LISTS = ("initial_options", "initial_users", "initial_channels", "initial_conversations")


def element_problems(where: str, element: Any) -> Iterator[Problem]:
    """Yield what is wrong with an element."""
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        yield where, "must be an element with a type"
        return
    if element["type"] not in _ELEMENTS:
        yield f"{where}/type", f"unsupported type: {element['type']}"
        return
    if "action_id" in element:
        yield from length_problems(f"{where}/action_id", element["action_id"], 255)
    if "placeholder" in element:
        yield from text_problems(f"{where}/placeholder", element["placeholder"], 150, plain=True)
    for key in _INITIAL_LISTS:
        if not isinstance(element.get(key, []), list):
            yield f"{where}/{key}", "must be a list"
    if element["type"] == "button":
        yield from _button_problems(where, element)
    if element["type"] in _WITH_OPTIONS:
        yield from _choice_problems(where, element)


def _button_problems(where: str, element: Json) -> Iterator[Problem]:
    yield from text_problems(f"{where}/text", element.get("text"), 75, plain=True)
    if "value" in element:
        yield from length_problems(f"{where}/value", element["value"], 2000, least=0)
    if "url" in element:
        yield from length_problems(f"{where}/url", element["url"], 3000)
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{where}/style", "must be primary or danger"


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
