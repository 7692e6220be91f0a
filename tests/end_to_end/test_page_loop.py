"""The whole loop in the page, by clicking, as three people, with the real bot, models and worker."""

from typing import TYPE_CHECKING

import pytest

from bot.demo.seed import good_reply_key, showcase
from bot.demo.shapes import Conversation, Question
from storage.answers import Answer, answer_to
from tests.bot.playground_page.test_page import row
from tests.end_to_end.yard import Yard
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

# Enough for a voice of its own; the answer approved by clicking is one of the rest.
APPROVED_BEFORE = 60
ANSWER_MS = 90_000
TRAINING_MS = 600_000


def test_three_people_read_approve_ask_train_decide_and_ask_again(yard: Yard, browser: "Browser") -> None:
    question, conversation = showcase(yard.stage.content), approve_history(yard)
    complaints: list[str] = []
    member, reviewer, admin = (
        page_of(browser, yard, name, channel, complaints)
        for name, channel in (("gwen", "help-desk"), ("ben", "help-desk"), ("ada", "timbre-review"))
    )

    read_and_approve(member, reviewer, conversation)
    yard.until(lambda: yard.approved == APPROVED_BEFORE + 1 and yard.is_indexed, "the approval has arrived")
    before = ask(member, yard, question)
    assert (before.model, bool(before.sources)) == ("base", True)

    write(admin, "/timbre retrain")
    open_channel(reviewer, "timbre-review")
    report = row(reviewer, "A new voice is ready")
    report.wait_for(timeout=TRAINING_MS)
    report.get_by_role("table").get_by_text("New voice", exact=True).wait_for()
    report.get_by_role("button", name="Approve").click()
    row(admin, "answers from now on").get_by_text("Ben Tolliver").wait_for(timeout=ANSWER_MS)
    assert report.get_by_role("button", name="Approve").count() == 0

    after = ask(member, yard, question)
    assert after.model == f"voice-{yard.run.id}"
    assert after.sources
    assert complaints == []


def approve_history(yard: Yard) -> Conversation:
    """Have most answers approved as in the months before, and return a conversation that waits in the help desk."""
    public = [c for c in yard.stage.content.conversations if c.channel != "C06FINANCE"]
    waiting = next(c for c in reversed(public) if c.channel == "C01HELP" and c.good_reply.author != "U02BEN")
    public.remove(waiting)
    assert len(list(yard.approve(public[:APPROVED_BEFORE]))) == APPROVED_BEFORE
    yard.until(lambda: yard.approved == APPROVED_BEFORE and yard.is_indexed, "what was approved is known")
    assert good_reply_key(waiting) in yard.stage.history
    return waiting


def page_of(browser: "Browser", yard: Yard, name: str, channel: str, complaints: list[str]) -> "Page":
    """Return the page as one person sees it, in a browser profile of their own."""
    profile = browser.new_context(viewport={"width": 1280, "height": 800})
    profile.set_default_timeout(15_000)
    page = profile.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ hidden: true }))")
    page.goto(f"{yard.stage.url}/#/{name}/{channel}")
    page.get_by_role("heading", name=f"#{channel}", exact=True).wait_for()
    return page


def open_channel(page: "Page", name: str) -> None:
    page.get_by_role("navigation").get_by_role("button", name=name).click()
    page.get_by_role("heading", name=f"#{name}", exact=True).wait_for()


def write(page: "Page", text: str) -> None:
    page.locator("#main textarea").press_sequentially(text)
    page.keyboard.press("Escape")  # the suggestions
    page.locator("#main").get_by_role("button", name="Send").click()


def read_and_approve(member: "Page", reviewer: "Page", conversation: Conversation) -> None:
    """A member reads a thread; a reviewer approves its answer with the picker; the member sees that it is learnt."""
    for page in (member, reviewer):
        question = row(page, conversation.question.text)
        while not question.count():  # it was asked some time ago
            page.locator("#main .scroller").evaluate("node => { node.scrollTop = 0; }")
            page.wait_for_timeout(100)
        question.locator(".thread-summary").click()
    answer = row(reviewer, first_words(conversation), pane="#thread")
    answer.hover()
    answer.get_by_role("button", name="Add a reaction").first.click()
    reviewer.get_by_role("dialog", name="Pick a reaction").get_by_role("button", name="white check mark").click()
    seen = row(member, first_words(conversation), pane="#thread")
    seen.get_by_role("button", name="🌱").wait_for(timeout=ANSWER_MS)
    assert seen.get_by_role("button", name="✅").inner_text().split() == ["✅", "1"]


def first_words(conversation: Conversation) -> str:
    """The beginning of the good reply that has no markup."""
    return conversation.good_reply.text.split("*")[0].split("<")[0].split("`")[0][:30].strip()


def ask(page: "Page", yard: Yard, question: Question) -> Answer:
    """Ask in the channel where it belongs, read the answer and its source in the thread; return what was stored."""
    channel = next(c for c in yard.stage.content.company.channels if c.id == question.channel)
    open_channel(page, channel.name)
    known = page.locator("#main .message").filter(has_text=question.text).count()
    write(page, f"@timbre {question.text}")
    wait_until(lambda: asked(page, question).count() == known + 1, "the question shows")
    asked(page, question).last.locator(".thread-summary", has_text="1 reply").click(timeout=ANSWER_MS)
    answer = page.locator("#thread .message").last
    answer.get_by_text("APP", exact=True).wait_for()
    answer.get_by_text("[1]").first.wait_for()
    answer.get_by_role("button", name="Good answer").wait_for()
    ts = asked(page, question).last.get_attribute("data-ts")
    assert ts
    with yard.stage.database.reading() as session:
        stored = answer_to(session, team_id=yard.stage.team_id, channel_id=channel.id, question_ts=ts)
    assert stored is not None
    return stored


def asked(page: "Page", question: Question) -> "Locator":
    return page.locator("#main .message").filter(has_text=question.text)
