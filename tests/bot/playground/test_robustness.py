"""Whatever is sent, the answer is an answer: a refusal at worst, never a crash."""

import http.client
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.playground.control.routes import ACTS, LOOKS
from bot.playground.web_api.dispatch import METHODS
from tests.playground_server import RunningPlayground

# Values that mean something to some method, and everything JSON can hold besides.
KNOWN = ["help", "#help", "vault", "maya", "tom", "timbre", "@timbre", "approve", "/timbre", "eyes", "1.000001", "home"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(KNOWN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["type", "text", "blocks"]), inner, max_size=3)
    ),
    max_leaves=6,
)
ARGUMENTS = [
    "action_id", "as", "attachments", "blocks", "broadcast", "callback_id", "channel", "channel_id", "channels",
    "chunks", "command", "content_base", "cursor", "file", "files", "filename", "id", "inclusive", "invitee",
    "latest", "length", "limit", "loading_messages", "markdown_text", "message_ts", "messages", "metadata", "name",
    "oldest", "people", "prompts", "reply_broadcast", "status", "tab", "team", "text", "thread_ts", "timestamp",
    "title", "trigger_id", "ts", "types", "user", "user_groups", "user_id", "users", "value", "values", "view",
    "view_id", "app", "api", "hash", "email", "usergroup", "bot", "delay_s", "duplicate", "reorder", "disconnect",
]  # fmt: skip
CALLS = st.dictionaries(st.sampled_from(ARGUMENTS), VALUES, max_size=6)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def call(slack: RunningPlayground, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(slack.url.removeprefix("http://"), timeout=10)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-playground"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    with connection.getresponse() as answer:
        content = answer.read()
    connection.close()
    is_json = answer.headers.get("Content-Type") == "application/json"
    return answer.status, json.loads(content) if is_json else content.decode(errors="replace")


@QUIET
@given(st.sampled_from(sorted(METHODS)), CALLS, st.booleans())
def test_the_web_api_always_answers(
    module_slack: RunningPlayground, method: str, args: dict[str, Any], in_help: bool
) -> None:
    if in_help:
        args |= {"channel": module_slack.playground.workspace(None).channel("help").id}
    status, answer = call(module_slack, "POST", f"/api/{method}", args)
    assert status == 200, answer
    assert answer["ok"] is True or answer["error"]


@QUIET
@given(st.sampled_from(sorted(set(ACTS) - {"app"})), CALLS, st.booleans())
def test_the_control_api_always_answers(
    module_slack: RunningPlayground, name: str, args: dict[str, Any], in_help: bool
) -> None:
    if in_help:
        args |= {"channel": "help", "user": "tom"}
    if name == "trouble":
        args.pop("delay_s", None)
        args |= {"clear": True, "api": []}
    status, answer = call(module_slack, "POST", f"/control/{name}", args)
    assert status in (200, 400), answer
    assert answer["ok"] is (status == 200)


@QUIET
@given(st.sampled_from(sorted(LOOKS)), st.dictionaries(st.sampled_from(ARGUMENTS), st.sampled_from(KNOWN), max_size=4))
def test_every_look_answers(module_slack: RunningPlayground, name: str, query: dict[str, str]) -> None:
    pairs = "&".join(f"{key}={value.replace('#', '%23')}" for key, value in query.items())
    status, answer = call(module_slack, "GET", f"/control/{name}?{pairs}", None)
    assert status in (200, 400), answer


KINDS = ["section", "actions", "input", "context", "header", "image", "markdown", "table", "context_actions", "divider"]
ELEMENTS = ["button", "static_select", "checkboxes", "plain_text_input", "feedback_buttons", "overflow", "datepicker"]
FIELDS = ["type", "text", "fields", "elements", "element", "accessory", "label", "rows", "options", "option_groups"]
FIELDS += ["action_id", "block_id", "positive_button", "negative_button", "value", "image_url", "alt_text", "hint"]
PARTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from([*KINDS, *ELEMENTS, "plain_text", "mrkdwn"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)
BLOCKS = st.lists(
    st.builds(
        lambda kind, rest: {**rest, "type": kind},
        st.sampled_from(KINDS),
        st.dictionaries(st.sampled_from(FIELDS), PARTS, max_size=4),
    ),
    max_size=3,
)


@QUIET
@given(BLOCKS, st.sampled_from(["message", "modal", "home", "stream"]))
def test_blocks_of_any_shape_are_taken_or_refused(module_slack: RunningPlayground, blocks: Any, where: str) -> None:
    workspace = module_slack.playground.workspace(None)
    maya = workspace.person("maya").id
    if where == "message":
        method, args = "chat.postMessage", {"channel": workspace.channel("help").id, "text": "x", "blocks": blocks}
    elif where == "stream":
        chunks = [{"type": "blocks", "blocks": blocks}]
        method, args = (
            "chat.startStream",
            {"channel": workspace.channel("help").id, "thread_ts": "1.2", "chunks": chunks},
        )
    else:
        view = {"type": where, "title": {"type": "plain_text", "text": "T"}, "submit": {"text": "S"}, "blocks": blocks}
        trigger_id = module_slack.playground.triggers.issue(workspace.team.id, maya)
        method = "views.open" if where == "modal" else "views.publish"
        args = {"trigger_id": trigger_id, "user_id": maya, "view": view}
    status, answer = call(module_slack, "POST", f"/api/{method}", args)
    assert status == 200, answer
    assert call(module_slack, "GET", "/control/messages?channel=help", None)[0] == 200
