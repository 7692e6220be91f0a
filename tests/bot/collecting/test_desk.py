"""What reviewers and others do away from the cards: the queue, App Home, the modal, and slash commands."""

import pytest

from bot.collecting.lessons import NO_QUESTION
from bot.collecting.standing import FORGET
from storage.adapters import add_adapter
from storage.outbox import find
from storage.pairs import PairStatus
from storage.reviews import Verdict, Via
from storage.runs import add_run, set_run_pairs
from tests.bot.collecting.office import Office, buttons, initial, labels
from tests.bot.conftest import NOW
from tests.bot.running import said_in
from tests.playground_server import wait_until


def test_the_queue_is_decided_in_the_message_that_shows_it(office: Office) -> None:
    ts = office.nominate("Who oils the winch?", "Gus oils the winch.")
    shown = office.command("UBEN", "review")
    assert "answer" in said_in(shown)
    nth = [element["value"].split(":")[0] for _, element in buttons(shown, "Approve")].index(str(id_of(office, ts)))

    office.click("UBEN", shown, "Approve", nth=nth, channel="CHELP")

    office.comes_to(ts, PairStatus.APPROVED)
    wait_until(lambda: "Approved." in said_in(office.shown("UBEN", shown["ts"])), "the queue is drawn again")
    assert "Gus oils" not in said_in(office.shown("UBEN", shown["ts"]))


def test_what_was_decided_in_the_queue_is_taken_back_there(office: Office) -> None:
    ts = office.nominate("Who sharpens the saws?", "Wim sharpens the saws.")
    shown = office.command("UBEN", "review")
    nth = [element["value"].split(":")[0] for _, element in buttons(shown, "Approve")].index(str(id_of(office, ts)))
    office.click("UBEN", shown, "Approve", nth=nth, channel="CHELP")
    office.comes_to(ts, PairStatus.APPROVED)
    wait_until(lambda: "Take back" in labels(office.shown("UBEN", shown["ts"])), "there is a way back")

    office.click("UBEN", office.shown("UBEN", shown["ts"]), "Take back", channel="CHELP")

    office.comes_to(ts, PairStatus.CANDIDATE)


@pytest.mark.parametrize("argument", ["@ada", "please"])
def test_opting_out_takes_nobody_elses_name(office: Office, argument: str) -> None:
    said = office.command("UCLEO", f"opt-out {argument}")["text"]

    assert "It is about you alone." in said
    assert "/timbre forget @PERSON" in said


@pytest.mark.parametrize("user", ["UTOM", "UADA"])
def test_the_queue_is_for_reviewers(office: Office, user: str) -> None:
    assert "Only reviewers see the review queue" in office.command(user, "review")["text"]


def test_a_stale_click_in_the_queue_says_so_and_shows_what_is_there_now(office: Office) -> None:
    ts = office.nominate("Which glue holds?", "Epoxy holds.")
    shown = office.command("UCLEO", "review")
    office.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="Resin holds.")
    wait_until(lambda: "Resin" in str(office.pair(ts)), "the edit is followed")
    nth = [element["value"].split(":")[0] for _, element in buttons(shown, "Approve")].index(str(id_of(office, ts)))

    office.click("UCLEO", shown, "Approve", nth=nth, channel="CHELP")

    wait_until(lambda: "has changed since" in said_in(office.shown("UCLEO", shown["ts"])), "it is refused")
    assert office.status(ts) is PairStatus.CANDIDATE
    assert "Resin" in said_in(office.shown("UCLEO", shown["ts"]))


def test_the_queue_turns_its_pages_and_decides_a_whole_one(office: Office) -> None:
    stamps = [office.nominate(f"What is plank {n} made of?", f"Plank {n} is made of oak.") for n in range(6)]
    shown = office.command("UBEN", "review")
    assert "Next →" in labels(shown)

    office.click("UBEN", shown, "Next →", channel="CHELP")
    wait_until(lambda: "← Previous" in labels(office.shown("UBEN", shown["ts"])), "the next page is shown")
    office.click("UBEN", office.shown("UBEN", shown["ts"]), "← Previous", channel="CHELP")
    wait_until(lambda: "← Previous" not in labels(office.shown("UBEN", shown["ts"])), "the first page is shown")
    before = said_in(office.shown("UBEN", shown["ts"]))
    office.click("UBEN", office.shown("UBEN", shown["ts"]), "Reject all on this page", channel="CHELP")

    wait_until(lambda: "5 rejected." in said_in(office.shown("UBEN", shown["ts"])), "the page is decided")
    for number, ts in enumerate(stamps):
        assert (office.status(ts) is PairStatus.REJECTED) is (f"Plank {number} is" in before)


