"""Conversations become approved answers by clicking: as a member, as a reviewer, as an admin."""

from typing import TYPE_CHECKING

import pytest

from storage.pairs import PairStatus
from tests.bot.collecting.office import Office
from tests.bot.playground_page.conftest import Desk
from tests.bot.playground_page.test_page import compose, row
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def react(page: "Page", text: str, *, pane: str = "#thread") -> None:
    message = row(page, text, pane=pane)
    message.hover()
    message.get_by_role("button", name="React white check mark").click()


def choose_from_menu(page: "Page", text: str, item: str, *, pane: str = "#thread") -> None:
    message = row(page, text, pane=pane)
    message.hover()
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=item).click()


def press(where: "Page | Locator", name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def dialog(page: "Page") -> "Locator":
    return page.get_by_role("dialog")


def in_thread(desk: Desk, office: Office, person: str, ts: str) -> "Page":
    return desk.open(person, "help", thread=parent(office, ts))


def parent(office: Office, ts: str) -> str:
    asked = office.slack.web.conversations_replies(channel="CHELP", ts=ts)["messages"][0]
    return str(asked["thread_ts"])


def test_a_member_nominates_and_a_reviewer_edits_and_approves(office: Office, desk: Desk) -> None:
    ts = office.help.answered("Where do the oars go?", "Oars go on the rack, ask rack@tin.example.")
    member = in_thread(desk, office, "tom", ts)
    react(member, "Oars go on the rack")
    row(member, "Oars go on the rack", pane="#thread").locator(".reaction", has_text="📥").wait_for()

    reviewer = desk.open("ben", "timbre-review")
    card = row(reviewer, "Where do the oars go?")
    card.get_by_text("Nominated by").wait_for()
    card.get_by_text("1 e-mail address").wait_for()
    press(card, "Edit")
    modal = dialog(reviewer)
    answer = modal.get_by_label("Answer", exact=True)
    assert answer.input_value() == "Oars go on the rack, ask [EMAIL_1]."
    answer.fill("Oars go on the rack by the door.")
    press(modal, "Approve")

    card.get_by_text("Approved by").wait_for()
    card.get_by_role("button", name="Take back").wait_for()
    row(member, "Oars go on the rack", pane="#thread").locator(".reaction", has_text="🌱").wait_for()
    pair = office.pair(ts)
    assert pair is not None
    assert (pair.status, pair.answer) == (PairStatus.APPROVED, "Oars go on the rack by the door.")

    press(card, "Take back")
    card.get_by_role("button", name="Approve").wait_for()
    row(member, "Oars go on the rack", pane="#thread").locator(".reaction", has_text="🌱").wait_for(state="detached")


def test_a_reviewer_teaches_an_answer_from_the_messages_menu(office: Office, desk: Desk) -> None:
    ts = office.help.answered("Where is the tar kept?", "Tar is kept in the lean-to.")
    page = in_thread(desk, office, "ben", ts)
    choose_from_menu(page, "Tar is kept", "Teach Timbre this answer")

    modal = dialog(page)
    modal.get_by_label("Question").fill("")
    press(modal, "Approve")
    modal.get_by_text("This is a required field.").wait_for()
    assert modal.get_by_label("Answer", exact=True).input_value() == "Tar is kept in the lean-to."
    modal.get_by_label("Question").fill("Where do we keep tar?")
    press(modal, "Approve")

    page.locator("dialog[open]").wait_for(state="detached")
    row(page, "Tar is kept", pane="#thread").locator(".reaction", has_text="🌱").wait_for()


def test_a_member_nominates_from_the_messages_menu(office: Office, desk: Desk) -> None:
    ts = office.help.answered("Where is the anchor chain?", "The chain is in the forepeak.", asker="UADA")
    page = in_thread(desk, office, "tom", ts)
    choose_from_menu(page, "The chain is", "Teach Timbre this answer")
    press(dialog(page), "Nominate")

    page.locator("dialog[open]").wait_for(state="detached")
    row(desk.open("cleo", "timbre-review"), "The chain is in the forepeak.").wait_for()


def test_an_edited_answer_comes_back_with_what_changed(office: Office, desk: Desk) -> None:
    ts = office.approve("How deep is the slip?", "The slip is two fathoms deep.")
    author = in_thread(desk, office, "mia", ts)
    choose_from_menu(author, "The slip is two", "Edit")
    field = dialog(author).get_by_role("textbox")
    field.fill("The slip is three fathoms deep.")
    field.press("Enter")

    card = row(desk.open("cleo", "timbre-review"), "How deep is the slip?")
    card.get_by_text("Changed since it was approved").wait_for()
    assert card.locator("blockquote s").inner_text().strip() == "two"
    assert card.locator("blockquote strong").inner_text().strip() == "three"
    press(card, "Approve")
    card.get_by_text("Approved by").wait_for()


def test_of_two_answers_to_one_question_a_reviewer_chooses(office: Office, desk: Desk) -> None:
    first = office.approve("When does the yard open on Sunday?", "The yard opens at 10.")
    page = desk.open("ben", "timbre-review")
    wait_until(office.has_compared, "the first is indexed")
    ts = office.nominate("When does the yard open on Sunday?", "The yard opens at 11.")
    card = row(page, "The yard opens at 11.")
    card.get_by_text("These two seem to disagree").wait_for()
    card.get_by_text("The yard opens at 10.").wait_for()
    press(card, "Replace it")

    card.get_by_text("Approved by @Ben").wait_for()
    office.comes_to(ts, PairStatus.APPROVED)
    office.comes_to(first, PairStatus.REPLACED)


def test_the_queue_is_paged_and_decided_in_bulk(office: Office, desk: Desk) -> None:
    stamps = [office.nominate(f"What does bollard {n} hold?", f"Bollard {n} holds the ferry.") for n in range(7)]
    page = desk.open("ben", "help")
    compose(page, "/timbre review")
    queue = page.locator("#main .message", has_text="for a review").last
    press(queue, "Next →")
    queue.get_by_role("button", name="← Previous").wait_for()
    press(queue, "← Previous")
    queue.get_by_role("button", name="← Previous").wait_for(state="detached")

    press(queue, "Approve all on this page")
    sure = dialog(page)
    sure.get_by_text("as they are shown?").wait_for()
    press(sure, "Approve")

    queue.get_by_text("approved.", exact=False).first.wait_for()
    wait_until(lambda: any(office.status(ts) is PairStatus.APPROVED for ts in stamps), "some are approved")


def test_app_home_shows_a_reviewer_the_queue(office: Office, desk: Desk) -> None:
    ts = office.nominate("Who caulks the deck?", "Ida caulks the deck.")
    page = desk.open("cleo", "~home")
    page.get_by_text("Ida caulks the deck.").wait_for()
    home = page.locator(".home")
    while page.get_by_text("Ida caulks the deck.").count():
        heading = home.get_by_text("for a review").first.inner_text()
        home.get_by_role("button", name="Reject", exact=True).first.click()
        home.get_by_text(heading, exact=True).wait_for(state="detached")
    home.get_by_text("Rejected.").wait_for()
    office.comes_to(ts, PairStatus.REJECTED)


def test_somebody_opts_out_by_command_and_in_again_on_app_home(office: Office, desk: Desk) -> None:
    ts = office.approve("Who rigs the boom?", "Tom rigs the boom.", asker="UADA", answerer="UTOM")
    page = desk.open("tom", "help")
    compose(page, "/timbre opt-out")
    row(page, "You are opted out").get_by_text("Only visible to you").wait_for()
    office.comes_to(ts, PairStatus.ERASED)

    page = desk.open("tom", "~home")
    page.get_by_text("Nothing: you opted out.").wait_for()
    press(page.locator(".home"), "Opt in again")
    page.locator(".home").get_by_role("button", name="Opt out", exact=True).wait_for()


def test_an_admin_has_somebody_forgotten(office: Office, desk: Desk) -> None:
    ts = office.approve("Who splices rope?", "Cleo splices rope.", asker="UADA", answerer="UCLEO")
    page = desk.open("ada", "help")
    compose(page, "/timbre forget @cle")
    row(page, "I know nobody called @cle.").get_by_text("Did you mean @cleo?").wait_for()
    compose(page, "/timbre forget @cleo")
    row(page, "and collect nothing of theirs from now on").get_by_text("I erased").wait_for()
    office.comes_to(ts, PairStatus.ERASED)
