"""What people see of answers: a stream, a verified one, one that is not known, a follow-up, a correction, a shared one.

`SHOTS=FOLDER` has pictures taken on the way, with `LOOK=phone` or `LOOK=dark` in another look; `answer-verified.png`
and `answer-correction.png` are docs/images'.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.blocks.asking import GOES_ON
from bot.listeners.correcting import THANKS
from storage.knowledge import NewDocument, count_chunks, put_document
from tests.bot.collecting.office import Office
from tests.bot.collecting_page.test_reviewing import dialog, press
from tests.bot.conftest import NOW
from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import compose, row
from tests.bot.running import said_in
from tests.fakes import FakeModelServer
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
WRITTEN = """Whoever opens the {topic} sweeps it, **before the first boat** is let down [1]:

1. Take the broom from behind the door.
2. Sweep towards the water, never towards the shed.
3. Hose it down:

```sh
hose -d {topic} --minutes 5
```

| when | who |
|---|---|
| weekdays | whoever has the key |
| weekends | the crew of the first boat |
"""

LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
LOOK = os.environ.get("LOOK", "light")


def shot(what: "Page | Locator", name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        what.screenshot(path=Path(folder) / f"answer-{name}.png", animations="disabled")


def know(office: Office, question: str, answer: str) -> None:
    office.approve(question, answer)

    def is_indexed() -> bool:
        with office.database.reading() as session:
            return count_chunks(session, team_id=office.team_id)[1] == 0

    wait_until(is_indexed, "it is in the index")


def ask(office: Office, desk: Desk, person: str, question: str) -> "Page":
    """Ask in #help by mentioning the bot, and open the thread of it once it is answered."""
    ts = office.help.say(f"U{person.upper()}", f"@timbre {question}")
    office.help.replies_to(ts)
    return desk.open(person, "help", thread=ts, **LOOKS[LOOK])


