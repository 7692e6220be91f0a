"""A Bolt app with fixed answers: what the page shows is under test, not what a bot knows."""

from typing import Any

from slack_bolt import Ack, App, Respond, Say
from slack_sdk import WebClient

from tests.bot.playground_page.forms import listen_to_forms


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def button(text: str, action_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": action_id, **fields}


APPROVE = button(
    "Approve",
    "approve",
    style="primary",
    confirm={
        "title": plain("Put voice-2 in use?"),
        "text": plain("It answers from now on."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    },
)
REPORT: list[dict[str, Any]] = [
    {"type": "header", "text": plain("Run 2: a new voice")},
    {"type": "actions", "elements": [APPROVE, button("Edit…", "edit")]},
]
MODAL = {
    "type": "modal",
    "callback_id": "answer",
    "title": plain("Edit the answer"),
    "submit": plain("Save"),
    "blocks": [
        {
            "type": "input",
            "block_id": "answer",
            "label": plain("Answer"),
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "kind",
            "label": plain("Kind"),
            "element": {
                "type": "static_select",
                "action_id": "choice",
                "options": [{"text": plain("Fact"), "value": "fact"}, {"text": plain("Voice"), "value": "voice"}],
            },
        },
    ],
}
FEEDBACK = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "rate",
            "positive_button": {"text": plain("Helpful"), "value": "up"},
            "negative_button": {"text": plain("Not helpful"), "value": "down"},
        }
    ],
}


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


HOME: list[dict[str, Any]] = [
    {"type": "header", "text": plain("Your voice at a glance")},
    {
        "type": "section",
        "fields": [
            mrkdwn("*In use*\nvoice-2, since Monday"),
            mrkdwn("*Approved answers*\n228, 14 of them new"),
            mrkdwn("*Waiting for a review*\n3 answers"),
            mrkdwn("*Next training*\nat 250 answers"),
        ],
    },
    {"type": "actions", "elements": [button("Train now", "train", style="primary"), button("Settings…", "edit_home")]},
    {"type": "divider"},
    {"type": "section", "text": mrkdwn("*Voices*")},
    {"type": "section", "text": mrkdwn("*voice-2* · loss 1.53, from 228 answers · in use")},
    {
        "type": "section",
        "text": mrkdwn("*voice-1* · loss 1.71, from 160 answers"),
        "accessory": button("Go back to it", "back"),
    },
    {"type": "context", "elements": [mrkdwn("Loss on answers kept out of training. Lower is better.")]},
]


def scripted_bot(app: App) -> App:
    """Give `app` its listeners."""
    listen_to_events(app)
    listen_to_presses(app)
    listen_to_forms(app)
    return app


def listen_to_events(app: App) -> None:
    @app.event("app_mention")
    def answer(event: dict[str, Any], say: Say) -> None:
        text = "In the **blue tin**, by the door. [1]"
        say(text=text, thread_ts=event["ts"], blocks=[{"type": "markdown", "text": text}, FEEDBACK])

    @app.event("reaction_added")
    @app.event("message")
    def ignore() -> None:
        pass

    @app.event("app_home_opened")
    def home(event: dict[str, Any], client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": HOME})

    @app.command("/timbre")
    def command(ack: Ack, respond: Respond, body: dict[str, Any], client: WebClient) -> None:
        ack()
        respond(f"Heard “{body['text']}”.")
        if body["text"] == "retrain":
            client.chat_postMessage(channel="#timbre-review", text="Report", blocks=REPORT)


def listen_to_presses(app: App) -> None:
    @app.action("approve")
    def approve(ack: Ack, respond: Respond, body: dict[str, Any]) -> None:
        ack()
        respond(text=f"Live, approved by <@{body['user']['id']}>", replace_original=True)

    @app.action("approve_later")
    def approve_later(ack: Ack) -> None:
        ack()

    @app.action("rate")
    def rate(ack: Ack) -> None:
        ack()

    @app.action("edit")
    @app.shortcut("approve_answer")
    def edit(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        channel = body["channel"]["id"]
        client.views_open(trigger_id=body["trigger_id"], view={**MODAL, "private_metadata": channel})

    @app.view("answer")
    def save(ack: Ack, view: dict[str, Any], client: WebClient) -> None:
        values = view["state"]["values"]
        text, kind = values["answer"]["text"]["value"] or "", values["kind"]["choice"]["selected_option"]
        if len(text) < 5:
            ack(response_action="errors", errors={"answer": "Write at least five characters."})
            return
        ack()
        client.chat_postMessage(channel=view["private_metadata"], text=f"Saved as {kind['value']}: {text}")
