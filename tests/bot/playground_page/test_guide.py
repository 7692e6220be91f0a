"""The guide leads a newcomer through the loop."""

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import row
from tests.playground_server import wait_until

pytestmark = pytest.mark.browser


def test_its_five_buttons_and_five_acts_walk_through_the_whole_loop(desk: Desk) -> None:
    page = desk.blank(guide=True)
    page.goto(desk.slack.url)
    guide = page.locator("#guide")
    guide.get_by_role("button", name="Open a thread").click()
    reply = row(page, "blue tin", pane="#thread")
    reply.wait_for()
    guide.get_by_role("button", name="Be a reviewer").click()
    page.get_by_role("button", name="You are Ben Tolliver").wait_for()
    reply = row(page, "blue tin", pane="#thread")
    reply.hover()
    reply.get_by_role("button", name="React white check mark").click()
    guide.get_by_role("button", name="Ask a question").click()
    page.get_by_role("button", name="You are Finn Odell").wait_for()
    composer = page.locator("#main textarea")
    wait_until(lambda: composer.input_value() == "@timbre Where are the spare keys?", "the question waits")
    composer.press("Enter")
    guide.get_by_role("button", name="Be an admin").click()
    page.get_by_role("button", name="You are Ada Quill").wait_for()
    wait_until(lambda: composer.input_value() == "/timbre retrain", "the command waits")
    composer.press("Enter")
    guide.get_by_role("button", name="Open the report").click()
    page.get_by_role("button", name="You are Ben Tolliver").wait_for()
    row(page, "Run 2: a new voice").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    guide.get_by_role("button", name="Ask the same question").click()
    page.get_by_role("button", name="You are Finn Odell").wait_for()
    wait_until(lambda: composer.input_value() == "@timbre Where are the spare keys?", "the question waits")
    assert guide.locator(".guide-step.done").count() == 5


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
