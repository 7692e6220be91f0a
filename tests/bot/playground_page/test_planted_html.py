"""HTML is planted wherever people and bots can write something; it must show as text, and nothing of it may run."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.forms import block, form, options, plain
from tests.bot.playground_page.test_files import payload
from tests.bot.playground_page.test_page import compose, row
from tests.playground_server import RunningPlayground, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Short enough for a modal's title, which takes 24 characters.
IMAGE = "<img src=x onerror=h()>"
EVIL = f"{IMAGE}<script>h()</script><svg onload=h()>"
MRKDWN = {"type": "mrkdwn", "text": EVIL}
OPTIONS = [{"text": plain(IMAGE), "value": "a", "description": plain(IMAGE)}, *options("b")]
INPUTS = [
    block("Title", {"type": "plain_text_input", "initial_value": EVIL, "placeholder": plain(EVIL)}, hint=plain(EVIL)),
    block("Text", {"type": "plain_text_input", "multiline": True, "initial_value": EVIL}),
    block("Kind", {"type": "static_select", "options": OPTIONS, "placeholder": plain(EVIL)}),
    block("Then", {"type": "radio_buttons", "options": [*OPTIONS, *options("errors")]}),
    block("Tags", {"type": "checkboxes", "options": OPTIONS}),
    block(EVIL, {"type": "users_select"}, block_id="person"),
    block("Channel", {"type": "conversations_select"}),
]

MARKDOWN = f"# {EVIL}\n\n- {EVIL}\n\n| {EVIL} |\n|---|\n| {EVIL} |\n\n```\n{EVIL}\n```\n[{EVIL}](javascript:h())"
CELL, RICH = {"type": "raw_text", "text": EVIL}, {"type": "text", "text": EVIL}
BLOCKS: dict[str, dict[str, Any]] = {
    "header": {"text": plain(EVIL)},
    "section": {"text": MRKDWN, "accessory": {"type": "button", "text": plain(IMAGE), "action_id": "b"}},
    "section of fields": {"fields": [MRKDWN, plain(EVIL)]},
    "section with a menu": {"text": MRKDWN, "accessory": {"type": "overflow", "options": OPTIONS, "action_id": "o"}},
    "section with a select": {"text": MRKDWN, "accessory": INPUTS[2]["element"]},
    "section with a picture": {
        "text": MRKDWN,
        "accessory": {"type": "image", "image_url": "https://example.com/x.png", "alt_text": EVIL},
    },
    "context": {"elements": [MRKDWN, plain(EVIL)]},
    "actions": {"elements": [{"type": "button", "text": plain(IMAGE), "value": EVIL, "action_id": "x"}]},
    "image": {"image_url": "https://example.com/x.png", "alt_text": EVIL, "title": plain(EVIL)},
    "markdown": {
        "text": f"# {EVIL}\n\n- {EVIL}\n\n| {EVIL} |\n|---|\n| {EVIL} |\n\n```\n{EVIL}\n```\n[{EVIL}](javascript:h())"
    },
    "table": {"rows": [[CELL], [CELL]]},
    "rich_text": {"elements": [{"type": "rich_text_section", "elements": [RICH, {**RICH, "style": {"code": True}}]}]},
    "context_actions": {
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": plain(IMAGE), "value": "1"},
                "negative_button": {"text": plain(IMAGE), "value": "0"},
            }
        ]
    },
}


@pytest.fixture(scope="module")
def planted(slack: RunningPlayground) -> RunningPlayground:
    """Plant HTML in everything that a seed can name."""
    slack.control(
        "seed",
        team={"name": EVIL, "domain": "lanternhouse"},
        app={
            "name": "timbre",
            "real_name": EVIL,
            "commands": [{"command": "/timbre", "description": EVIL, "usage_hint": EVIL}],
            "shortcuts": [
                {"callback_id": "approve_answer", "name": IMAGE},
                {"callback_id": "open_form", "name": IMAGE, "type": "global"},
            ],
        },
        people=[{"name": "mallory", "real_name": EVIL, "title": EVIL}],
        user_groups=[{"handle": "evil", "name": EVIL, "members": ["mallory"]}],
        channels=[
            {"name": "lair", "topic": EVIL, "members": ["ada", "mallory", "timbre"]},
            {"name": "den", "purpose": EVIL, "members": ["ada", "mallory", "timbre"]},
        ],
    )
    return slack


@pytest.fixture
def page(planted: RunningPlayground, desk: Desk) -> "Iterator[Page]":
    """A page of Ada's in the channel that is named after what is planted; nothing may have been run at the end."""
    page = desk.open("ada", "lair")
    assert planted is desk.slack
    page.evaluate("() => { window.h = () => { window.hacked = true; }; }")
    yield page
    page.wait_for_timeout(50)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src='x'], body script, [onerror], [onload], a[href^='javascript:']").count() == 0
    for view in reversed(desk.slack.look("views", as_="ada")["views"]):
        desk.slack.control("close", user="ada", view_id=view["id"])


