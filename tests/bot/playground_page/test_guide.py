"""The guide leads a newcomer through the loop."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from bot.demo.show import GUIDE
from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import row
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser


def test_its_five_buttons_and_five_acts_walk_through_the_whole_loop(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.goto(desk.slack.url)
    guide = page.locator("#guide")
    guide.get_by_role("button", name="Open a thread").click()
    reply = row(page, "blue tin", pane="#thread")
    reply.wait_for()
    guide.get_by_role("button", name="Become Ben Tolliver").click()
    page.get_by_role("button", name="You are Ben Tolliver").wait_for()
    reply = row(page, "blue tin", pane="#thread")
    reply.hover()
    reply.get_by_role("button", name="React white check mark").click()
    guide.get_by_role("button", name="Become Finn Odell").click()
    page.get_by_role("button", name="You are Finn Odell").wait_for()
    page.get_by_text("You are now Finn Odell (Member)").wait_for()
    composer = page.locator("#main textarea")
    wait_until(lambda: composer.input_value() == "@timbre Where are the spare keys?", "the question waits")
    guide.get_by_text("Your question waits in the composer").wait_for()
    composer.press("Enter")
    guide.get_by_role("button", name="Become Ada Quill").click()
    page.get_by_role("button", name="You are Ada Quill").wait_for()
    wait_until(lambda: composer.input_value() == "/timbre retrain", "the command waits")
    guide.get_by_text("/timbre retrain waits in the composer").wait_for()
    composer.press("Enter")
    guide.get_by_text("The report is in #timbre-review").wait_for()
    guide.get_by_role("button", name="Become Ben Tolliver").click()
    page.get_by_role("button", name="You are Ben Tolliver").wait_for()
    row(page, "Run 2: a new voice").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    guide.get_by_role("button", name="Become Finn Odell").click()
    page.get_by_role("button", name="You are Finn Odell").wait_for()
    wait_until(lambda: composer.input_value() == "@timbre Where are the spare keys?", "the question waits")
    composer.press("Enter")
    guide.get_by_text("That was the loop").wait_for()
    second = page.url
    guide.get_by_role("button", name="Read the first answer").click()
    wait_until(lambda: page.url != second, "the first thread is open")
    row(page, "In the blue tin, by the door.", pane="#thread").wait_for()
    guide.get_by_role("button", name="Read the second answer").click()
    wait_until(lambda: page.url == second, "the second thread is open")
    assert guide.locator(".guide-step.done").count() == 5


def test_an_answer_to_approve_shows_its_buttons_though_its_thread_is_open_already(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.goto(desk.slack.url)
    guide = page.locator("#guide")
    guide.get_by_role("button", name="Open a thread").click()
    guide.get_by_role("button", name="Become Ben Tolliver").click()
    reply = row(page, "blue tin", pane="#thread")
    for _ in range(2):
        wait_until(lambda: opacity(reply.locator(".toolbar")) == "1", "the reply shows its buttons")
        page.locator("#main textarea").focus()
        wait_until(lambda: opacity(reply.locator(".toolbar")) == "0", "they hide again")
        guide.get_by_role("button", name="Show me an answer").click()
    wait_until(lambda: opacity(reply.locator(".toolbar")) == "1", "the reply shows its buttons")


def opacity(element: "Locator") -> str:
    return str(element.evaluate("(node) => getComputedStyle(node).opacity"))


def test_training_is_ticked_when_its_report_is_there(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ step: 3 }))")
    page.goto(desk.slack.url)
    nothing_yet = {"ok": True, "messages": [], "has_more": False}
    page.route("**/control/messages?*", lambda route: route.fulfill(json=nothing_yet))
    guide = page.locator("#guide")
    guide.get_by_role("button", name="Become Ada Quill").click()
    guide.get_by_text("/timbre retrain waits in the composer").wait_for()
    page.locator("#main textarea").press("Enter")
    guide.get_by_role("button", name="Training…").wait_for()
    assert guide.get_by_role("button", name="Training…").is_disabled()
    assert guide.locator(".guide-step.done").count() == 0
    page.unroute("**/control/messages?*")
    guide.get_by_text("The report is in #timbre-review").wait_for()
    assert guide.locator(".guide-step.done").count() == 1


def test_the_terminal_names_the_steps_of_the_page(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.goto(desk.slack.url)
    page.locator(".guide-name").first.wait_for(state="attached")
    titles = page.locator(".guide-name").all_text_contents()
    assert re.findall(r"^  \d\. (.+)$", GUIDE, re.MULTILINE) == titles


def test_it_stays_dismissed_and_opens_again(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.goto(desk.slack.url)
    page.get_by_role("button", name="Close the guide").click()
    page.locator("#guide").wait_for(state="hidden")
    page.reload()
    page.get_by_role("button", name="You are").wait_for()
    assert page.locator("#guide").is_hidden()
    page.get_by_role("button", name="Guide", exact=True).click()
    page.locator("#guide").wait_for()


def test_it_waits_for_the_report_to_say_what_was_decided(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ step: 4 }))")
    review = desk.slack.playground.workspace(None).channel("timbre-review").id
    header = {"type": "header", "text": {"type": "plain_text", "text": "Run 9: a new voice"}}
    button = {"type": "button", "action_id": "approve_later", "text": {"type": "plain_text", "text": "Approve"}}
    report: list[dict[str, Any]] = [header, {"type": "actions", "elements": [button]}]
    ts = desk.slack.web.chat_postMessage(channel=review, text="a report", blocks=report)["ts"]
    page.goto(f"{desk.slack.url}/#/ben/timbre-review/")
    guide = page.locator("#guide")
    guide.get_by_text("press Approve under it").wait_for()
    row(page, "Run 9").get_by_role("button", name="Approve").click()
    guide.get_by_text("You have decided").wait_for()
    desk.slack.web.chat_update(channel=review, ts=ts, text="decided", blocks=[header])
    guide.get_by_role("button", name="Become Finn Odell").wait_for()


def test_in_a_workspace_that_has_been_through_it_a_new_browser_may_start_anew(desk: Desk) -> None:
    review = desk.slack.playground.workspace(None).channel("timbre-review").id
    header = {"type": "header", "text": {"type": "plain_text", "text": "A new voice is ready: v1"}}
    ts = desk.slack.web.chat_postMessage(channel=review, text="decided", blocks=[header])["ts"]
    page = desk.blank(guide=True)
    page.goto(desk.slack.url)
    guide = page.locator("#guide")
    guide.get_by_text("A voice was decided on here before").wait_for()
    guide.get_by_role("button", name="Start anew").click()
    guide.get_by_role("button", name="Open a thread").wait_for()
    desk.slack.web.chat_delete(channel=review, ts=ts)


def test_on_a_phone_it_speaks_of_tapping(desk: Desk) -> None:
    page = desk.blank(guide=True, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ step: 1 }))")
    page.goto(f"{desk.slack.url}/#/ben/help-desk/")
    page.locator("#guide").get_by_text("Tap the reply").wait_for()
