"""The whole loop without a mouse, and a page that says what each of its parts is."""

from typing import TYPE_CHECKING

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import row
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HAS_FOCUS = "node => node === document.activeElement"


def press_until(page: "Page", key: str, selector: str, *, times: int = 40) -> None:
    """Press a key until what has the focus matches a selector."""
    for _ in range(times):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{times} times {key} did not lead to {selector}")


def become(page: "Page", name: str) -> None:
    """Become somebody else through the person switcher."""
    press_until(page, "F6", ".person-button")
    page.keyboard.press("Enter")
    item = page.get_by_role("menuitem", name=name)
    for _ in range(6):
        page.keyboard.press(name[0])
        if item.evaluate(HAS_FOCUS):
            break
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"You are {name}").wait_for()


def open_from_sidebar(page: "Page", channel: str) -> None:
    press_until(page, "F6", ".entry")
    page.keyboard.press("Home")
    for _ in range(30):
        if page.evaluate("document.activeElement.querySelector('.label')?.textContent") == channel:
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"#{channel}", exact=True).wait_for()


def write(page: "Page", text: str, pane: str = "#main") -> None:
    press_until(page, "F6", f"{pane} textarea")
    page.keyboard.type(text)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")


def test_the_whole_loop_is_done_without_a_mouse(desk: Desk) -> None:
    page = desk.open("finn", "help-desk")
    row(page, "Where are the spare keys?").wait_for()
    write(page, "@timbre and the other keys?")
    row(page, "and the other keys?").get_by_role("button", name="1 reply").wait_for()
    press_until(page, "Shift+F6", "#main .message")
    page.keyboard.press("ArrowUp")
    assert row(page, "Where are the spare keys?").evaluate(HAS_FOCUS)
    page.keyboard.press("t")
    answer = row(page, "blue tin", pane="#thread")
    answer.wait_for()

    become(page, "Ben Tolliver")
    press_until(page, "F6", "#thread .message")
    assert answer.evaluate(HAS_FOCUS)
    page.keyboard.press("r")
    page.keyboard.press("Enter")  # ✅ comes first
    answer.get_by_role("button", name="✅").and_(page.locator("[aria-pressed='true']")).wait_for()

    become(page, "Ada Quill")
    open_from_sidebar(page, "timbre-review")
    write(page, "/timbre retrain")
    report = row(page, "Run 2: a new voice")
    report.wait_for()

    become(page, "Cleo Marsh")
    report.wait_for()
    press_until(page, "F6", "#main .message")
    press_until(page, "ArrowUp", "#main .message:has(.block-header)")
    press_until(page, "Tab", ".button.primary")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("Put voice-2 in use?").wait_for()
    page.keyboard.press("Enter")
    row(page, "Live, approved by @Cleo Marsh").wait_for()


def test_the_focus_goes_back_to_where_a_menu_was_opened(desk: Desk) -> None:
    room = desk.room()
    desk.slack.control("post", user="finn", channel=room, text="point at me")
    page = desk.open("finn", room)
    row(page, "point at me").wait_for()
    press_until(page, "Shift+F6", "#main .message")
    page.keyboard.press("m")
    page.get_by_role("menu", name="Message actions").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.ariaLabel") == "More actions"
    page.keyboard.press("Escape")
    assert row(page, "point at me").evaluate(HAS_FOCUS)
    page.keyboard.press("e")
    page.get_by_role("dialog", name="Edit message").wait_for()
    page.keyboard.press("Escape")
    wait_until(lambda: row(page, "point at me").evaluate(HAS_FOCUS), "the message has the focus again")
    page.keyboard.press("Escape")
    assert page.locator("#main textarea").evaluate(HAS_FOCUS)


def test_the_keys_are_listed_at_a_question_mark(desk: Desk) -> None:
    page = desk.open("finn", desk.room())
    page.locator("#main .empty").wait_for()
    press_until(page, "F6", ".entry")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").get_by_text("open the message’s thread").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keyboard").wait_for(state="hidden")