def test_editing_from_the_queue_draws_it_again(office: Office) -> None:
    ts = office.nominate("Who rings the bell?", "Ivo rings the bell.")
    shown = office.command("UCLEO", "review")
    nth = [element["value"].split(":")[0] for _, element in buttons(shown, "Edit")].index(str(id_of(office, ts)))
    office.click("UCLEO", shown, "Edit", nth=nth, channel="CHELP")

    office.submit("UCLEO", office.modal("UCLEO"), question="Who rings the bell?", answer="Ivo does, at noon.")

    office.comes_to(ts, PairStatus.APPROVED)
    wait_until(lambda: "Approved as you edited it." in said_in(office.shown("UCLEO", shown["ts"])), "it is drawn again")


def test_a_reviewer_finds_the_queue_on_app_home_and_decides_there(office: Office) -> None:
    ts = office.nominate("Who tends the fire?", "Una tends the fire.")
    view = office.home("UBEN")
    assert "Una tends the fire." in said_in(view)
    nth = [element["value"].split(":")[0] for _, element in buttons(view, "Reject")].index(str(id_of(office, ts)))

    office.press("UBEN", view, "Reject", nth=nth)

    office.comes_to(ts, PairStatus.REJECTED)
    after = office.home_after("UBEN", view)
    assert "Rejected." in said_in(after)
    assert "Una tends" not in said_in(after)


def test_app_home_of_others_says_how_to_ask_and_what_is_learnt_from_them(office: Office) -> None:
    office.approve("Who winds the clock?", "Eva winds the clock.", asker="UADA")

    said = said_in(office.home("UADA"))

    assert "Ask me anything" in said
    assert "You asked or gave 1 approved answer" in said
    assert "wait for a review*" not in said


def test_somebody_opts_out_and_in_again_on_app_home(office: Office) -> None:
    ts = office.approve("Who trims the lamps?", "Ada trims the lamps.", answerer="UADA")
    view = office.home("UADA")
    office.press("UADA", view, "Opt out")

    office.comes_to(ts, PairStatus.ERASED)
    out = office.home_after("UADA", view)
    assert "You are opted out" in said_in(out)
    office.press("UADA", out, "Opt in again")
    assert "Opt out" in labels(office.home_after("UADA", out))


def test_a_reviewer_teaches_an_answer_from_its_menu(office: Office) -> None:
    ts = office.help.answered("Where is the tide table?", "The tide table hangs in the office, ask tide@tin.example.")

    view = office.shortcut("UBEN", ts)

    assert view["title"]["text"] == "Teach Timbre this answer"
    assert initial(view, "question") == "Where is the tide table?"
    assert initial(view, "answer") == "The tide table hangs in the office, ask [EMAIL_1]."
    assert "Replaced before it is stored: 1 e-mail address" in said_in(view)
    assert office.pair(ts) is None  # nothing is stored of what nobody stands behind
    office.submit("UBEN", view, question="Where is the tide table?", answer="In the office.")
    office.comes_to(ts, PairStatus.APPROVED)
    assert [(word.verdict, word.via) for word in office.words(ts)] == [(Verdict.APPROVE, Via.CLICK)]
    assert office.views("UBEN") == []


def test_anybody_else_nominates_from_the_menu(office: Office) -> None:
    ts = office.help.answered("Where is the first-aid kit?", "The first-aid kit is under the stairs.", asker="UADA")

    view = office.shortcut("UTOM", ts)

    assert view["submit"]["text"] == "Nominate"
    assert [block for block in view["blocks"] if block["type"] == "input"] == []
    office.submit("UTOM", view)
    office.comes_to(ts, PairStatus.CANDIDATE)
    assert [(word.reviewer_id, word.verdict, word.via) for word in office.words(ts)] == [
        ("UTOM", Verdict.NOMINATE, Via.CLICK)
    ]
    assert "Nominated by <@UTOM>" in said_in(office.card(ts))


