"""Slack's limits on blocks, each just inside and just outside."""

from typing import Any

import pytest

from bot.playground.blocks import MESSAGE, VIEW, Surface, check_blocks
from bot.playground.errors import SlackError


def text(length: int, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": "x" * length}


def section(length: int = 1) -> dict[str, Any]:
    return {"type": "section", "text": text(length)}


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "go", "text": text(2, "plain_text"), **fields}


def buttons(count: int) -> list[dict[str, Any]]:
    return [button(action_id=str(number)) for number in range(count)]


def context_actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "context_actions", "elements": list(elements)}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def select(options: int, value: int = 1) -> dict[str, Any]:
    listed = [{"text": text(1, "plain_text"), "value": str(number).zfill(value)} for number in range(options)]
    return {"type": "static_select", "action_id": "pick", "options": listed}


def feedback(value: int = 1) -> dict[str, Any]:
    side = {"text": text(1, "plain_text"), "value": "x" * value}
    return {"type": "feedback_buttons", "action_id": "f", "positive_button": side, "negative_button": side}


def choices(kind: str, count: int) -> dict[str, Any]:
    return select(count) | {"type": kind}


def grouped(groups: int) -> dict[str, Any]:
    group = {"label": text(75, "plain_text"), "options": select(1)["options"]}
    return {"type": "static_select", "action_id": "pick", "option_groups": [group] * groups}


def placeholder(length: int) -> dict[str, Any]:
    return {"placeholder": text(length, "plain_text")}


def labelled(length: int) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "say"}
    return {"type": "input", "label": text(length, "plain_text"), "element": element}


def typed(**fields: Any) -> dict[str, Any]:
    return labelled(1) | {"element": {"type": "plain_text_input", "action_id": "say", **fields}}


def confirm(**lengths: int) -> dict[str, Any]:
    most = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return {key: text(length, "plain_text") for key, length in (most | lengths).items()}


def described(length: int) -> dict[str, Any]:
    (option,) = select(1)["options"]
    return select(1) | {"options": [option | {"description": text(length, "plain_text")}]}


def image(url: str) -> dict[str, Any]:
    return {"type": "image", "image_url": url, "alt_text": "A"}


def rich_text(kind: str) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": [{"type": "text", "text": "x"}]}]}


def table(rows: int, columns: int, cell: int = 1) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * cell}] * columns] * rows}


def markdown(length: int) -> dict[str, Any]:
    return {"type": "markdown", "text": "x" * length}


