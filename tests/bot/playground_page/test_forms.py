"""Modals: every input, and every answer to a submit."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import row
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def open_form(desk: Desk, person: str = "ben") -> "Page":
    for view in reversed(desk.slack.look("views", as_=person)["views"]):
        desk.slack.control("close", user=person, view_id=view["id"])
    page = desk.open(person, desk.room())
    page.locator("#main").get_by_role("button", name="Attach a file, or a shortcut").click()
    page.get_by_role("menuitem", name="Open a form").click()
    page.get_by_role("dialog", name="A form").wait_for()
    return page


def fill_in(page: "Page", *, then: str) -> "Locator":
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill("A title")
    form.get_by_label("Text").fill("two\nlines")
    form.get_by_label("Kind").select_option("voice")
    form.get_by_label(then).check()
    form.get_by_label("Old").check()
    form.get_by_label("Person").select_option(label="Finn Odell")
    form.get_by_label("Channel").select_option(label="#help-desk")
    return form


def test_what_is_chosen_in_every_kind_of_input_reaches_the_bot(desk: Desk) -> None:
    page = open_form(desk)
    fill_in(page, then="Clear").get_by_role("button", name="Send").click()
    page.locator("dialog[open]").wait_for(state="detached")
    page.get_by_role("navigation").get_by_label("1 for you").click()
    row(page, "selected_option").wait_for()
    people = {person["name"]: person["id"] for person in desk.slack.look("state", as_="ben")["people"]}
    channels = {channel["name"]: channel["id"] for channel in desk.slack.look("state", as_="ben")["channels"]}
    values = json.loads(desk.slack.texts("@timbre", as_="ben")[-1])
    assert values["title"]["it"]["value"] == "A title"
    assert values["text"]["it"]["value"] == "two\nlines"
    assert values["kind"]["it"]["selected_option"]["value"] == "voice"
    assert [option["value"] for option in values["tags"]["it"]["selected_options"]] == ["old"]
    assert values["person"]["it"]["selected_user"] == people["finn"]
    assert values["channel"]["it"]["selected_conversation"] == channels["help-desk"]


def test_each_wrong_input_says_what_is_wrong_and_the_first_has_the_focus(desk: Desk) -> None:
    page = open_form(desk)
    form = fill_in(page, then="Errors")
    form.get_by_role("button", name="Send").click()
    form.get_by_text("Too short.").wait_for()
    title, channel = form.get_by_label("Title"), form.get_by_label("Channel")
    assert (title.get_attribute("aria-invalid"), channel.get_attribute("aria-invalid")) == ("true", "true")
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert title.evaluate("node => document.getElementById(node.getAttribute('aria-describedby')).textContent") == (
        "Too short."
    )
    assert (title.input_value(), form.get_by_label("Old").is_checked()) == ("A title", True)


def test_a_required_input_left_empty_is_asked_for_before_the_bot_hears_of_it(desk: Desk) -> None:
    page = open_form(desk)
    form = fill_in(page, then="Clear")
    form.get_by_label("Title").fill("")
    form.get_by_label("Text").fill("")
    form.get_by_role("button", name="Send").click()
    form.get_by_text("This is a required field.").wait_for()
    assert form.locator(".error").count() == 1
    assert page.evaluate("document.activeElement.id") == "input-title"
    assert not any(f["name"].endswith("view_submission") for f in frames_of_form(desk, page))
    form.get_by_label("Title").fill("A title")
    form.get_by_role("button", name="Send").click()
    page.locator("dialog[open]").wait_for(state="detached")


def frames_of_form(desk: Desk, page: "Page") -> list[dict[str, Any]]:
    """Return the frames since the form on this page was opened."""
    frames: list[dict[str, Any]] = desk.slack.look("traffic", limit=1000)["frames"]
    opened = max(frame["seq"] for frame in frames if frame["name"] == "views.open")
    assert page.get_by_role("dialog").count() == 1
    return [frame for frame in frames if frame["seq"] > opened]


def test_an_update_keeps_what_was_typed_into_the_inputs_that_stay(desk: Desk) -> None:
    page = open_form(desk)
    fill_in(page, then="Update").get_by_role("button", name="Send").click()
    form = page.get_by_role("dialog", name="Updated")
    form.wait_for()
    assert form.get_by_label("Title").input_value() == "A title"
    assert form.get_by_label("Text").input_value() == "two\nlines"
    assert form.get_by_label("Update").is_checked()
    assert form.get_by_label("Kind").count() == 0


def test_a_view_pushed_on_top_is_closed_and_the_one_below_is_as_it_was_left(desk: Desk) -> None:
    page = open_form(desk)
    fill_in(page, then="Push").get_by_role("button", name="Send").click()
    on_top = page.get_by_role("dialog", name="On top")
    on_top.wait_for()
    assert on_top.get_by_label("Title").input_value() == ""
    page.keyboard.press("Escape")
    below = page.get_by_role("dialog", name="A form")
    below.wait_for()
    assert below.get_by_label("Title").input_value() == "A title"
    below.get_by_role("button", name="Cancel").click()
    page.locator("dialog[open]").wait_for(state="detached")
    wait_until(lambda: desk.slack.look("views", as_="ben")["views"] == [], "the playground knows that it is closed")


def test_a_form_is_filled_in_and_sent_by_keyboard(desk: Desk) -> None:
    page = open_form(desk, "cleo")
    wait_until(lambda: page.evaluate("document.activeElement.id") == "input-title", "the first input has the focus")
    page.keyboard.type("By keys")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Voice")  # a select is chosen from by typing
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.get_by_label("Person").focus()
    page.keyboard.type("Finn")
    page.get_by_label("Channel", exact=True).focus()
    page.keyboard.type("#help")
    page.get_by_label("Title").press("Enter")
    page.locator("dialog[open]").wait_for(state="detached")
    values = json.loads(desk.slack.texts("@timbre", as_="cleo")[-1])
    assert values["title"]["it"]["value"] == "By keys"
    assert values["kind"]["it"]["selected_option"]["value"] == "voice"
