"""Takes the pictures of docs/images: `python -m tests.bench.screenshots [--out FOLDER]`, some five minutes.

The channel, the report, the guide, the phone and the dark page show the demo with its real models; a voice is trained
for the report, and answers. App Home and a modal show the scripted bot of the page's tests.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from bot.demo.seed import channel_of
from bot.demo.show import LEFT_TO_APPROVE
from tests.bot.playground_page.stand import staffed_playground
from tests.chromium import chromium
from tests.end_to_end.yard import Yard
from tests.playground_server import RunningPlayground

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESK = {"width": 1280, "height": 800}
TALL = {"width": 1280, "height": 940}  # a report with its buttons
PHONE = {"width": 390, "height": 780}
NO_GUIDE = "localStorage.setItem('timbre-guide', JSON.stringify({ hidden: true }))"
TRAINING_MS = 900_000
SETTLE_MS = 600  # fonts, pictures and the short animations


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        shoot_scripted(browser, arguments.out)
        with tempfile.TemporaryDirectory() as data:
            yard = Yard(Path(data), epochs=arguments.epochs)
            yard.open()
            try:
                shoot_demo(browser, yard, arguments.out)
            finally:
                yard.close()


@contextmanager
def page(browser: "Browser", address: str, *, guide: bool = False, **context: Any) -> "Iterator[Page]":
    """Open an address in a browser profile of its own."""
    profile = browser.new_context(**{"viewport": DESK, "color_scheme": "light", **context})
    opened = profile.new_page()
    if not guide:
        opened.add_init_script(NO_GUIDE)
    opened.goto(address)
    opened.get_by_role("button", name="Be somebody else").wait_for()
    yield opened
    profile.close()


def shoot(page: "Page", file: Path) -> None:
    """Take a picture of what the window shows."""
    page.wait_for_timeout(SETTLE_MS)
    file.write_bytes(reduced(page.screenshot()))
    sys.stderr.write(f"{file} {file.stat().st_size // 1000} kB\n")


def reduced(png: bytes) -> bytes:
    """Return a picture in 256 colours: a page has few besides the shades at the edges of letters."""
    small = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def shoot_scripted(browser: "Browser", out: Path) -> None:
    with staffed_playground() as slack:
        with page(browser, f"{slack.url}/#/ada/~home") as home:
            home.get_by_role("heading", name="Your voice at a glance").wait_for()
            shoot(home, out / "home.png")
        with page(browser, f"{slack.url}/#/ben/help-desk/{question_in(slack)}") as modal:
            answer = modal.locator("#thread .message").last
            answer.hover()
            answer.get_by_role("button", name="More actions").click()
            modal.get_by_role("menuitem", name="Approve this answer").click()
            form = modal.get_by_role("dialog")
            form.get_by_label("Answer", exact=True).fill("Tin.")
            form.get_by_label("Kind").select_option("fact")
            form.get_by_role("button", name="Save").click()
            form.get_by_text("Write at least five characters.").wait_for()
            shoot(modal, out / "modal.png")


def question_in(slack: RunningPlayground) -> str:
    """Return the timestamp of the question that was asked first."""
    return str(slack.messages("help-desk")[0]["ts"])


def shoot_demo(browser: "Browser", yard: Yard, out: Path) -> None:
    content, url = yard.stage.content, yard.stage.url
    with page(browser, url, guide=True) as guide:
        guide.locator("#guide").get_by_role("button", name="Open a thread").wait_for()
        shoot(guide, out / "guide.png")
    approved = len(list(yard.approve(content.conversations[:-LEFT_TO_APPROVE])))
    yard.until(lambda: yard.approved == approved and yard.is_indexed, "the past is approved")
    yard.command("retrain")
    with page(browser, f"{url}/#/ben/timbre-review", viewport=TALL) as review:
        report = review.locator("#main .message", has_text="A new voice is ready").last
        report.get_by_role("button", name="Approve").wait_for(timeout=TRAINING_MS)
        shoot(review, out / "report.png")
    yard.approve_voice(wait=True)
    yard.until(lambda: yard.live.adapter is not None, "the voice is in use")
    channel, ts = right_answer(yard)
    answered = f"{url}/#/gwen/{channel}/{ts}"
    looks: dict[str, dict[str, Any]] = {"answer": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": PHONE}}
    for name, look in looks.items():
        with page(browser, answered, **look) as thread:
            thread.locator("#thread .message").last.get_by_role("button", name="Good answer").wait_for()
            shoot(thread, out / f"{name}.png")


def right_answer(yard: Yard) -> tuple[str, str]:
    """Ask until an answer holds its facts, which the model that ships often misses; return channel and question."""
    company = yard.stage.content.company
    for question in yard.stage.content.questions:
        channel = channel_of(company, question.channel)
        if not question.document or "U07GWEN" not in channel.members:
            continue
        reply = yard.stage.control.ask(question.text, channel=channel.id, user="U07GWEN", seconds=90)
        sys.stderr.write(f"{question.text} → {reply and reply['text']}\n")
        if reply and all(fact in reply["text"] for fact in question.facts):
            return channel.name, str(reply["question_ts"])
    raise SystemExit("No answer held its facts: train longer with --epochs.")


if __name__ == "__main__":
    main()