INSIDE_AND_OUTSIDE = [
    ([section(3000)], [section(3001)]),
    ([{"type": "section", "fields": [text(2000)] * 6}], [{"type": "section", "fields": [text(2001)]}]),
    ([{"type": "section", "fields": [text(1)] * 10}], [{"type": "section", "fields": [text(1)] * 11}]),
    ([{"type": "header", "text": text(150, "plain_text")}], [{"type": "header", "text": text(151, "plain_text")}]),
    ([section()] * 50, [section()] * 51),
    ([actions(*buttons(25))], [actions(*buttons(26))]),
    ([actions(button(value="x" * 2000))], [actions(button(value="x" * 2001))]),
    ([actions(button(text=text(75, "plain_text")))], [actions(button(text=text(76, "plain_text")))]),
    ([actions(button(style="danger"))], [actions(button(style="loud"))]),
    ([actions(button(action_id="x" * 255))], [actions(button(action_id="x" * 256))]),
    ([actions(select(100))], [actions(select(101))]),
    ([actions(select(1, 150))], [actions(select(1, 151))]),
    ([{"type": "context", "elements": [text(1)] * 10}], [{"type": "context", "elements": [text(1)] * 11}]),
    ([context_actions(feedback())], [context_actions(button())]),
    ([context_actions(feedback(2000))], [context_actions(feedback(2001))]),
    ([context_actions(*[feedback()] * 5)], [context_actions(*[feedback()] * 6)]),
    ([markdown(12_000)], [markdown(12_001)]),
    ([markdown(6_000)] * 2, [markdown(6_001)] * 2),
    ([table(100, 20)], [table(101, 1)]),
    ([table(1, 20)], [table(1, 21)]),
    ([table(10, 10, 100)], [table(10, 10, 101)]),
    ([section() | {"block_id": "a"}], [section() | {"block_id": "a"}] * 2),
    ([section()], [{"type": "section"}]),
    ([section()], [{"type": "section", "text": "bare"}]),
    ([section()], [{"type": "blink"}]),
    ([section()], ["section"]),
    ([actions(button())], [actions()]),
    ([actions(button(), button(action_id="b"))], [actions(button(), button())]),
    ([actions(button())], [actions(button(text=text(2, "mrkdwn")))]),
    ([actions(button(url="x" * 3000))], [actions(button(url="x" * 3001))]),
    ([actions(button())], [actions({"type": "lever", "action_id": "go"})]),
    ([actions(grouped(100))], [actions(grouped(101))]),
    ([actions(choices("checkboxes", 10))], [actions(choices("checkboxes", 11))]),
    ([actions(choices("radio_buttons", 10))], [actions(choices("radio_buttons", 11))]),
    ([actions(choices("overflow", 5))], [actions(choices("overflow", 6))]),
    ([actions(select(1) | placeholder(150))], [actions(select(1) | placeholder(151))]),
    ([labelled(2000)], [labelled(2001)]),
    ([labelled(1) | {"hint": text(2000, "plain_text")}], [labelled(1) | {"hint": text(2001, "plain_text")}]),
    ([section() | {"block_id": "x" * 255}], [section() | {"block_id": "x" * 256}]),
    ([{"type": "context", "elements": [text(2000)]}], [{"type": "context", "elements": [text(2001)]}]),
    ([image("x" * 3000)], [image("x" * 3001)]),
    ([image("x") | {"alt_text": "x" * 2000}], [image("x") | {"alt_text": "x" * 2001}]),
    ([table(1, 1)], [{"type": "table", "rows": [[{"type": "button"}]]}]),
    ([table(1, 1)], [table(1, 1, 0)]),
    ([actions(button(confirm=confirm()))], [actions(button(confirm=confirm(title=101)))]),
    ([actions(button(confirm=confirm()))], [actions(button(confirm=confirm(text=301)))]),
    ([actions(button(confirm=confirm()))], [actions(button(confirm=confirm(confirm=31)))]),
    ([actions(button(confirm=confirm()))], [actions(button(confirm=confirm(deny=31)))]),
    ([actions(button(confirm=confirm()))], [actions(button(confirm="Sure?"))]),
    ([typed(max_length=3000, min_length=0)], [typed(max_length=3001)]),
    ([typed(max_length=1)], [typed(max_length=0)]),
    ([typed(min_length=3000)], [typed(min_length=3001)]),
    ([actions(described(75))], [actions(described(76))]),
    ([typed()], [typed() | {"element": button()}]),
    ([typed()], [actions(typed()["element"])]),
    ([section() | {"accessory": image("x")}], [actions(image("x"))]),
    ([section() | {"accessory": button()}], [section() | {"accessory": typed()["element"]}]),
    ([context_actions(feedback())], [actions(feedback())]),
    ([table(1, 1) | {"column_settings": [{}] * 20}], [table(1, 1) | {"column_settings": [{}] * 21}]),
    ([rich_text("rich_text_section")], [rich_text("rich_text_poem")]),
    ([rich_text("rich_text_list")], [{"type": "rich_text", "elements": 7}]),
    (
        [{"type": "image", "image_url": "https://x.example/a.png", "alt_text": "A"}],
        [{"type": "image", "image_url": "https://x.example/a.png"}],
    ),
]


@pytest.mark.parametrize(("inside", "outside"), INSIDE_AND_OUTSIDE)
def test_blocks_are_taken_up_to_slacks_limit_and_not_beyond(inside: list[Any], outside: list[Any]) -> None:
    check_blocks(inside, MESSAGE)
    with pytest.raises(SlackError, match="invalid_blocks"):
        check_blocks(outside, MESSAGE)


def test_a_problem_says_where_it_is() -> None:
    with pytest.raises(SlackError) as caught:
        check_blocks([section(), section(3001)], MESSAGE)
    (message,) = caught.value.extra["response_metadata"]["messages"]
    assert message == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"


def test_all_blocks_of_a_message_together_have_a_limit() -> None:
    check_blocks([section(2640)] * 5, MESSAGE)
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        check_blocks([section(2641)] * 5, MESSAGE)


def test_a_message_holds_one_table() -> None:
    check_blocks([table(1, 1), section()], MESSAGE)
    with pytest.raises(SlackError, match="invalid_attachments") as caught:
        check_blocks([table(1, 1), section(), table(1, 1)], MESSAGE)
    assert caught.value.extra["response_metadata"]["messages"] == ["[ERROR] only_one_table_allowed"]


@pytest.mark.parametrize(("surface", "most"), [(MESSAGE, 50), (VIEW, 100)])
def test_a_view_holds_more_blocks_than_a_message(surface: Surface, most: int) -> None:
    check_blocks([{"type": "divider"}] * most, surface)
    with pytest.raises(SlackError, match="invalid_blocks"):
        check_blocks([{"type": "divider"}] * (most + 1), surface)


def test_a_table_does_not_go_into_a_view() -> None:
    with pytest.raises(SlackError, match="invalid_blocks"):
        check_blocks([table(1, 1)], VIEW)
