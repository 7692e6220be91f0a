"""Clicks, commands, shortcuts, modals and App Home, with a real Bolt app on the other side."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.playground_server import IMPATIENT_S, ControlError, RunningPlayground, wait_until

Start = Callable[[App], SocketModeHandler]

OPTIONS = [{"text": {"type": "plain_text", "text": name}, "value": name.lower()} for name in ("Red", "Blue")]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "edit",
    "private_metadata": "answer-7",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Edit"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "answer",
            "label": {"type": "plain_text", "text": "Answer"},
            "element": {"type": "plain_text_input", "action_id": "text", "initial_value": "old"},
        },
        {
            "type": "section",
            "block_id": "colour",
            "text": {"type": "mrkdwn", "text": "Colour"},
            "accessory": {"type": "static_select", "action_id": "pick", "options": OPTIONS},
        },
    ],
}


def noting(seen: list[dict[str, Any]]) -> Callable[..., None]:
    """Return a listener that acknowledges and notes the whole payload."""

    def listener(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        seen.append(body)

    return listener


def opens_modal(bolt: App) -> None:
    @bolt.shortcut("approve")
    def open_modal(ack: Ack, client: WebClient, shortcut: dict[str, Any]) -> None:
        ack()
        client.views_open(trigger_id=shortcut["trigger_id"], view=MODAL)


def open_modal_of(slack: RunningPlayground, user: str) -> dict[str, Any]:
    ts = slack.control("post", user="tom", channel="help", text="In the tin.")["ts"]
    slack.control("shortcut", user=user, callback_id="approve", channel="help", ts=ts)
    wait_until(lambda: slack.look("views", as_=user)["views"], "the modal is open")
    view: dict[str, Any] = slack.look("views", as_=user)["views"][-1]
    return view


def test_a_message_shortcut_brings_its_message(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    seen: list[dict[str, Any]] = []

    @bolt.shortcut("approve")
    def note(ack: Ack, shortcut: dict[str, Any]) -> None:
        ack()
        seen.append(shortcut)

    start_bolt(bolt)
    root = slack.control("post", user="tom", channel="help", text="Where?")["ts"]
    ts = slack.control("post", user="maya", channel="help", text="In the tin.", thread_ts=root)["ts"]
    answer = slack.control("shortcut", user="maya", callback_id="approve", channel="help", ts=ts, wait=True)

    assert answer["acked"] is True
    (payload,) = seen
    assert payload["type"] == "message_action"
    assert payload["message"]["text"] == "In the tin."
    assert (payload["message_ts"], payload["message"]["thread_ts"]) == (ts, root)
    assert payload["channel"]["name"] == "help"


def test_a_submitted_modal_brings_what_was_filled_in_and_closes(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    opens_modal(bolt)

    @bolt.view("edit")
    def save(ack: Ack, view: dict[str, Any]) -> None:
        ack()
        seen.append(view)

    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    values = {"answer": {"text": "new"}, "colour": {"pick": "blue"}}
    slack.control("submit", user="maya", view_id=view["id"], values=values, wait=True)

    (sent,) = seen
    assert sent["private_metadata"] == "answer-7"
    assert sent["state"]["values"]["answer"]["text"] == {"type": "plain_text_input", "value": "new"}
    assert sent["state"]["values"]["colour"]["pick"]["selected_option"]["value"] == "blue"
    assert slack.look("views", as_="maya")["views"] == []


def test_an_untouched_field_is_sent_with_its_initial_value(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    opens_modal(bolt)
    bolt.view("edit")(noting(seen))
    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    slack.control("submit", user="maya", view_id=view["id"], wait=True)
    assert seen[0]["view"]["state"]["values"]["answer"]["text"]["value"] == "old"


def test_a_refused_modal_stays_open_with_its_errors(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    opens_modal(bolt)
    bolt.view("edit")(lambda ack: ack(response_action="errors", errors={"answer": "Too short"}))
    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    slack.control("submit", user="maya", view_id=view["id"], values={"answer": {"text": "x"}}, wait=True)
    (shown,) = slack.look("views", as_="maya")["views"]
    assert shown["errors"] == {"answer": "Too short"}
    assert shown["state"]["values"]["answer"]["text"]["value"] == "x"


@pytest.mark.parametrize(("action", "titles"), [("update", ["Sure?"]), ("push", ["Edit", "Sure?"]), ("clear", [])])
def test_a_submit_can_update_push_or_clear(
    slack: RunningPlayground, bolt: App, start_bolt: Start, action: str, titles: list[str]
) -> None:
    next_view = {**MODAL, "title": {"type": "plain_text", "text": "Sure?"}}
    opens_modal(bolt)
    more = {} if action == "clear" else {"view": next_view}
    bolt.view("edit")(lambda ack: ack(response_action=action, **more))
    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    slack.control("submit", user="maya", view_id=view["id"], wait=True)
    assert [v["title"]["text"] for v in slack.look("views", as_="maya")["views"]] == titles


def test_a_modal_nobody_answers_for_says_so(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    opens_modal(bolt)
    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    slack.control("app", ack_timeout=IMPATIENT_S)
    answer = slack.control("submit", user="maya", view_id=view["id"], wait=True)
    assert answer["acked"] is False
    (shown,) = slack.look("views", as_="maya")["views"]
    assert "did not answer" in shown["errors"][""]


def test_a_cancelled_modal_is_gone_and_the_bot_hears_of_it(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    opens_modal(bolt)
    bolt.view_closed("edit")(noting(seen))
    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    slack.control("close", user="maya", view_id=view["id"])
    assert slack.look("views", as_="maya")["views"] == []
    wait_until(lambda: seen, "the bot has heard")
    assert (seen[0]["type"], seen[0]["view"]["id"]) == ("view_closed", view["id"])


def test_a_modal_that_clears_on_close_takes_those_below_with_it(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    opens_modal(bolt)
    bolt.view("edit")(lambda ack: ack(response_action="push", view=MODAL | {"clear_on_close": True}))
    bolt.view_closed("edit")(noting(seen))
    start_bolt(bolt)
    below = open_modal_of(slack, "maya")
    slack.control("submit", user="maya", view_id=below["id"], wait=True)
    top = slack.look("views", as_="maya")["views"][-1]
    slack.control("close", user="maya", view_id=top["id"])
    assert slack.look("views", as_="maya")["views"] == []
    wait_until(lambda: len(seen) == 2, "the bot has heard of both")
    closed = {body["view"]["id"]: body["is_cleared"] for body in seen}
    assert closed == {top["id"]: True, below["id"]: True}


def test_a_choice_in_a_modal_fires_block_actions_and_is_kept(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    opens_modal(bolt)

    @bolt.action("pick")
    def pick(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        seen.append(body)
        client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=MODAL)

    start_bolt(bolt)
    view = open_modal_of(slack, "maya")
    slack.control("click", user="maya", view_id=view["id"], action_id="pick", value="red")
    wait_until(lambda: slack.look("views", as_="maya")["views"][0]["hash"] != view["hash"], "the view is updated")
    assert seen[0]["actions"][0]["selected_option"]["value"] == "red"
    (shown,) = slack.look("views", as_="maya")["views"]
    assert shown["id"] == view["id"]
    assert shown["state"]["values"]["colour"]["pick"]["selected_option"]["value"] == "red"


def test_a_trigger_is_good_once_and_not_for_long(slack: RunningPlayground, web: WebClient) -> None:
    ts = slack.control("post", user="tom", channel="help", text="Hi")["ts"]
    first = slack.control("shortcut", user="maya", callback_id="approve", channel="help", ts=ts)["trigger_id"]
    web.views_open(trigger_id=first, view=MODAL)
    errors = []
    late = slack.control("shortcut", user="maya", callback_id="approve", channel="help", ts=ts, wait=True)["trigger_id"]
    for trigger in (first, "1.2.3", late):  # waiting for no answer took longer than a trigger lives
        with pytest.raises(SlackApiError) as caught:
            web.views_open(trigger_id=trigger, view=MODAL)
        errors.append(caught.value.response["error"])
    assert errors == ["exchanged_trigger_id", "invalid_trigger_id", "expired_trigger_id"]


def test_at_most_three_modals_are_stacked(slack: RunningPlayground, web: WebClient) -> None:
    def trigger() -> str:
        trigger_id: str = slack.control("shortcut", user="maya", callback_id="greet")["trigger_id"]
        return trigger_id

    web.views_open(trigger_id=trigger(), view=MODAL)
    for _ in range(2):
        web.views_push(trigger_id=trigger(), view=MODAL)
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        web.views_push(trigger_id=trigger(), view=MODAL)
    assert len(slack.look("views", as_="maya")["views"]) == 3


def test_an_external_id_names_one_modal_and_a_view_has_a_size(slack: RunningPlayground, web: WebClient) -> None:
    def refused(user: str, **fields: Any) -> str:
        trigger = slack.control("shortcut", user=user, callback_id="greet")["trigger_id"]
        with pytest.raises(SlackApiError) as caught:
            web.views_open(trigger_id=trigger, view=MODAL | fields)
        return str(caught.value.response["error"])

    trigger = slack.control("shortcut", user="maya", callback_id="greet")["trigger_id"]
    web.views_open(trigger_id=trigger, view=MODAL | {"external_id": "mine"})
    assert refused("tom", external_id="mine") == "duplicate_external_id"
    web.views_update(external_id="mine", view=MODAL | {"external_id": "mine"})
    assert refused("tom", private_metadata="x" * 250_000) == "view_too_large"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "home"},
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"submit": None},
        {"private_metadata": "x" * 3001},
        {"blocks": [{"type": "section"}]},
    ],
)
def test_a_wrong_modal_is_refused(slack: RunningPlayground, web: WebClient, wrong: dict[str, Any]) -> None:
    trigger = slack.control("shortcut", user="maya", callback_id="greet")["trigger_id"]
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        web.views_open(trigger_id=trigger, view=MODAL | wrong)


def test_app_home_is_published_on_opening_and_can_be_clicked(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    clicks: list[dict[str, Any]] = []
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}

    @bolt.event("app_home_opened")
    def publish(event: dict[str, Any], client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view=home)

    bolt.action("go")(noting(clicks))
    start_bolt(bolt)
    assert slack.control("open_home", user="tom")["view"] is None
    wait_until(lambda: slack.look("home", as_="tom")["view"], "App Home is published")
    view = slack.look("home", as_="tom")["view"]
    assert slack.look("home", as_="maya")["view"] is None
    slack.control("click", user="tom", view_id=view["id"], action_id="go", wait=True)
    assert clicks[0]["view"]["type"] == "home"
    assert clicks[0]["container"] == {"type": "view", "view_id": view["id"]}


def test_a_stale_hash_does_not_overwrite_a_newer_home(slack: RunningPlayground, web: WebClient) -> None:
    maya = slack.look("state", as_="maya")["me"]["id"]
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    old = web.views_publish(user_id=maya, view=home)["view"]["hash"]
    web.views_publish(user_id=maya, view=home, hash=old)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        web.views_publish(user_id=maya, view=home, hash=old)


def test_respond_in_channel_is_for_everybody_and_delete_original_removes(
    slack: RunningPlayground, bolt: App, web: WebClient, start_bolt: Start
) -> None:
    @bolt.action("announce")
    def announce(ack: Ack, respond: Respond) -> None:
        ack()
        respond(text="Approved by Maya", response_type="in_channel")
        respond(delete_original=True)

    start_bolt(bolt)
    state = slack.look("state", as_="maya")
    channel = next(c["id"] for c in state["channels"] if c["name"] == "help")
    button = {"type": "button", "action_id": "announce", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [{"type": "actions", "elements": [button]}]
    web.chat_postEphemeral(channel=channel, user=state["me"]["id"], text="Approve?", blocks=blocks)
    (shown,) = slack.messages("help", as_="maya")
    slack.control("click", user="maya", channel="help", ts=shown["ts"], action_id="announce")
    wait_until(lambda: slack.texts("help", as_="maya") == ["Approved by Maya"], "the question made room")
    assert slack.texts("help", as_="tom") == ["Approved by Maya"]


def test_a_click_on_an_ephemeral_message_brings_no_message_as_in_slack(
    slack: RunningPlayground, bolt: App, web: WebClient, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    bolt.action("go")(noting(seen))
    start_bolt(bolt)
    state = slack.look("state", as_="maya")
    channel = next(c["id"] for c in state["channels"] if c["name"] == "help")
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    web.chat_postEphemeral(
        channel=channel, user=state["me"]["id"], text="?", blocks=[{"type": "actions", "elements": [button]}]
    )
    (shown,) = slack.messages("help", as_="maya")
    slack.control("click", user="maya", channel="help", ts=shown["ts"], action_id="go", wait=True)
    assert seen[0]["container"]["is_ephemeral"] is True
    assert "message" not in seen[0]


def test_feedback_buttons_send_the_value_of_the_side_pressed(
    slack: RunningPlayground, bolt: App, web: WebClient, start_bolt: Start
) -> None:
    seen: list[dict[str, Any]] = []
    bolt.action("rate")(noting(seen))
    start_bolt(bolt)
    sides = {
        f"{side}_button": {"text": {"type": "plain_text", "text": side}, "value": value}
        for side, value in (("positive", "good:7"), ("negative", "bad:7"))
    }
    element = {"type": "feedback_buttons", "action_id": "rate", **sides}
    channel = slack.playground.workspace(None).channel("help").id
    blocks = [{"type": "context_actions", "elements": [element]}]
    ts = web.chat_postMessage(channel=channel, text="Answer", blocks=blocks)["ts"]
    slack.control("click", user="tom", channel="help", ts=ts, action_id="rate", value="bad:7", wait=True)
    action = seen[0]["actions"][0]
    assert (action["type"], action["value"]) == ("feedback_buttons", "bad:7")
    with pytest.raises(ControlError, match="good:7"):
        slack.control("click", user="tom", channel="help", ts=ts, action_id="rate", value="so-so")


def test_a_command_nobody_answers_tells_its_caller(slack: RunningPlayground) -> None:
    slack.control("app", ack_timeout=IMPATIENT_S)
    answer = slack.control("command", user="tom", channel="help", command="/timbre", text="hello", wait=True)
    assert answer["acked"] is False
    (shown,) = slack.messages("help", as_="tom")
    assert "operation_timeout" in shown["text"]
    assert shown["failed"] == "operation_timeout"


def test_a_click_nobody_answers_for_ends_in_an_archived_channel_too(slack: RunningPlayground, web: WebClient) -> None:
    channel = slack.playground.workspace(None).channel("help").id
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    ts = web.chat_postMessage(channel=channel, text="?", blocks=[{"type": "actions", "elements": [button]}])["ts"]
    slack.control("channel", user="maya", channel="help", act="archive")
    slack.control("app", ack_timeout=IMPATIENT_S)
    assert slack.control("click", user="maya", channel="help", ts=ts, action_id="go", wait=True)["acked"] is False


def test_a_commands_acknowledgement_can_hold_the_answer(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    bolt.command("/timbre")(lambda ack: ack("At your service."))
    start_bolt(bolt)
    slack.control("command", user="tom", channel="help", command="/timbre", text="", wait=True)
    assert slack.texts("help", as_="tom") == ["At your service."]


@pytest.mark.parametrize(
    ("should_escape", "typed", "said"),
    [
        (True, "forget @tom", "forget <@{tom}>"),
        (True, "forget @nobody, now", "forget @nobody, now"),
        (True, "a & b <c>", "a &amp; b &lt;c&gt;"),
        (False, "forget @tom", "forget @tom"),
    ],
)
def test_names_in_a_command_are_resolved_where_the_app_asks_for_it(
    slack: RunningPlayground, bolt: App, start_bolt: Start, should_escape: bool, typed: str, said: str
) -> None:
    seen: list[dict[str, Any]] = []
    bolt.command("/timbre")(noting(seen))
    start_bolt(bolt)
    command = {"command": "/timbre", "should_escape": should_escape}
    slack.control("seed", app={"name": "timbre", "commands": [command]})
    tom = slack.look("state", as_="tom")["me"]["id"]

    slack.control("command", user="tom", channel="help", command="/timbre", text=typed, wait=True)

    assert [body["text"] for body in seen] == [said.format(tom=tom)]


def test_a_response_url_is_good_for_five_answers(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    statuses: list[int] = []

    @bolt.command("/timbre")
    def run(ack: Ack, respond: Respond) -> None:
        ack()
        statuses.extend(respond(text=str(number)).status_code for number in range(6))

    start_bolt(bolt)
    slack.control("command", user="tom", channel="help", command="/timbre", text="")
    wait_until(lambda: len(statuses) == 6, "the bot has tried six times")
    assert statuses == [200] * 5 + [404]
    assert slack.texts("help", as_="tom") == list("01234")


@pytest.mark.parametrize(
    ("call", "fields", "error"),
    [
        ("command", {"command": "/lunch", "channel": "help"}, "unknown_command"),
        ("shortcut", {"callback_id": "nope"}, "unknown_shortcut"),
        ("submit", {"view_id": "V0NONE"}, "view_not_found"),
        ("close", {"view_id": "V0NONE"}, "view_not_found"),
        ("click", {"view_id": "V0NONE", "action_id": "go"}, "view_not_found"),
        ("open_home", {"tab": "about"}, "invalid_arguments"),
    ],
)
def test_what_cannot_be_done_is_said_so(
    module_slack: RunningPlayground, call: str, fields: dict[str, Any], error: str
) -> None:
    with pytest.raises(ControlError) as caught:
        module_slack.control(call, user="tom", **fields)
    assert caught.value.error == error


def test_a_click_on_nothing_names_what_there_is(slack: RunningPlayground, web: WebClient) -> None:
    channel = slack.playground.workspace(None).channel("help").id
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    ts = web.chat_postMessage(channel=channel, text="?", blocks=[{"type": "actions", "elements": [button]}])["ts"]
    with pytest.raises(ControlError, match=r"element_not_found.*there is: go"):
        slack.control("click", user="tom", channel="help", ts=ts, action_id="stop")