def shows(page: "Page") -> bool:
    """Say whether the planted text is in sight: written out, held by a field, read aloud, or shown on hover."""
    script = """(planted) => {
      const texts = [document.body.innerText];
      for (const node of document.body.querySelectorAll("*"))
        texts.push(...[...node.attributes].map(({ value }) => value), node.value ?? "");
      return texts.join("\\n").includes(planted);
    }"""
    return bool(page.evaluate(script, IMAGE))


def post(desk: Desk, **fields: Any) -> dict[str, Any]:
    return desk.slack.control("post", user="mallory", channel="lair", **fields)


@pytest.mark.parametrize("kind", BLOCKS)
def test_in_a_block(kind: str, page: "Page", desk: Desk) -> None:
    drawn = {"type": kind.split()[0], **BLOCKS[kind]}
    sent = desk.slack.web.chat_postMessage(channel="#lair", text="no blocks", blocks=[drawn])
    message = page.locator(f"#main .message[data-ts='{sent['ts']}']")
    message.wait_for()
    assert "onerror=h()" in message.inner_html().replace("&gt;", ">")
    if drawn.get("accessory", {}).get("type") == "overflow":
        message.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name=IMAGE).first.wait_for()


def in_a_message(desk: Desk, page: "Page") -> None:
    post(desk, text=f"{EVIL} *{EVIL}* `{EVIL}` ~{EVIL}~\n> {EVIL}\n```{EVIL}```")
    row(page, "onerror").wait_for()


def in_a_link_with_a_bad_scheme(desk: Desk, page: "Page") -> None:
    desk.slack.web.chat_postMessage(channel="#lair", text=f"<javascript:h()|{IMAGE}> <data:text/html,{IMAGE}|x>")
    row(page, "javascript:h()").wait_for()


def in_an_attachment(desk: Desk, page: "Page") -> None:
    attachment = {"title": EVIL, "text": EVIL, "pretext": EVIL, "footer": EVIL, "color": '"><script>'}
    desk.slack.web.chat_postMessage(channel="#lair", text="attached", attachments=[attachment])
    page.locator(".attachment").last.wait_for()


def in_the_name_of_a_file(desk: Desk, page: "Page") -> None:
    desk.slack.control("upload", user="mallory", channel="lair", name=f"{EVIL}.html", content_base64="PGI+")
    page.locator(".file").last.wait_for()
    page.locator("#main").get_by_label("Files", exact=True).set_input_files([payload(f"{IMAGE}.txt", b"", "text/html")])
    page.locator(".toast", has_text="is empty").wait_for()


def in_a_topic(_desk: Desk, page: "Page") -> None:
    page.locator(".topic", has_text=IMAGE).wait_for()


def in_a_purpose(_desk: Desk, page: "Page") -> None:
    page.get_by_role("navigation").get_by_role("button", name="den").click()
    page.locator(".topic", has_text=IMAGE).wait_for()


def in_the_name_of_a_channel(desk: Desk, page: "Page") -> None:
    desk.slack.control("seed", channels=[{"name": IMAGE, "members": ["ada"]}])
    page.get_by_role("navigation").get_by_role("button", name=f"# {IMAGE}").click()
    page.get_by_role("heading", name=f"#{IMAGE}", exact=True).wait_for()
    page.get_by_role("heading", name=f"This is the start of #{IMAGE}").wait_for()


def in_the_names_of_people_and_of_the_team(_desk: Desk, page: "Page") -> None:
    page.get_by_role("button", name="Be somebody else").click()
    page.get_by_role("menuitem", name=IMAGE).wait_for()
    page.locator(".team", has_text=IMAGE).wait_for()


def in_a_mention(desk: Desk, page: "Page") -> None:
    post(desk, text="hello @mallory and @evil")
    page.locator(".mention", has_text=IMAGE).last.wait_for()


def in_what_completes_a_name(_desk: Desk, page: "Page") -> None:
    page.locator("#main textarea").press_sequentially("@mal")
    page.locator(".completion", has_text=IMAGE).wait_for()


def in_what_completes_a_group(_desk: Desk, page: "Page") -> None:
    page.locator("#main textarea").press_sequentially("@evi")
    page.locator(".completion", has_text=IMAGE).wait_for()


def in_what_completes_a_command(_desk: Desk, page: "Page") -> None:
    page.locator("#main textarea").press_sequentially("/ti")
    page.locator(".completion", has_text=IMAGE).wait_for()


def in_the_name_of_a_shortcut(desk: Desk, page: "Page") -> None:
    post(desk, text="to be pointed at")
    row(page, "to be pointed at").hover()
    row(page, "to be pointed at").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=IMAGE).wait_for()


