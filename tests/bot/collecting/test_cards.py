"""Review cards in the review channel, as people click them."""

import threading

import pytest

from storage.pairs import PairStatus
from storage.reviews import Verdict
from tests.bot.collecting.office import Office, initial, labels
from tests.bot.running import YES, said_in
from tests.playground_server import wait_until


def test_a_nomination_puts_a_card_before_the_reviewers(office: Office) -> None:
    ts = office.nominate("Who feeds the cat?", "Olga feeds the cat, ask olga@tin.example.")

    card = office.card(ts)

    said = said_in(card)
    assert "Nominated by <@UTOM>" in said
    assert "Who feeds the cat?" in said
    assert "[EMAIL_1]" in said
    assert "1 e-mail address" in said
    assert "olga@" not in said
    assert f"p{ts.replace('.', '')}" in said
    assert labels(card) == ["Approve", "Edit", "Reject"]


def test_approving_on_the_card_makes_the_answer_usable_and_shows_by_whom(office: Office) -> None:
    ts = office.nominate("Who mends the sails?", "Ruth mends the sails.")

    office.click("UBEN", office.card(ts), "Approve")

    office.comes_to(ts, PairStatus.APPROVED)
    office.card_says(ts, "*Approved* by <@UBEN>")
    assert labels(office.card(ts)) == ["Take back"]
    wait_until(lambda: "seedling" in str(office.help.thread(thread_of(office, ts))), "it is acknowledged")


def test_a_decision_can_be_taken_back_by_who_took_it_alone(office: Office) -> None:
    ts = office.nominate("Who paints the hulls?", "Ned paints the hulls.")
    office.click("UBEN", office.card(ts), "Reject")
    office.card_says(ts, "*Rejected* by <@UBEN>")

    office.click("UCLEO", office.card(ts), "Take back")
    office.is_told("UCLEO", "Only who did can take it back.")
    assert office.status(ts) is PairStatus.REJECTED

    office.click("UBEN", office.card(ts), "Take back")
    office.comes_to(ts, PairStatus.CANDIDATE)
    office.card_says(ts, "Is this a good answer?")
    assert labels(office.card(ts)) == ["Approve", "Edit", "Reject"]


@pytest.mark.parametrize("label", ["Approve", "Reject"])
def test_only_reviewers_decide(office: Office, label: str) -> None:
    ts = office.nominate(f"Who may {label} this?", "Only some may.")

    office.click("UADA", office.card(ts), label)  # an admin, who is no reviewer

    office.is_told("UADA", "Only reviewers decide about answers")
    assert office.status(ts) is PairStatus.CANDIDATE


def test_only_reviewers_edit(office: Office) -> None:
    ts = office.nominate("Who may edit this?", "Only some may.")

    office.click("UADA", office.card(ts), "Edit")

    refused = office.modal("UADA")
    assert "Only reviewers decide about answers" in said_in(refused)
    assert "submit" not in refused or refused["submit"] is None
    office.close("UADA")


def test_nobody_approves_their_own_answer_on_the_card_either(office: Office) -> None:
    ts = office.nominate("Who sweeps the yard?", "Ben himself sweeps it.", answerer="UBEN")

    office.click("UBEN", office.card(ts), "Approve")

    office.is_told("UBEN", "Nobody approves their own answer")
    assert office.status(ts) is PairStatus.CANDIDATE


def test_a_candidate_that_is_edited_gets_a_new_card_and_the_old_one_points_to_it(office: Office) -> None:
    ts = office.nominate("Which rope is the best?", "Hemp rope is the best.")
    office.card(ts)

    office.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="Nylon rope is the best.")

    newer = office.card(ts, count=2)
    wait_until(lambda: f"p{newer['ts'].replace('.', '')}" in said_in(office.cards(ts)[0]), "the old card has the link")
    assert "changed since" in said_in(office.cards(ts)[0])
    assert labels(office.cards(ts)[0]) == []
    assert "Nylon" in said_in(newer)


def test_an_approved_answer_that_is_edited_comes_back_with_what_changed(office: Office) -> None:
    ts = office.approve("How long is the pier?", "The pier is forty metres long.")

    office.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="The pier is sixty metres long.")

    card = office.card(ts)
    runs = [run for block in card["blocks"] for run in (block.get("elements") or [{}])[-1].get("elements", [])]
    assert [run["text"].strip() for run in runs if run.get("style", {}).get("strike")] == ["forty"]
    assert [run["text"].strip() for run in runs if run.get("style", {}).get("bold")] == ["sixty"]
    assert "Changed since it was approved" in said_in(card)

    office.click("UCLEO", card, "Approve")
    office.comes_to(ts, PairStatus.APPROVED)
    pair = office.pair(ts)
    assert pair is not None
    assert pair.answer == "The pier is sixty metres long."


def test_a_deleted_answer_is_wiped_from_its_card(office: Office) -> None:
    ts = office.nominate("What is the wifi called?", "The wifi is called Binnacle.")
    office.card(ts)

    office.slack.control("delete", user="UMIA", channel="CHELP", ts=ts)

    office.card_says(ts, "Nothing is left of it.")
    assert "Binnacle" not in str(office.cards(ts))


def test_what_is_erased_is_wiped_though_slack_fails_at_first(office: Office) -> None:
    ts = office.nominate("What is the boiler called?", "The boiler is called Bertha.")
    office.card(ts)
    office.slack.control("trouble", api=[{"method": "chat.update", "answer": "fatal_error", "calls": 2}])

    office.slack.control("delete", user="UMIA", channel="CHELP", ts=ts)

    office.comes_to(ts, PairStatus.ERASED)
    wait_until(lambda: "Bertha" not in str(office.cards(ts)), "the card is wiped", timeout=20)
    office.slack.control("trouble", clear=True)