@pytest.mark.parametrize(("answerer", "said"), [("UBEN", "Nobody approves their own answer."), ("UMIA", NO_QUESTION)])
def test_the_modal_says_why_there_is_nothing_to_teach(office: Office, answerer: str, said: str) -> None:
    if answerer == "UBEN":
        ts = office.help.answered("Where is the bilge pump?", "In the stern locker.", answerer="UBEN")
    else:
        ts = office.help.say("UMIA", "What a lovely morning it is.")

    view = office.shortcut("UBEN", ts)

    assert said in said_in(view)
    assert view["submit"] is None
    office.close("UBEN")


def test_where_timbre_is_not_it_asks_to_be_invited(office: Office) -> None:
    office.slack.control(
        "seed", channels=[{"id": "CFAR", "name": "far", "members": ["ben", "tom"], "is_private": True}]
    )
    ts = office.slack.control("post", user="UTOM", channel="CFAR", text="Hm?")["ts"]

    view = office.shortcut("UBEN", ts, "CFAR")

    assert "Invite me first" in said_in(view)
    office.close("UBEN")


def test_what_slack_refuses_is_said_with_an_id_in_place_of_the_hourglass(office: Office) -> None:
    ts = office.help.answered("Where is the spare rudder?", "Behind the shed.")
    office.slack.control("trouble", api=[{"method": "conversations.replies", "answer": "fatal_error", "calls": 1}])

    view = office.shortcut("UBEN", ts)

    assert "Please tell an admin" in said_in(view)
    office.close("UBEN")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"question": " ", "answer": "Yes."}, "question", "Write the question."),
        ({"question": "Really?", "answer": ""}, "answer", "Write the answer."),
        ({"question": "Really?", "answer": "x" * 3001}, "answer", "Slack takes 3,000 characters here; this has 3,001."),
    ],
)
def test_what_was_typed_wrongly_is_said_in_the_modal(
    office: Office, typed: dict[str, str], field: str, said: str
) -> None:
    ts = office.help.answered("Is this read?", "It is read, indeed.")
    view = office.shortcut("UCLEO", ts)

    office.submit("UCLEO", view, **typed)

    assert office.views("UCLEO")[-1]["errors"] == {field: said}
    assert office.pair(ts) is None
    office.close("UCLEO")


def slow_slack(office: Office) -> None:
    slow = {"method": "conversations.replies", "answer": "delay", "delay_s": 4, "calls": 1}
    office.slack.control("trouble", api=[slow])


def test_a_modal_is_acknowledged_in_time_however_long_slack_takes_to_be_read(office: Office) -> None:
    ts = office.help.answered("Where is the fog horn?", "The fog horn is in the wheelhouse.")
    view = office.shortcut("UBEN", ts)
    slow_slack(office)

    office.submit("UBEN", view, question="Where is the fog horn?", answer="In the wheelhouse.")

    assert "I am still at it" in said_in(office.views("UBEN")[-1])
    assert office.status(ts) is not PairStatus.APPROVED
    wait_until(lambda: "Done." in said_in(office.views("UBEN")[-1]), "the modal says that it is done")
    assert office.status(ts) is PairStatus.APPROVED
    office.close("UBEN")


def test_what_was_typed_is_still_there_when_it_is_refused_late(office: Office) -> None:
    ts = office.help.answered("Which buoy is loose?", "The north buoy is loose.")
    view = office.shortcut("UBEN", ts)
    office.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="The south buoy is loose.")
    slow_slack(office)

    office.submit("UBEN", view, question="Which buoy is loose?", answer="The north one, off the pier.")

    wait_until(lambda: "has changed since" in said_in(office.views("UBEN")[-1]), "the modal says why")
    assert "The north one, off the pier." in said_in(office.views("UBEN")[-1])
    office.close("UBEN")


