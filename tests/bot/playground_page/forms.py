"""A form with every kind of input, and a listener that answers it in every way Slack knows."""

import json
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

ANSWERS = ("errors", "update", "push", "clear")


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def block(name: str, element: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name.lower(),
        "label": plain(name),
        "element": {**element, "action_id": "it"},
        **fields,
    }


INPUTS = [
    block("Title", {"type": "plain_text_input", "placeholder": plain("In a few words")}),
    block("Text", {"type": "plain_text_input", "multiline": True}, optional=True, hint=plain("Say *why*")),
    block("Kind", {"type": "static_select", "options": options("fact", "voice"), "placeholder": plain("Which one?")}),
    block("Then", {"type": "radio_buttons", "options": options(*ANSWERS)}),
    block("Tags", {"type": "checkboxes", "options": options("new", "old")}, optional=True),
    block("Person", {"type": "users_select"}),
    block("Channel", {"type": "conversations_select"}),
]


def form(title: str = "A form", blocks: list[dict[str, Any]] = INPUTS) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "submit": plain("Send"),
        "blocks": blocks,
    }


def listen_to_forms(app: App) -> None:
    """Open the form at the global shortcut `open_form`, and answer what is submitted as its radio buttons say."""

    @app.shortcut("open_form")
    def open_form(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=form())

    @app.view("form")
    def submitted(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        values = view["state"]["values"]
        if "then" not in values:
            ack()
            return
        wanted = values["then"]["it"]["selected_option"]["value"]
        if wanted == "errors":
            said = view["private_metadata"]  # what a test would like to be told
            ack(response_action="errors", errors={"title": said or "Too short.", "channel": said or "Not there."})
        elif wanted == "update":
            ack(response_action="update", view=form("Updated", [INPUTS[1], INPUTS[0], INPUTS[3]]))
        elif wanted == "push":
            ack(response_action="push", view=form("On top", INPUTS[:1]))
        else:
            client.chat_postMessage(channel=body["user"]["id"], text=json.dumps(values))
            ack(response_action="clear")