def in_a_status(desk: Desk, page: "Page") -> None:
    sent = post(desk, text="think about it")
    row(page, "think about it").hover()
    row(page, "think about it").get_by_role("button", name="Reply in thread").click()
    desk.slack.web.assistant_threads_setStatus(
        channel_id=sent["channel"], thread_ts=sent["ts"], status=EVIL, loading_messages=[EVIL]
    )
    page.locator("#thread .thinking", has_text=IMAGE).wait_for()


def in_suggested_prompts(desk: Desk, page: "Page") -> None:
    sent = desk.slack.control("post", user="ada", channel="@timbre", text="hello")
    desk.slack.web.assistant_threads_setSuggestedPrompts(
        channel_id=sent["channel"], thread_ts=sent["ts"], title=EVIL, prompts=[{"title": EVIL, "message": EVIL}]
    )
    page.goto(f"{desk.slack.url}/#/ada/@timbre/{sent['ts']}")
    page.locator("#thread .suggestions .chip", has_text=IMAGE).click()


def in_an_error(desk: Desk, page: "Page") -> None:
    refusal = {"ok": False, "error": EVIL, "hint": EVIL}
    page.route("**/control/post", lambda route: route.fulfill(json=refusal))
    compose(page, "refused")
    page.locator(".toast", has_text=IMAGE).wait_for()
    page.unroute("**/control/post")


def in_the_text_that_is_edited(_desk: Desk, page: "Page") -> None:
    compose(page, EVIL)
    row(page, "onerror").wait_for()
    page.locator("#main textarea").press("ArrowUp")
    wait_until(lambda: IMAGE in page.get_by_role("dialog").get_by_role("textbox").input_value(), "the text is there")


def in_a_question_before_a_click(desk: Desk, page: "Page") -> None:
    confirm = {"title": plain(IMAGE), "text": plain(EVIL), "confirm": plain(IMAGE), "deny": plain(IMAGE)}
    button = {"type": "button", "text": plain("Sure?"), "action_id": "rate", "confirm": confirm}
    desk.slack.web.chat_postMessage(channel="#lair", text="x", blocks=[{"type": "actions", "elements": [button]}])
    page.get_by_role("button", name="Sure?").last.click()
    page.get_by_role("dialog", name=IMAGE).get_by_role("button", name=IMAGE).first.click()


def in_app_home(desk: Desk, page: "Page") -> None:
    me = desk.slack.look("state", as_="ada")["me"]["id"]
    page.goto(f"{desk.slack.url}/#/ada/~home")
    page.get_by_role("heading", name="Your voice at a glance").wait_for()
    drawn = [{"type": kind.split()[0], **fields} for kind, fields in BLOCKS.items() if kind in ("header", "section")]
    desk.slack.web.views_publish(user_id=me, view={"type": "home", "blocks": [*drawn, *INPUTS]})
    page.locator(".home h3", has_text=IMAGE).wait_for()


def in_a_modal_and_in_its_errors(desk: Desk, page: "Page") -> None:
    trigger = desk.slack.control("command", user="ada", channel="lair", command="/timbre", text="x")["trigger_id"]
    view = {**form(IMAGE, INPUTS), "private_metadata": EVIL, "close": plain(IMAGE)}
    desk.slack.web.views_open(trigger_id=trigger, view=view)
    dialog = page.get_by_role("dialog", name=IMAGE)
    dialog.get_by_label("Kind").select_option("a")
    dialog.get_by_label("Errors").check()
    dialog.get_by_label("Channel", exact=True).select_option(label="#lair")
    dialog.locator("[data-field='person it']").select_option(label="Ben Tolliver")
    dialog.locator("[data-field='tags it'] input").first.check()
    dialog.get_by_role("button", name="Send").click()
    dialog.locator(".error", has_text=IMAGE).first.wait_for()


def in_raw_traffic(desk: Desk, page: "Page") -> None:
    page.get_by_role("button", name="Traffic").click()
    page.get_by_label("Filter").fill("postmessage")
    desk.slack.web.chat_postMessage(channel="#lair", text=EVIL)
    page.locator("#inspector .frame").first.click()
    page.locator("#inspector pre", has_text=IMAGE).first.wait_for()


PLACES: list[Callable[[Desk, "Page"], None]] = [
    in_a_message,
    in_a_link_with_a_bad_scheme,
    in_an_attachment,
    in_the_name_of_a_file,
    in_a_topic,
    in_a_purpose,
    in_the_name_of_a_channel,
    in_the_names_of_people_and_of_the_team,
    in_a_mention,
    in_what_completes_a_name,
    in_what_completes_a_group,
    in_what_completes_a_command,
    in_the_name_of_a_shortcut,
    in_a_status,
    in_suggested_prompts,
    in_an_error,
    in_the_text_that_is_edited,
    in_a_question_before_a_click,
    in_app_home,
    in_a_modal_and_in_its_errors,
    in_raw_traffic,
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_elsewhere(place: Callable[[Desk, "Page"], None], page: "Page", desk: Desk) -> None:
    place(desk, page)
    assert shows(page)