def test_what_has_the_focus_can_be_seen(desk: Desk) -> None:
    page = desk.open("finn", "help-desk")
    row(page, "Where are the spare keys?").wait_for()
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(OUTLINE))
    assert {outlined for _name, outlined in map(tuple, (entry.split("|") for entry in seen))} == {"yes"}, seen


OUTLINE = """() => {
  const node = document.activeElement;
  const shown = [node, node.closest(".composer-box")].some((one) => {
    const style = one && getComputedStyle(one);
    return one === document.body || (style && (style.outlineStyle !== "none" || style.boxShadow !== "none"));
  });
  return `${node.tagName} ${node.className}|${shown ? "yes" : "no"}`;
}"""
NAMELESS = """() => [...document.querySelectorAll("button, input, select, textarea, a[href], img, [role=img]")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.ariaLabel || node.alt || node.labels?.length || node.textContent.trim()))
  .map((node) => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(
    "viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 780}], ids=["desk", "phone"]
)
def test_everything_that_can_be_used_has_a_name(desk: Desk, viewport: dict[str, int]) -> None:
    page = desk.open("ben", "help-desk", guide=True, viewport=viewport)
    row(page, "Where are the spare keys?").get_by_role("button", name="1 reply").click()
    row(page, "blue tin", pane="#thread").wait_for()
    assert page.evaluate(NAMELESS) == []
    row(page, "blue tin", pane="#thread").hover()
    row(page, "blue tin", pane="#thread").get_by_role("button", name="Add a reaction").first.click()
    assert page.evaluate(NAMELESS) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Traffic").click()
    page.locator("#inspector .frame").first.wait_for()
    assert page.evaluate(NAMELESS) == []


def test_nothing_moves_for_who_asked_for_less_motion(desk: Desk) -> None:
    room = desk.room()
    sent = desk.slack.control("post", user="finn", channel=room, text="think")
    page = desk.open("finn", room, thread=sent["ts"], reduced_motion="reduce")
    desk.slack.web.assistant_threads_setStatus(
        channel_id=sent["channel"], thread_ts=sent["ts"], status="is thinking…", loading_messages=["Reading"]
    )
    page.locator("#thread .thinking", has_text="is thinking… Reading").wait_for()
    wave = page.locator("#thread .wave i").first
    assert wave.evaluate("node => getComputedStyle(node).animationIterationCount") == "1"
    assert float(wave.evaluate("node => parseFloat(getComputedStyle(node).animationDuration)")) <= 0.001


def test_an_answer_is_seen_while_it_is_written(desk: Desk) -> None:
    room = desk.room()
    sent = desk.slack.control("post", user="finn", channel=room, text="tell me")
    me = desk.slack.look("state", as_="finn")["me"]["id"]
    team = desk.slack.look("state", as_="finn")["team"]["id"]
    page = desk.open("finn", room, thread=sent["ts"])
    web, place = desk.slack.web, {"channel": sent["channel"]}
    web.assistant_threads_setStatus(channel_id=sent["channel"], thread_ts=sent["ts"], status="is thinking…")
    page.locator("#thread .thinking", has_text="is thinking…").wait_for()
    ts = web.chat_startStream(
        **place, thread_ts=sent["ts"], recipient_user_id=me, recipient_team_id=team, markdown_text="In the **blue"
    )["ts"]
    answer = page.locator(f"#thread .message[data-ts='{ts}']")
    answer.get_by_label("still writing").wait_for()
    assert page.locator("#thread .thinking").count() == 0
    web.chat_appendStream(**place, ts=ts, markdown_text=" tin** by the door")
    answer.locator("strong", has_text="blue tin").wait_for()
    web.chat_stopStream(**place, ts=ts)
    answer.get_by_label("still writing").wait_for(state="detached")
