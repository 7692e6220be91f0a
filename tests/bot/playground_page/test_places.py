"""Nothing lies on what one is about to read or press."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import be, compose, row
from tests.playground_server import RunningPlayground, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Locator

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


def box(element: "Locator") -> "FloatRect":
    found = element.bounding_box()
    assert found is not None
    return found


def lie_apart(one: "Locator", other: "Locator") -> bool:
    a, b = box(one), box(other)
    beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    return beside or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]


def test_a_channels_end_stays_in_sight_when_a_thread_opens_beside_it(desk: Desk) -> None:
    room = desk.room()
    for number in range(12):
        desk.slack.control("post", user="finn", channel=room, text=f"{number} " + "a line that wraps when narrow " * 9)
    page = desk.open("finn", room, viewport={"width": 1200, "height": 700})
    row(page, "11 a line").wait_for()
    compose(page, "the last word")
    row(page, "the last word").hover()
    row(page, "the last word").get_by_role("button", name="thread").click()
    page.locator("#thread textarea").wait_for()
    scroller = page.locator("#main .scroller")
    gap = "(node) => node.scrollHeight - node.scrollTop - node.clientHeight"
    wait_until(lambda: scroller.evaluate(gap) < 2, "the channel shows its end")
    page.wait_for_timeout(200)
    assert scroller.evaluate(gap) < 2


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_the_menu_behind_the_plus_lies_in_its_pane_and_off_the_composer(desk: Desk, width: int) -> None:
    page = desk.open("finn", desk.room(), viewport={"width": width, "height": 780})
    page.get_by_label("Attach a file, or a shortcut").click()
    menu = page.get_by_role("menu")
    assert box(menu)["x"] >= box(page.locator("#main"))["x"]
    assert lie_apart(menu, page.locator("#main .composer-box"))


def test_a_short_message_lies_on_the_bar_and_the_next_takes_its_place(desk: Desk) -> None:
    page = desk.open("finn", desk.room())
    be(page, "Ada Quill")
    be(page, "Ben Tolliver")
    page.get_by_text("You are now Ben Tolliver").wait_for()
    assert page.locator(".toast").count() == 1
    assert lie_apart(page.locator(".toast"), page.locator("#main"))


def test_a_messages_buttons_leave_its_time_and_its_text_in_sight_on_a_phone(desk: Desk) -> None:
    room = desk.room()
    desk.slack.control("post", user="ben", channel=room, text="hello from the slipway")
    page = desk.open("finn", room, **PHONE)
    message = row(page, "hello from")
    message.tap()
    message.locator(".toolbar").wait_for()
    assert lie_apart(message.locator(".toolbar"), message.locator(".message-head"))
    assert page.locator("#thread").is_hidden()  # the tap pressed none of them


def test_cards_of_one_author_are_told_apart(desk: Desk) -> None:
    room = desk.room()
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    channel = desk.slack.playground.workspace(None).channel(room).id
    for text in ("first", "second"):
        blocks: list[dict[str, Any]] = [
            {"type": "section", "text": {"type": "plain_text", "text": text}},
            {"type": "actions", "elements": [button]},
        ]
        desk.slack.web.chat_postMessage(channel=channel, text=text, blocks=blocks)
    page = desk.open("finn", room)
    line = "(node) => getComputedStyle(node, '::before').borderTopWidth"
    assert row(page, "second").evaluate(line) == "1px"
    assert box(row(page, "second"))["y"] - box(row(page, "first"))["y"] - box(row(page, "first"))["height"] >= 8


def test_an_empty_playground_shows_neither_guide_nor_person_and_says_how_to_connect(browser: "Browser") -> None:
    with RunningPlayground() as slack:
        profile = browser.new_context()
        page = profile.new_page()
        page.goto(slack.url)
        page.get_by_text("This workspace is empty").wait_for()
        assert page.locator("#guide").is_hidden()
        assert page.locator(".person-button").is_hidden()
        people = [{"name": name} for name in ("maya", "tom", "ines", "bo")]
        slack.control("seed", people=people, channels=[{"name": "help", "members": ["maya", "tom"]}])
        page.get_by_role("button", name=re.compile("You are")).wait_for()
        assert page.get_by_role("button", name="Guide", exact=True).is_hidden()
        assert page.locator("#guide").is_hidden()
        page.get_by_role("button", name="How to connect one").click()
        page.get_by_text(f"{slack.url}/api/").wait_for()
        profile.close()
