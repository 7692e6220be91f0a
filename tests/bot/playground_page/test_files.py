"""Files: shared from the composer, and drawn in messages and blocks."""

from typing import TYPE_CHECKING

import pytest

from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import compose, row
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator

pytestmark = pytest.mark.browser

# A picture of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f0005000" + "1ff89993d1d0000000049454e44ae426082"
)


def payload(name: str, content: bytes, mimetype: str = "text/plain") -> "FilePayload":
    """Return a file as somebody chooses it."""
    return {"name": name, "mimeType": mimetype, "buffer": content}


def is_drawn(picture: "Locator") -> bool:
    return bool(picture.evaluate("node => node.complete && node.naturalWidth > 0"))


def test_files_are_attached_named_left_out_and_sent_with_a_text(desk: Desk) -> None:
    room = desk.room()
    page, other = desk.open("finn", room), desk.open("ada", room)
    files = page.locator("#main").get_by_label("Files", exact=True)
    files.set_input_files(
        [
            payload("notes.txt", b"some notes"),
            payload("pixel.png", PIXEL, "image/png"),
            payload("wrong.txt", b"not this one"),
        ]
    )
    page.get_by_role("button", name="Leave out wrong.txt").click()
    compose(page, "look at these")
    notes = row(other, "look at these")
    notes.get_by_text("notes.txt").wait_for()
    picture = row(other, "pixel.png").get_by_role("img", name="pixel.png")
    wait_until(lambda: is_drawn(picture), "the picture is drawn")
    with other.expect_download() as download:
        notes.get_by_text("notes.txt").click()
    assert download.value.path().read_bytes() == b"some notes"
    assert other.get_by_text("wrong.txt").count() == 0
    assert page.get_by_label("Files to send").is_hidden()


def test_a_file_alone_can_be_sent_and_an_empty_one_is_refused(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    files = page.locator("#main").get_by_label("Files", exact=True)
    files.set_input_files([payload("empty.txt", b"")])
    page.get_by_text("empty.txt is empty, so it can’t be sent.").wait_for()
    files.set_input_files([payload("alone.txt", b"x")])
    page.locator("#main").get_by_role("button", name="Send").click()
    row(page, "alone.txt").wait_for()


def test_a_file_that_is_refused_waits_in_the_composer(desk: Desk) -> None:
    room = desk.room()
    page = desk.open("finn", room)
    page.locator("#main").get_by_label("Files", exact=True).set_input_files([payload("kept.txt", b"x")])
    refusal = {"ok": False, "error": "file_uploads_too_large", "hint": "Too large for this playground."}
    page.route("**/control/upload", lambda route: route.fulfill(json=refusal))
    compose(page, "with a text")
    page.get_by_text("Too large for this playground.").wait_for()
    page.get_by_label("Files to send").get_by_text("kept.txt").wait_for()
    assert page.locator("#main textarea").input_value() == "with a text"
    desk.complaints.clear()


def test_an_image_block_shows_a_file_that_the_bot_uploaded(desk: Desk) -> None:
    room = desk.room()
    channel = desk.slack.look("messages", channel=room, limit=1)["channel"]
    uploaded = desk.slack.web.files_upload_v2(content=PIXEL, filename="chart.png", title="chart.png")["file"]
    blocks = [
        {"type": "image", "slack_file": {"id": uploaded["id"]}, "alt_text": "by its id"},
        {"type": "image", "slack_file": {"url": uploaded["url_private"]}, "alt_text": "by its address"},
    ]
    desk.slack.web.chat_postMessage(channel=channel, text="charts", blocks=blocks)
    page = desk.open("ada", room)
    for name in ("by its id", "by its address"):
        picture = page.get_by_role("img", name=name)
        picture.wait_for()
        wait_until(lambda picture=picture: is_drawn(picture), f"the picture {name} is drawn")  # type: ignore[misc]
