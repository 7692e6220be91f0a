"""Block Kit's interactive elements: finding one, and what Slack says of a click or a choice."""

from collections.abc import Iterator
from typing import Any

from bot.playground.entities import Json
from bot.playground.errors import SlackError

# What a choice is called in Slack's payload, by element type.
_TEXT_KEYS = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}
_LIST_KEYS = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
_OPTION_TYPES = ("static_select", "external_select", "radio_buttons", "overflow")
_OPTIONS_TYPES = ("multi_static_select", "multi_external_select", "checkboxes")


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield every block with each of its elements that has an action_id."""
    for block in blocks:
        listed = block.get("elements")
        candidates = [block.get("accessory"), block.get("element"), *(listed if isinstance(listed, list) else [])]
        for element in candidates:
            if isinstance(element, dict) and "action_id" in element and isinstance(element.get("type"), str):
                yield block, element


def find_element(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """Return an element and its block; raises SlackError `element_not_found`, naming what there is."""
    for block, element in interactive_elements(blocks):
        if element["action_id"] == action_id and block_id in (None, "", block.get("block_id")):
            return block, element
    present = ", ".join(sorted({str(element["action_id"]) for _, element in interactive_elements(blocks)})) or "none"
    raise SlackError("element_not_found", f"Nothing to click has the action_id {action_id!r}; there is: {present}.")


def action_of(block: Json, element: Json, value: Any, action_ts: str) -> Json:
    """Return the entry of `actions` that Slack sends for a click on `element` or a choice of `value` in it."""
    action: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] in ("button", "icon_button"):
        action |= {key: element[key] for key in ("text", "value", "style", "url") if key in element}
    elif element["type"] == "feedback_buttons":
        action |= _feedback(element, value)
    else:
        action |= choice_of(element, value)
    return action | {"action_ts": action_ts}


def _feedback(element: Json, value: Any) -> Json:
    for side in ("positive_button", "negative_button"):
        button = element[side]
        if value in (button["value"], side, side.removesuffix("_button")):
            return {"text": button["text"], "value": button["value"]}
    wanted = [element[side]["value"] for side in ("positive_button", "negative_button")]
    raise SlackError("invalid_arguments", f"The value of these feedback buttons is {wanted[0]!r} or {wanted[1]!r}.")


def choice_of(element: Json, value: Any) -> Json:
    """Return what was typed or chosen in an element under Slack's name for it. None clears it."""
    kind = element["type"]
    if kind in _TEXT_KEYS:
        return {_TEXT_KEYS[kind]: value if value in (None, "") or kind == "datetimepicker" else str(value)}
    if kind in _LIST_KEYS:
        return {_LIST_KEYS[kind]: _as_list(value)}
    if kind in _OPTION_TYPES:
        return {"selected_option": None if value in (None, "") else _option(element, str(value))}
    if kind in _OPTIONS_TYPES:
        return {"selected_options": [_option(element, str(one)) for one in _as_list(value)]}
    if kind == "rich_text_input":
        return {"rich_text_value": _rich_text(value)}
    raise SlackError("invalid_arguments", f"Nothing can be typed or chosen in a {kind}.")


def _as_list(value: Any) -> list[Any]:
    return [] if value in (None, "") else value if isinstance(value, list) else [value]


def _option(element: Json, value: str) -> Json:
    groups = element.get("option_groups") or []
    options: list[Json] = [*(element.get("options") or []), *(o for group in groups for o in group.get("options", []))]
    for option in options:
        if option.get("value") == value:
            return {key: option[key] for key in ("text", "value", "description") if key in option}
    if not options:
        return {"text": {"type": "plain_text", "text": value}, "value": value}
    raise SlackError(
        "invalid_arguments", f"{value!r} is none of the options: {', '.join(o['value'] for o in options)}."
    )


def _rich_text(value: Any) -> Json | None:
    if value is None or isinstance(value, dict):
        return value
    inner = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(value)}]}
    return {"type": "rich_text", "elements": [inner]}


def initial_state(blocks: list[Json]) -> Json:
    """Return the `state.values` of blocks nobody has touched: what each element starts with."""
    values: Json = {}
    for block, element in interactive_elements(blocks):
        chosen = _initial(element)
        if chosen is not None:
            values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **chosen}
    return values


def _initial(element: Json) -> Json | None:
    kind = element["type"]
    if kind in _TEXT_KEYS:
        name = _TEXT_KEYS[kind].removeprefix("selected_")
        return {_TEXT_KEYS[kind]: element.get(f"initial_{name}")}
    if kind in _LIST_KEYS:
        return {_LIST_KEYS[kind]: element.get(_LIST_KEYS[kind].replace("selected_", "initial_"), [])}
    if kind in _OPTION_TYPES and kind != "overflow":
        return {"selected_option": element.get("initial_option")}
    if kind in _OPTIONS_TYPES:
        return {"selected_options": element.get("initial_options", [])}
    return {"rich_text_value": element.get("initial_value")} if kind == "rich_text_input" else None


def with_values(state: Json, blocks: list[Json], values: Json) -> Json:
    """Return `state.values` with what a person filled in, by block_id and action_id."""
    merged: Json = {block_id: dict(actions) for block_id, actions in state.items()}
    for block_id, actions in values.items():
        if not isinstance(actions, dict):
            raise SlackError("invalid_arguments", "values are {block_id: {action_id: value}}.")
        for action_id, value in actions.items():
            _, element = find_element(blocks, action_id, block_id)
            # The page may send Slack's own state object back; anything else is the value itself.
            ready = isinstance(value, dict) and value.get("type") == element["type"]
            chosen = value if ready else {"type": element["type"], **choice_of(element, value)}
            merged.setdefault(block_id, {})[action_id] = chosen
    return merged