def test_what_is_erased_goes_from_the_cards_of_others_it_was_shown_beside(office: Office) -> None:
    first = office.approve("Which day does the ferry to Skerry sail?", "The ferry sails on Marlin day.")
    wait_until(office.has_compared, "the first is indexed and compared")
    ts = office.nominate("Which day does the ferry to Skerry sail, please?", "The ferry sails on Friday.", by="UADA")
    office.card_says(ts, "Marlin day")

    office.slack.control("delete", user="UMIA", channel="CHELP", ts=first)

    office.comes_to(first, PairStatus.ERASED)
    wait_until(lambda: "Marlin" not in str(office.cards(ts)), "the other card is drawn again", timeout=20)
    office.card_says(ts, "The ferry sails on Friday.")


def test_a_double_click_decides_once(office: Office) -> None:
    ts = office.nominate("Who keeps the log?", "Ines keeps the log.")
    card = office.card(ts)
    both = [threading.Thread(target=office.click, args=("UBEN", card, "Approve")) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    office.comes_to(ts, PairStatus.APPROVED)
    assert [(word.reviewer_id, word.verdict) for word in office.words(ts) if word.verdict is Verdict.APPROVE] == [
        ("UBEN", Verdict.APPROVE)
    ]


def test_two_reviewers_at_once_leave_one_pair_that_says_what_both_said(office: Office) -> None:
    ts = office.nominate("Who buys the paint?", "Hal buys the paint.")
    card = office.card(ts)
    both = [threading.Thread(target=office.click, args=(who, card, "Approve")) for who in ("UBEN", "UCLEO")]
    for one in both:
        one.start()
    for one in both:
        one.join()

    office.card_says(ts, "<@UBEN>")
    office.card_says(ts, "<@UCLEO>")
    assert len(office.cards(ts)) == 1
    assert office.status(ts) is PairStatus.APPROVED


def test_editing_on_the_card_approves_other_words_and_keeps_what_was_replaced_replaced(office: Office) -> None:
    ts = office.nominate("Who has the key to the loft?", "Sal has it, sal@tin.example knows.")
    office.click("UBEN", office.card(ts), "Edit")
    view = office.modal("UBEN")
    assert initial(view, "answer") == "Sal has it, [EMAIL_1] knows."

    office.submit("UBEN", view, question="Who has the loft key?", answer="Sal. Write to loft@tin.example.")

    office.comes_to(ts, PairStatus.APPROVED)
    pair = office.pair(ts)
    assert pair is not None
    assert (pair.question, pair.answer) == ("Who has the loft key?", "Sal. Write to [EMAIL_1].")
    assert office.views("UBEN") == []
    office.card_says(ts, "Edited by <@UBEN>")
    office.card_says(ts, "Who has the loft key?")


def test_a_near_duplicate_is_shown_beside_it_with_a_choice(office: Office) -> None:
    first = office.approve("When does the sail loft open on Monday?", "The sail loft opens at 8.")
    wait_until(office.has_compared, "the first is indexed and compared")
    ts = office.nominate("When does the sail loft open on Monday morning?", "The sail loft opens at 9.")

    office.card(ts)
    office.card_says(ts, "These two seem to disagree")
    office.card_says(ts, "opens at 8")
    office.click("UBEN", office.card(ts), "Replace it")

    office.comes_to(ts, PairStatus.APPROVED)
    office.comes_to(first, PairStatus.REPLACED)
    office.card_says(ts, "*Approved* by <@UBEN>")
    assert "Replace it" not in labels(office.card(ts))


def test_an_answer_approved_at_once_that_resembles_another_gets_a_card_too(office: Office) -> None:
    first = office.approve("Where is the dinghy moored at night?", "The dinghy is moored at berth 4.")
    wait_until(office.has_compared, "the first is indexed and compared")
    ts = office.approve("Where is the dinghy moored at night, please?", "The dinghy is moored at berth 4.")

    office.card(ts)
    office.card_says(ts, "This approved answer resembles another one")
    office.click("UCLEO", office.card(ts), "Discard this one")

    office.comes_to(ts, PairStatus.REPLACED)
    assert office.status(first) is PairStatus.APPROVED
    office.card_says(ts, "another answer to this question stands in its place")


def test_what_is_said_in_private_comes_on_no_card(office: Office) -> None:
    ts = office.nominate("What is the safe's code word?", "It is barnacle.", channel="CVAULT")
    office.nominate("Is this posted after it?", "Yes, it is.")

    wait_until(lambda: "Is this posted after it?" in str(office.slack.messages("CREVIEW", as_="UADA")), "it is posted")
    assert "barnacle" not in str(office.slack.messages("CREVIEW", as_="UADA"))
    assert office.pair(ts, "CVAULT") is not None


def test_a_card_that_cant_be_edited_does_not_undo_the_decision(office: Office) -> None:
    ts = office.nominate("Who stores the masts?", "Kit stores the masts.")
    card = office.card(ts)
    office.slack.control("trouble", api=[{"method": "chat.update", "answer": "fatal_error", "calls": 1}])

    office.click("UBEN", card, "Approve")

    office.comes_to(ts, PairStatus.APPROVED)
    office.slack.control("trouble", clear=True)


def test_reacting_on_the_answer_moves_the_card_too(office: Office) -> None:
    ts = office.nominate("Who counts the oars?", "Bea counts the oars.")
    office.card(ts)

    office.help.react("UCLEO", ts, YES)

    office.card_says(ts, "*Approved* by <@UCLEO>")
    assert labels(office.card(ts)) == []


def thread_of(office: Office, ts: str) -> str:
    pair = office.pair(ts)
    assert pair is not None
    return pair.thread_ts