@pytest.mark.parametrize("look", LOOKS)
def test_an_answer_is_read_while_it_is_written_and_ends_with_its_sources(
    office: Office, desk: Desk, model_server: FakeModelServer, look: str
) -> None:
    topic = {"light": "jetty", "dark": "slipway", "phone": "boathouse"}[look]
    with office.database.writing() as session:
        text = f"The {topic} is swept by whoever opens it."
        put_document(session, NewDocument(office.team_id, topic, f"Rota › {topic.title()}", None, (text,)), now=NOW)
    question = f"Who is it that sweeps the {topic}?"
    wait_until(lambda: "whoever" in said_in(office.command("UADA", f"ask {question}")), "it is in the index")
    model_server.says = WRITTEN.format(topic=topic)
    model_server.piece, model_server.pause_s, model_server.is_silent_at = 20, 0.2, 12

    ts = office.help.say("UTOM", f"@timbre {question}")
    page = desk.open("tom", "help", thread=ts, **LOOKS[look])
    reply = row(page, f"Whoever opens the {topic}", pane="#thread")
    reply.get_by_text("before the first boat").wait_for()
    assert not reply.get_by_text("Sources").count()
    shot(page, f"streaming-{look}")
    model_server.is_silent_at = None

    reply.get_by_text("Sources").wait_for()
    reply.get_by_text("hose -d").wait_for()
    reply.get_by_role("button", name="Correct this").wait_for()
    assert len(office.help.thread(ts)) == 1
    shot(page, f"streamed-{look}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_answer_names_its_sources(office: Office, desk: Desk) -> None:
    with office.database.writing() as session:
        text = "The gangway is raised at nine in the evening."
        put_document(session, NewDocument(office.team_id, "gangway", "Gangway rules", None, (text,)), now=NOW)
    question = "When is the gangway raised in the evening?"
    wait_until(lambda: "nine" in said_in(office.command("UADA", f"ask {question}")), "it is in the index")

    page = ask(office, desk, "tom", question)

    reply = row(page, "raised at nine", pane="#thread")
    reply.get_by_text("Gangway rules").wait_for()
    reply.get_by_role("button", name="Bad answer").wait_for()
    shot(page, "sources")


def test_a_verified_answer_says_who_stands_behind_it_and_a_follow_up_needs_no_mention(
    office: Office, desk: Desk
) -> None:
    know(office, "Where do we keep the flares?", "Flares are in the red locker by the door.")
    know(office, "Who may fire the flares?", "Only Ada fires flares.")

    page = ask(office, desk, "tom", "where do we keep the flares?")
    reply = row(page, "in the red locker", pane="#thread")
    reply.get_by_text("Verified answer").wait_for()
    reply.get_by_text("approved by ben on").wait_for()

    compose(page, "And who may fire the flares?", pane="#thread")
    row(page, "Only Ada fires flares", pane="#thread").wait_for()
    shot(page.locator("#thread"), "verified")


def test_what_is_not_known_is_said_with_who_might_know(office: Office, desk: Desk) -> None:
    know(office, "How do we moor the ferry at the pier?", "Two springs and a bow line.")

    page = ask(office, desk, "tom", "Is the ferry late again, stormy summer days, wonder whether anybody knows?")

    reply = row(page, "I don't know", pane="#thread")
    reply.get_by_text("You could ask mia, who answered something near it.").wait_for()
    shot(page, "unknown")


def test_a_thumb_down_opens_a_modal_and_what_is_written_there_is_proposed(office: Office, desk: Desk) -> None:
    know(office, "What colour is the buoy?", "The buoy is green.")
    page = ask(office, desk, "ben", "what colour is the buoy?")
    reply = row(page, "The buoy is green.", pane="#thread")

    press(reply, "Bad answer")
    modal = dialog(page)
    modal.get_by_text("Everybody in the team may read it.").wait_for()
    field = modal.get_by_label("What should it have said?")
    assert field.input_value() == "The buoy is green."
    modal.get_by_label("Question").fill("What colour is the buoy at the pier?")
    field.fill("The buoy at the pier is yellow since May.")
    shot(modal, "correction")
    press(modal, "Propose")
    page.locator("dialog[open]").wait_for(state="detached")
    thanks = row(page, THANKS, pane="#thread")
    thanks.get_by_text("Only visible to you").wait_for()
    shot(page, "thanks")

    reviewer = desk.open("cleo", "timbre-review")
    press(row(reviewer, "yellow since May"), "Replace it")
    known = "What colour is the buoy at the pier?"
    wait_until(lambda: "yellow" in said_in(office.command("UADA", f"ask {known}")), "it is used")


def test_an_answer_for_the_asker_alone_is_shared_by_a_button(office: Office, desk: Desk) -> None:
    know(office, "When does the sauna open?", "The sauna opens at five.")
    page = desk.open("tom", "help", **LOOKS[LOOK])
    compose(page, "/timbre ask when does the sauna open?")
    told = row(page, "The sauna opens at five.")
    told.get_by_text("Only visible to you").wait_for()
    shot(page, "ask")
    press(told, "Share")

    other = desk.open("mia", "help")
    row(other, "asked: when does the sauna open?").get_by_text("The sauna opens at five.").wait_for()
    shot(other, "shared")


def test_a_long_answer_that_is_shared_goes_on_in_its_thread(
    office: Office, desk: Desk, model_server: FakeModelServer
) -> None:
    with office.database.writing() as session:
        text = "Every fender has a number of its own."
        put_document(session, NewDocument(office.team_id, "fenders", "Fenders", None, (text,)), now=NOW)
    question = "What does every fender have of its own?"
    wait_until(lambda: "number" in said_in(office.command("UADA", f"ask {question}")), "it is in the index")
    model_server.says = "\n\n".join([f"Fender {number} hangs on hook {number}." for number in range(500)] + ["[1]"])
    page = desk.open("tom", "help", **LOOKS[LOOK])
    compose(page, f"/timbre ask {question}")
    last = row(page, "Fender 499 hangs")
    last.get_by_text("[1] Fenders").wait_for()
    shot(page, "ask-long")
    press(last, "Share")

    other = desk.open("mia", "help", **LOOKS[LOOK])
    row(other, "Fender 0 hangs").get_by_text(GOES_ON).wait_for()
    shot(other, "shared-long")
    messages = office.slack.messages("CHELP", as_="UMIA")
    (root,) = (one["ts"] for one in messages if "asked: What does every" in said_in(one))
    thread = desk.open("mia", "help", thread=root, **LOOKS[LOOK])
    row(thread, "Fender 499 hangs", pane="#thread").get_by_text("[1] Fenders").wait_for()
    shot(thread, "shared-long-thread")
