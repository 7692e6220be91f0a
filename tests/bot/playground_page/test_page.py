"""People do things by clicking and typing, and see what others do."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def compose(page: "Page", text: str, *, pane: str = "#main") -> None:
    page.locator(f"{pane} textarea").fill(text)
    page.locator(pane).get_by_role("button", name="Send").click()


def row(page: "Page", text: str, *, pane: str = "#main") -> "Locator":
    return page.locator(f"{pane} .message", has_text=text).last


def be(page: "Page", name: str) -> None:
    page.get_by_role("button", name="Be somebody else").click()
    page.get_by_role("menuitem", name=name).click()
    page.get_by_role("button", name=f"You are {name}").wait_for()


def test_what_one_person_posts_the_other_sees_at_once(desk: Desk) -> None:
    room = desk.room()
    finn, ada = desk.open("finn", room), desk.open("ada", room)
    compose(finn, "hello *all*, ask @ada")
    row(ada, "hello all, ask @Ada Quill").wait_for()
    assert ada.locator(".message strong").inner_text() == "all"
    assert "mentions-me" in (row(ada, "hello all").get_attribute("class") or "")


def test_a_reviewer_approves_with_a_click_and_takes_it_back_with_another(desk: Desk) -> None:
    room = desk.room()
    ts = desk.slack.control("post", user="finn", channel=room, text="an answer")["ts"]
    page = desk.open("ben", room)
    row(page, "an answer").hover()
    row(page, "an answer").get_by_role("button", name="React white check mark").click()
    chip = row(page, "an answer").locator(".reaction")
    chip.wait_for()
    stored = desk.slack.messages(room)[-1]
    assert (stored["ts"], [r["name"] for r in stored["reactions"]]) == (ts, ["white_check_mark"])
    chip.click()
    chip.wait_for(state="detached")
    assert not desk.slack.messages(room)[-1].get("reactions")


def test_a_mention_is_answered_in_a_thread_that_can_be_rated(desk: Desk) -> None:
    page = desk.open("finn", desk.room())
    compose(page, "@timbre where are the spare keys?")
    page.get_by_role("button", name="1 reply").click()
    answer = row(page, "blue tin", pane="#thread")
    answer.get_by_text("APP").wait_for()
    helpful = answer.get_by_role("button", name="Helpful", exact=True)
    helpful.click()
    wait_until(lambda: any(f["name"].endswith("block_actions") for f in desk.slack.look("traffic")["frames"]), "rated")
    assert helpful.get_attribute("aria-pressed") == "true"


def test_a_thread_takes_replies_and_shows_them_in_the_channel_when_asked(desk: Desk) -> None:
    room = desk.room()
    desk.slack.control("post", user="ada", channel=room, text="a question")
    page = desk.open("finn", room)
    row(page, "a question").hover()
    row(page, "a question").get_by_role("button", name="Reply in thread").click()
    page.get_by_label(f"Also to #{room}").check()
    compose(page, "a reply for all", pane="#thread")
    row(page, "a reply for all", pane="#thread").wait_for()
    row(page, "a reply for all").get_by_text("Replied to a thread").wait_for()


def test_what_becomes_of_a_channel_is_told_in_quiet_lines(desk: Desk) -> None:
    room = desk.room()
    there = {"user": "ada", "channel": desk.slack.look("messages", channel=room)["channel"]}
    desk.slack.control("leave", user="cleo", channel=room)
    desk.slack.control("join", user="cleo", channel=room)
    desk.slack.control("channel", **there, act="rename", name=f"{room}-b")
    desk.slack.control("channel", **there, act="archive")
    page = desk.open("finn", f"{room}-b")
    page.locator("#main .notice").nth(3).wait_for()
    assert page.locator("#main .notice").all_inner_texts() == [
        "Cleo Marsh left the channel",
        "Cleo Marsh joined the channel",
        f'Ada Quill has renamed the channel from "{room}" to "{room}-b"',
        "Ada Quill archived the channel",
    ]


def test_a_pinned_message_says_so(desk: Desk) -> None:
    room = desk.room()
    mark = {"user": "ada", "channel": room}
    mark["ts"] = desk.slack.control("post", **mark, text="Read this first")["ts"]
    page = desk.open("finn", room)
    row(page, "Read this first").wait_for()
    desk.slack.control("pin", **mark)
    row(page, "Read this first").get_by_text("Pinned").wait_for()
    desk.slack.control("unpin", **mark)
    row(page, "Read this first").get_by_text("Pinned").wait_for(state="detached")


def test_a_command_is_answered_for_its_sender_only(desk: Desk) -> None:
    room = desk.room()
    finn, ada = desk.open("finn", room), desk.open("ada", room)
    compose(finn, "/timbre help me")
    row(finn, "Heard “help me”.").get_by_text("Only visible to you").wait_for()
    assert ada.locator("#main .message").count() == 0
    row(finn, "Heard").hover()
    row(finn, "Heard").get_by_role("button", name="Dismiss").click()
    row(finn, "Heard").wait_for(state="detached")


def test_an_unknown_command_says_which_there_are_and_keeps_the_text(desk: Desk) -> None:
    page = desk.open("finn", desk.room())
    compose(page, "/nope now")
    page.get_by_text("There is no command /nope. Try /timbre.").wait_for()
    assert page.locator("#main textarea").input_value() == "/nope now"


def test_three_people_walk_through_training_and_approval(desk: Desk) -> None:
    page = desk.open("finn", "help-desk")
    row(page, "Where are the spare keys?").get_by_role("button", name="1 reply").click()
    be(page, "Ben Tolliver")
    reply = row(page, "blue tin", pane="#thread")
    reply.hover()
    reply.get_by_role("button", name="React white check mark").click()
    reply.locator(".reaction").wait_for()
    be(page, "Ada Quill")
    page.get_by_role("button", name="timbre-review").click()
    compose(page, "/timbre retrain")
    row(page, "Run 2: a new voice").wait_for()
    be(page, "Cleo Marsh")
    row(page, "Run 2").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_text("Put voice-2 in use?").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="No").click()
    row(page, "Run 2").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    row(page, "Live, approved by @Cleo Marsh").wait_for()


def test_a_modal_shows_what_is_wrong_keeps_what_was_typed_and_closes_when_right(desk: Desk) -> None:
    room = desk.room()
    desk.slack.control("post", user="finn", channel=room, text="to be edited")
    page = desk.open("ben", room)
    row(page, "to be edited").hover()
    row(page, "to be edited").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Approve this answer").click()
    page.get_by_label("Kind").select_option("voice")
    page.get_by_label("Answer", exact=True).fill("no")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Write at least five characters.").wait_for()
    assert page.get_by_label("Answer", exact=True).input_value() == "no"
    page.get_by_label("Answer", exact=True).fill("long enough")
    page.get_by_role("button", name="Save").click()
    row(page, "Saved as voice: long enough").wait_for()
    page.locator("dialog[open]").wait_for(state="detached")


def test_own_messages_can_be_edited_and_deleted(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    compose(page, "frist & <first>")
    row(page, "frist").wait_for()
    page.locator("#main textarea").press("ArrowUp")
    field = page.get_by_role("dialog").get_by_role("textbox")
    assert field.input_value() == "frist & <first>"
    field.fill("first & <first>")
    field.press("Enter")
    row(page, "first & <first>(edited)").wait_for()
    row(page, "first").hover()
    row(page, "first").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("This is the start of").wait_for()


def test_the_keyboard_alone_completes_sends_reacts_and_closes(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    box = page.locator("#main textarea")
    box.focus()
    page.keyboard.type("ask @cl")
    page.get_by_role("option", name="@cleo").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("or @")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    page.keyboard.type("nobody")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    message = row(page, "ask @Cleo Marsh or @nobody")
    message.get_by_text("second line").wait_for()
    page.keyboard.press("Shift+F6")
    wait_until(lambda: message.evaluate("node => node === document.activeElement"), "the message has the focus")
    page.keyboard.press("r")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    message.get_by_role("button", name="❌").wait_for()
    assert page.evaluate("document.activeElement.ariaLabel") == "Add a reaction"
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.locator("#thread").wait_for()
    page.keyboard.press("Escape")
    page.locator("#thread").wait_for(state="hidden")


def test_a_command_completes_its_words(desk: Desk) -> None:
    page = desk.open("finn", desk.room())
    page.locator("#main textarea").press_sequentially("/ti")
    page.keyboard.press("Enter")
    page.keyboard.type("re")
    page.get_by_role("option", name="retrain").wait_for()
    page.keyboard.press("Tab")
    assert page.locator("#main textarea").input_value() == "/timbre retrain"


def test_who_is_not_in_a_private_channel_does_not_see_it(desk: Desk) -> None:
    page = desk.open("finn", "vault")
    page.get_by_role("heading", name="#help-desk").wait_for()
    assert page.get_by_role("navigation").get_by_text("vault").count() == 0
    be(page, "Ada Quill")
    page.get_by_role("navigation").get_by_text("vault").click()
    page.get_by_role("heading", name="vault", exact=True).wait_for()


def test_a_public_channel_can_be_read_and_joined(desk: Desk) -> None:
    page = desk.open("finn", desk.room(members=("ada", "timbre")))
    page.get_by_role("button", name="Join").click()
    compose(page, "here I am")
    row(page, "here I am").wait_for()


def test_unread_channels_stand_out_until_they_are_opened(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("ben", "help-desk")
    desk.slack.control("post", user="ada", channel=room, text="@ben look")
    entry = page.get_by_role("button", name=room)
    entry.get_by_label("1 for you").wait_for()
    entry.click()
    wait_until(lambda: state_of(desk, "ben", room)["unread"] == 0, "the channel is read")
    page.get_by_role("navigation").get_by_text("help-desk").click()
    assert entry.get_by_label("1 for you").count() == 0


def state_of(desk: Desk, person: str, channel: str) -> dict[str, object]:
    channels = desk.slack.look("state", as_=person)["channels"]
    return next(found for found in channels if found["name"] == channel)


def test_app_home_shows_what_the_bot_published(desk: Desk) -> None:
    page = desk.open("finn", "~home")
    page.get_by_role("heading", name="Your voice at a glance").wait_for()


def test_a_direct_message_reaches_somebody_never_written_to(desk: Desk) -> None:
    page = desk.open("finn", "@cleo")
    compose(page, "just for you")
    row(page, "just for you").wait_for()
    other = desk.open("cleo", "@finn")
    row(other, "just for you").wait_for()


def test_the_traffic_drawer_shows_frames_as_they_come(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    page.get_by_role("button", name="Traffic").click()
    page.get_by_label("Filter").fill("app_mention")
    frames = page.locator("#inspector .frame")
    wait_until(lambda: all("app_mention" in text for text in frames.all_inner_texts()), "only these show")
    known = frames.count()
    compose(page, f"@timbre show me {room}")
    wait_until(lambda: frames.count() > known, "a new frame shows")
    frames.first.click()
    frames.first.get_by_text(f"show me {room}").first.wait_for()


def test_on_a_phone_one_pane_shows_at_a_time(desk: Desk) -> None:
    page = desk.open("finn", "help-desk", viewport={"width": 390, "height": 780})
    sidebar, main, thread = page.locator("#sidebar"), page.locator("#main"), page.locator("#thread")
    row(page, "Where are the spare keys?").get_by_role("button", name="1 reply").click()
    row(page, "blue tin", pane="#thread").wait_for()
    assert (sidebar.is_visible(), main.is_visible(), thread.is_visible()) == (False, False, True)
    page.get_by_role("button", name="Back to the channel").click()
    main.wait_for()
    page.get_by_role("button", name="Conversations").click()
    sidebar.get_by_text("help-desk").click()
    assert (sidebar.is_visible(), main.is_visible()) == (False, True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_theme_is_chosen_and_remembered(desk: Desk) -> None:
    page = desk.open("finn", "help-desk", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.get_by_role("button", name=re.compile("^Theme"))
    button.click()
    button.click()
    assert page.get_by_role("button", name="Theme: dark").count() == 1
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    page.get_by_role("button", name="Theme: dark").wait_for()
    assert page.evaluate(background) == dark


def test_a_page_that_lost_the_playground_catches_up(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    page.locator("#main .empty").wait_for()
    page.context.set_offline(True)
    desk.slack.control("post", user="ada", channel=room, text="said meanwhile")
    page.context.set_offline(False)
    row(page, "said meanwhile").wait_for()
    desk.complaints.clear()  # the browser itself logs the lost connection


def test_a_message_taller_than_the_window_is_shown_from_its_beginning(desk: Desk) -> None:
    room = desk.room()
    desk.slack.control("post", user="ada", channel=room, text="before it")
    page = desk.open("finn", room)
    row(page, "before it").wait_for()
    lines = "\n".join(f"line {n}." for n in range(100))
    desk.slack.control("post", user="ada", channel=room, text=lines)
    tall = row(page, "line 99.")
    tall.wait_for()
    wait_until(lambda: is_at_top(page), "its beginning is in sight")


def is_at_top(page: "Page") -> bool:
    script = """() => {
      const top = (selector) => [...document.querySelectorAll(selector)].at(-1).getBoundingClientRect().top;
      return Math.abs(top("#main .message") - top("#main .scroller")) < 20;
    }"""
    return bool(page.evaluate(script))


def test_a_link_in_a_message_leads_to_another_message_without_leaving_the_page(desk: Desk) -> None:
    room = desk.room()
    first = desk.slack.control("post", user="ada", channel=room, text="the first one")
    for n in range(30):
        desk.slack.control("post", user="ada", channel=room, text=f"between {n}")
    link = desk.slack.web.chat_getPermalink(channel=first["channel"], message_ts=first["ts"])["permalink"]
    desk.slack.web.chat_postMessage(channel=first["channel"], text=f"see <{link}|there>")
    page = desk.open("finn", room)
    page.get_by_role("link", name="there").click()
    found = row(page, "the first one")
    wait_until(lambda: found.evaluate("node => node === document.activeElement"), "the message has the focus")
    assert len(page.context.pages) == 1


def test_who_loses_sight_of_a_channel_is_shown_another(desk: Desk) -> None:
    room = desk.room(members=("ada", "finn", "timbre"), is_private=True)
    page = desk.open("finn", room)
    page.get_by_role("heading", name=room, exact=True).wait_for()
    desk.slack.control("leave", user="finn", channel=room)
    page.get_by_role("heading", name="#help-desk").wait_for()


def test_a_second_workspace_is_chosen_in_the_bar_and_kept_over_a_reload(desk: Desk) -> None:
    desk.slack.control(
        "seed",
        team={"name": "Fernhollow", "domain": "fernhollow"},
        people=[{"name": "oli", "real_name": "Oli Reed"}],
        channels=[{"name": "greenhouse", "members": ["oli"]}],
    )
    page = desk.open("finn", "help-desk")
    page.get_by_label("Workspace").select_option(label="Fernhollow")
    page.get_by_role("heading", name="#greenhouse", exact=True).wait_for()
    compose(page, "only here")
    row(page, "only here").wait_for()
    page.reload()
    row(page, "only here").wait_for()
    assert page.get_by_text("help-desk").count() == 0


def test_a_tap_on_a_message_shows_its_buttons(desk: Desk) -> None:
    room = desk.room()
    desk.slack.control("post", user="ada", channel=room, text="tap me")
    page = desk.open("ben", room, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    row(page, "tap me").locator(".text").tap()
    row(page, "tap me").get_by_role("button", name="React white check mark").tap()
    row(page, "tap me").locator(".reaction").wait_for()