def test_a_modal_about_words_that_changed_meanwhile_refuses(office: Office) -> None:
    ts = office.help.answered("Which flag is up?", "The blue flag is up.")
    view = office.shortcut("UBEN", ts)
    office.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text="The red flag is up.")

    office.submit("UBEN", view, question="Which flag is up?", answer="The blue flag is up.")

    assert "has changed since" in office.views("UBEN")[-1]["errors"]["answer"]
    assert office.status(ts) is not PairStatus.APPROVED
    assert office.status(ts) is not PairStatus.CANDIDATE  # nobody stands behind it: it does not wait either
    office.close("UBEN")


def test_the_modal_shows_an_approved_answer_to_the_same_question(office: Office) -> None:
    office.approve("How many berths has the north quay?", "The north quay has 12 berths.")
    ts = office.help.answered("How many berths has the north quay?", "The north quay has 14 berths.")

    def compared() -> bool:
        view = office.shortcut("UCLEO", ts)
        office.close("UCLEO")
        return "These two seem to disagree" in said_in(view)

    wait_until(compared, "the modal shows the other answer")


def test_opting_out_by_command_erases_and_says_what(office: Office) -> None:
    ts = office.approve("Who salts the steps?", "Mia salts the steps.")

    said = office.command("UMIA", "opt-out")["text"]

    assert "You are opted out: I erased" in said
    assert office.status(ts) is PairStatus.ERASED
    assert "You opted out before" in office.command("UMIA", "opt-out")["text"]
    again = office.help.answered("Who salts the ramp?", "Mia again salts the ramp.")
    assert NO_QUESTION in said_in(office.shortcut("UBEN", again))
    office.close("UBEN")
    assert "I learn from you again" in office.command("UMIA", "opt-in")["text"]
    assert "nothing changed" in office.command("UMIA", "opt-in")["text"]


def test_an_admin_has_a_person_forgotten_and_hears_which_voices_learnt(office: Office) -> None:
    ts = office.approve("Who bakes on Friday?", "Ben bakes on Friday.", by="UCLEO", answerer="UBEN")
    voice = learn_from(office, id_of(office, ts))

    said = office.command("UADA", "forget @ben")["text"]

    assert said.startswith("I erased 1 answer and 0 questions of <@UBEN>")
    assert f"*{voice}* learnt from them" in said
    assert office.status(ts) is PairStatus.ERASED
    with office.database.reading() as session:
        forgetting = find(session, f"pair:{id_of(office, ts)}:forget")
    assert forgetting is not None
    assert forgetting.kind == FORGET
    office.command("UBEN", "opt-in")


@pytest.mark.parametrize(
    ("user", "text", "said"),
    [
        ("UTOM", "forget @mia", "Only admins may `/timbre forget`."),
        ("UBEN", "forget @mia", "Only admins may `/timbre forget`."),
        ("UADA", "forget", "Say whom to forget"),
        ("UADA", "forget @mai", "I know nobody called @mai. Did you mean @mia?"),
        ("UADA", "forget @mai", "It goes `/timbre forget @PERSON`"),
        ("UADA", "forget @ben @tom", "one person at a time"),
        ("UADA", "forget @timbre", "That is me"),
        ("UADA", "forgot @ben", "Did you mean `/timbre forget`?"),
        ("UTOM", "help", "`/timbre opt-out` erase what I learnt from you"),
    ],
)
def test_a_command_that_cant_be_carried_out_says_how_it_goes(office: Office, user: str, text: str, said: str) -> None:
    assert said in office.command(user, text)["text"]


def id_of(office: Office, ts: str) -> int:
    pair = office.pair(ts)
    assert pair is not None
    return pair.id


def learn_from(office: Office, pair_id: int) -> str:
    """Have a voice learn from a pair; returns its name."""
    with office.database.writing() as session:
        run = add_run(session, team_id=office.team_id, requested_by="UADA", channel_id="CHELP", now=NOW)
        set_run_pairs(session, run.id, {pair_id: "train"})
        add_adapter(session, team_id=office.team_id, name="voice-1", run_id=run.id, path="v1", sha256="0" * 64, now=NOW)
    return "voice-1"
