"""A channel of thousands of messages, and one where they come faster than anybody reads."""

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.painting import (
    first_message_ms,
    frame_gaps_ms,
    message_nodes,
    watch_first_message,
    watch_frames,
)
from tests.bot.playground_page.test_page import row
from tests.playground_server import RunningPlayground, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MANY = 5000
WINDOW = 120
FIRST_PAINT_MS = 1000
OPENINGS = 10  # one of which a busy machine leaves alone; `python -m tests.bench.page` tells what is usual


@pytest.fixture(scope="module")
def big(slack: RunningPlayground) -> str:
    """Return the name of a channel with many messages."""
    seed_many(slack, "big")
    return "big"


def seed_many(slack: RunningPlayground, name: str, count: int = MANY) -> None:
    members = ["ada", "ben", "finn", "timbre"]
    messages = [
        {"key": f"{name}-{n}", "channel": name, "user": "ada", "text": f"message {n} of many"} for n in range(count)
    ]
    slack.control("seed", channels=[{"name": name, "members": members}], messages=messages)


def test_it_opens_at_once(desk: Desk, big: str) -> None:
    taken: list[float] = []
    while len(taken) < OPENINGS and min(taken, default=FIRST_PAINT_MS) >= FIRST_PAINT_MS:
        page = desk.blank()
        watch_first_message(page)
        page.goto(f"{desk.slack.url}/#/finn/{big}")
        taken.append(first_message_ms(page))
    assert min(taken) < FIRST_PAINT_MS, taken
    row(page, f"message {MANY - 1} of many").wait_for()
    assert message_nodes(page) <= WINDOW


def test_scrolling_back_loads_what_is_older_without_a_jump(desk: Desk, big: str) -> None:
    page = desk.open("finn", big)
    row(page, f"message {MANY - 1} of many").wait_for()
    for _ in range(6):
        before = numbers(page)
        page.locator("#main .scroller").evaluate("node => { node.scrollTop = 40; }")
        seen, offset = page.evaluate(TOPMOST)
        wait_until(partial(shows_before, page, before[0]), "older messages are there")
        assert page.evaluate(PLACE_OF, seen) == pytest.approx(offset, abs=2)
        assert len(numbers(page)) <= WINDOW
        assert numbers(page) == list(range(numbers(page)[0], numbers(page)[-1] + 1))
    assert numbers(page)[-1] < MANY - 1


def test_the_wheel_goes_back_and_the_button_returns_to_the_end(desk: Desk, big: str) -> None:
    page = desk.open("finn", big)
    row(page, f"message {MANY - 1} of many").wait_for()
    page.locator("#main .scroller").hover()
    for _ in range(40):
        page.mouse.wheel(0, -1500)
        page.wait_for_timeout(20)
    wait_until(lambda: numbers(page)[0] < MANY - 300, "it went back")
    assert message_nodes(page) <= WINDOW
    desk.slack.control("post", user="ada", channel=big, text=f"message {MANY} of many")
    page.get_by_role("button", name="New messages").click()
    row(page, f"message {MANY} of many").wait_for()


def test_one_can_write_while_messages_stream_in(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    page.locator("#main .empty").wait_for()
    sent = threading.Thread(target=post_many, args=(desk.slack, room, 600))
    watch_frames(page)
    sent.start()
    page.locator("#main textarea").click()
    page.keyboard.type("written while they came", delay=20)
    while sent.is_alive():
        assert message_nodes(page) <= WINDOW
        sent.join(0.05)
    assert page.locator("#main textarea").input_value() == "written while they came"
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    row(page, "message 599 of many").wait_for()
    assert numbers(page) == list(range(600 - len(numbers(page)), 600))
    assert frame_gaps_ms(page)[-1] < 2000
    page.locator("#main textarea").press("Enter")
    row(page, "written while they came").wait_for()


def test_who_reads_older_messages_stays_where_they_are_while_others_come(desk: Desk) -> None:
    room = desk.room()
    post_many(desk.slack, room, 150)
    page = desk.open("finn", room)
    row(page, "message 149 of many").wait_for()
    page.locator("#main .scroller").evaluate("node => { node.scrollTop = 300; }")
    page.wait_for_timeout(100)  # the page hears of it with the next frame
    seen, offset = page.evaluate(TOPMOST)
    for n in range(200):
        desk.slack.control("post", user="ada", channel=room, text=f"message {150 + n} of many")
    page.get_by_role("button", name="New messages").wait_for()
    assert page.evaluate(PLACE_OF, seen) == pytest.approx(offset, abs=2)


def test_the_sidebar_can_be_used_while_messages_stream_in_elsewhere(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", "help-desk")
    row(page, "Where are the spare keys?").wait_for()
    entry = page.get_by_role("navigation").get_by_role("button", name="help-desk")
    entry.focus()
    known = entry.element_handle()
    post_many(desk.slack, room, 100)
    page.get_by_role("button", name=room).get_by_label("unread").wait_for()
    assert entry.evaluate("(node, known) => node === known && node === document.activeElement", known)


TOPMOST = """() => {
  const top = document.querySelector("#main .scroller").getBoundingClientRect().top;
  const rows = [...document.querySelectorAll("#main .message")];
  const row = rows.find((node) => node.getBoundingClientRect().bottom > top);
  return [row.dataset.ts, row.getBoundingClientRect().top];
}"""
PLACE_OF = """(ts) => document.querySelector(`#main .message[data-ts="${ts}"]`).getBoundingClientRect().top"""


def post_many(slack: RunningPlayground, channel: str, count: int) -> None:
    for n in range(count):
        slack.control("post", user="ada", channel=channel, text=f"message {n} of many")


def numbers(page: "Page") -> list[int]:
    """Return the numbers of the messages drawn."""
    return [int(text.split()[1]) for text in page.locator("#main .message .text").all_inner_texts()]


def test_a_link_to_a_message_far_back_opens_the_channel_there(desk: Desk, big: str) -> None:
    key = f"{big}-40"
    again = [{"key": key, "channel": big, "user": "ada", "text": "message 40 of many"}]
    ts = desk.slack.control("seed", messages=again)["messages"][key]
    channel = desk.slack.look("messages", channel=big, limit=1)["channel"]
    page = desk.open("finn", "help-desk")
    page.goto(f"{desk.slack.url}/archives/{channel}/p{ts.replace('.', '')}")
    found = row(page, "message 40 of many")
    found.wait_for()
    wait_until(lambda: found.evaluate("node => node === document.activeElement"), "the message has the focus")
    for _ in range(3):
        before = numbers(page)[-1]
        page.locator("#main .scroller").evaluate("node => { node.scrollTop = node.scrollHeight; }")
        wait_until(partial(shows_past, page, before), "newer messages show")
    assert len(numbers(page)) <= WINDOW


def shows_before(page: "Page", number: int) -> bool:
    return numbers(page)[0] < number


def shows_past(page: "Page", number: int) -> bool:
    return numbers(page)[-1] > number
