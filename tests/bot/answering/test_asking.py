"""Where Timbre answers, and where it keeps quiet: a running bot among people who talk to each other."""

import time
from typing import Any

import pytest

from bot.answering.answerer import DONT_KNOW, UNSUPPORTED
from bot.answering.correcting import GONE
from bot.listeners.correcting import THANKS
from storage.answers import answer_to
from storage.knowledge import chunks_to_index
from storage.listing import PairFilter, every_pair
from storage.pairs import PairStatus
from tests.bot.collecting.office import Office, labels
from tests.bot.running import Channel, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import wait_until

QUIET_SECONDS = 1.0


def quiet(room: Channel, ts: str, *, count: int) -> bool:
    """Return whether the bot has said no more in a thread after a while than it had."""
    time.sleep(QUIET_SECONDS)
    return sum(bool(message.get("bot_id")) for message in room.thread(ts)) == count


def approved(office: Office, question: str, answer: str, **people: str) -> None:
    office.approve(question, answer, **people)
    wait_until(lambda: _is_known(office, question), "the answer is in the index")


def _is_known(office: Office, question: str) -> bool:
    return "Verified answer" in said_in(office.command("UADA", f"ask {question}"))


def is_indexed(office: Office, question: str) -> bool:
    with office.database.reading() as session:
        waiting = [chunk.title for chunk in chunks_to_index(session, limit=100)]
        pairs = every_pair(session, PairFilter(), team_id=office.team_id)
    is_approved = any(pair.question == question and pair.status is PairStatus.APPROVED for pair in pairs)
    return is_approved and question not in waiting


def thumb_down(office: Office, user: str, message: dict[str, Any]) -> None:
    """Press the thumb that points down, below an answer in #help."""
    (block,) = (block for block in message["blocks"] if block["type"] == "context_actions")
    buttons = block["elements"][0]
    office.slack.control(
        "click",
        user=user,
        channel="CHELP",
        ts=message["ts"],
        action_id=buttons["action_id"],
        block_id=block["block_id"],
        value=buttons["negative_button"]["value"],
        wait=True,
    )


def approve_correction(office: Office, text: str, *, by: str, label: str = "Approve") -> None:
    """Press a button that approves on the card of a correction that says something, once it is there.

    Where the correction resembles an approved answer, that is a choice between the two.
    """

    def cards() -> list[dict[str, Any]]:
        messages = office.slack.messages("CREVIEW", as_=by)
        return [one for one in messages if text in said_in(one) and label in labels(one)]

    wait_until(lambda: bool(cards()), f"its card is posted with {label!r}")
    office.click(by, cards()[-1], label)


def statuses(office: Office, text: str) -> list[PairStatus]:
    """Return where the pairs stand whose answers say something."""
    with office.database.reading() as session:
        return [
            pair.status for pair in every_pair(session, PairFilter(), team_id=office.team_id) if text in pair.answer
        ]


def test_an_approved_answer_is_given_as_it_stands_with_who_approved_it_and_until_when(office: Office) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")

    reply = office.help.ask("UTOM", "where do the lanterns hang?")

    said = said_in(reply)
    assert "Lanterns hang in the porch." in said
    assert "*Verified answer* · approved by ben on" in said
    assert "check again by" in said


def test_a_follow_up_in_a_thread_is_answered_and_talk_among_people_is_not(office: Office) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    approved(office, "Where do we store the candles?", "Candles are stored in the crate.")
    root = office.help.say("UTOM", "@timbre Where do the lanterns hang?")
    office.help.replies_to(root)

    office.help.say("UTOM", "Thanks, good to know.", thread_ts=root)
    office.help.say("UTOM", "<@UMIA> where do we store the candles?", thread_ts=root)
    assert quiet(office.help, root, count=1)
    office.help.say("UMIA", "No idea, sorry", thread_ts=root)
    office.help.say("UADA", "where do we store the candles?", thread_ts=root)
    assert quiet(office.help, root, count=1)

    root = office.help.say("UTOM", "@timbre Where do the lanterns hang?")
    office.help.replies_to(root)
    office.help.say("UTOM", "And where do we store the candles?", thread_ts=root)
    assert "stored in the crate" in said_in(office.help.replies_to(root, count=2)[1])
    office.help.say("UMIA", "where do the lanterns hang?", thread_ts=root)
    assert "in the porch" in said_in(office.help.replies_to(root, count=3)[2])


def test_an_answer_for_the_asker_alone_can_be_shared_once(office: Office) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    told = office.command("UTOM", "ask where do the lanterns hang?")
    assert "Lanterns hang in the porch." in said_in(told)
    assert "Share" in labels(told)

    office.click("UTOM", told, "Share", channel="CHELP")

    def shared() -> list[dict[str, Any]]:
        messages = office.slack.messages("CHELP", as_="UMIA")
        return [one for one in messages if "asked: where do the lanterns hang?" in said_in(one)]

    wait_until(lambda: len(shared()) == 1, "it is shared")
    assert "Lanterns hang in the porch." in said_in(shared()[0])
    office.click("UTOM", told, "Share", channel="CHELP")
    office.is_told("UTOM", "You have shared this answer already.", "CHELP")
    assert len(shared()) == 1


def test_a_shared_answer_can_be_followed_up_in_its_thread(office: Office) -> None:
    approved(office, "Where do we keep the oars?", "Oars are kept in the rack.")
    approved(office, "Who varnishes the oars?", "Mia varnishes the oars.")
    told = office.command("UTOM", "ask where do we keep the oars?")
    office.click("UTOM", told, "Share", channel="CHELP")

    def shared() -> list[dict[str, Any]]:
        messages = office.slack.messages("CHELP", as_="UMIA")
        return [one for one in messages if "asked: where do we keep the oars?" in said_in(one)]

    wait_until(lambda: len(shared()) == 1, "it is shared")
    office.is_told("UTOM", "Shared.", "CHELP")
    root = shared()[0]["ts"]
    office.help.say("UMIA", "Who varnishes the oars?", thread_ts=root)
    assert "Mia varnishes the oars." in said_in(office.help.replies_to(root)[0])
    office.help.say("UMIA", "<@UBEN> is that still so?", thread_ts=root)
    assert quiet(office.help, root, count=1)


@pytest.mark.parametrize("answer", ["http_500", "used_url", "expired_url"])
def test_an_answer_for_the_asker_alone_comes_though_slack_takes_none_at_its_address(
    office: Office, answer: str
) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    place = "@timbre" if answer == "expired_url" else "CHELP"
    before = len(office.slack.messages(place, as_="UTOM"))
    office.slack.control("trouble", api=[{"method": "response_url", "answer": answer}])

    office.slack.control(
        "command", user="UTOM", channel="CHELP", command="/timbre", text="ask where do the lanterns hang?"
    )

    wait_until(lambda: len(office.slack.messages(place, as_="UTOM")) > before, "the answer has come another way")
    told = office.slack.messages(place, as_="UTOM")[-1]
    assert "Lanterns hang in the porch." in said_in(told)
    assert "Share" in labels(told)
    assert ("`/timbre ask where do the lanterns hang?` in <#CHELP>" in said_in(told)) is (place == "@timbre")


def test_an_answer_asked_for_where_timbre_is_not_comes_directly_when_its_address_fails(office: Office) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    office.slack.control("seed", channels=[{"id": "CAWAY", "name": "away", "members": ["tom"]}])
    office.slack.control("trouble", api=[{"method": "response_url", "answer": "http_503"}])
    before = len(office.slack.messages("@timbre", as_="UTOM"))

    office.slack.control(
        "command", user="UTOM", channel="CAWAY", command="/timbre", text="ask where do the lanterns hang?"
    )

    wait_until(lambda: len(office.slack.messages("@timbre", as_="UTOM")) > before, "the answer has come directly")
    assert "Lanterns hang in the porch." in said_in(office.slack.messages("@timbre", as_="UTOM")[-1])


def test_a_failure_to_answer_the_asker_alone_is_told_though_slack_does_not_take_it_at_once(
    office: Office, model_server: FakeModelServer
) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    model_server.is_down = True
    office.slack.control("trouble", api=[{"method": "response_url", "answer": "http_500"}])

    told = office.command("UTOM", "ask where do the lanterns not hang?")

    assert "tell an admin `" in said_in(told)


def test_a_command_that_fails_is_told_with_an_id_though_slack_does_not_take_that_at_once(office: Office) -> None:
    office.slack.control("seed", people=[{"id": "UZOE", "name": "zoe"}])
    office.slack.control("join", user="UZOE", channel="CHELP")
    unknown = {"method": "users.info", "answer": "fatal_error", "calls": 1}
    office.slack.control("trouble", api=[unknown, {"method": "response_url", "answer": "http_500"}])

    told = office.command("UZOE", "channels off")

    assert "Please tell an admin `" in told["text"]


def test_what_fails_in_app_home_is_told_directly(office: Office) -> None:
    office.slack.control("seed", people=[{"id": "UZED", "name": "zed"}])
    home = office.home("UZED")
    office.slack.control("trouble", api=[{"method": "views.publish", "answer": "fatal_error", "calls": 1}])

    office.press("UZED", home, "Opt out")

    def told() -> list[str]:
        return [said_in(message) for message in office.slack.messages("@timbre", as_="UZED")]

    wait_until(lambda: any("tell an admin" in text for text in told()), "it is told")


def test_what_is_known_from_a_private_channel_is_not_shared_where_others_read(office: Office) -> None:
    ts = office.vault.answered("What is the vault's combination lock made of?", "The lock is made of brass.")
    office.vault.react("UBEN", ts)
    office.comes_to(ts, PairStatus.APPROVED, "CVAULT")
    question = "what is the vault's combination lock made of?"
    wait_until(lambda: "brass" in said_in(office.command("UTOM", f"ask {question}")), "it is in the index")

    told = office.command("UTOM", f"ask {question}")
    office.click("UTOM", told, "Share", channel="CHELP")

    office.is_told("UTOM", "This answer rests on what not everybody here may read", "CHELP")
    assert not any("brass" in said_in(one) for one in office.slack.messages("CHELP", as_="UCLEO"))
    assert "brass" not in said_in(office.command("UCLEO", f"ask {question}"))


def test_a_channel_can_have_any_question_answered_or_none(office: Office, model_server: FakeModelServer) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    assert "Only admins" in office.command("UTOM", "channels questions")["text"]
    assert "any question here" in office.command("UADA", "channels questions")["text"]
    try:
        known = office.help.say("UMIA", "Where do the lanterns hang?")
        assert "in the porch" in said_in(office.help.replies_to(known)[0])
        unknown = office.help.say("UMIA", "Why do zebras yodel at night?")
        assert quiet(office.help, unknown, count=0)
        model_server.says = "The moon is made of cheese."
        unsupported = office.help.say("UMIA", "Where do the lanterns not hang?")
        assert quiet(office.help, unsupported, count=0)
        assert UNSUPPORTED.strip("_") in said_in(office.help.ask("UMIA", "Where do the lanterns not hang?"))
        assert "questions" in office.command("UADA", "channels")["text"]

        office.command("UADA", "channels off")
        ts = office.help.say("UMIA", "@timbre Where do the lanterns hang?")
        office.is_told("UMIA", "I am switched off in this channel", "CHELP")
        assert quiet(office.help, ts, count=0)
    finally:
        office.command("UADA", "channels mention")


def test_a_thumb_down_asks_what_would_have_been_right_and_another_reviewer_has_the_last_word(office: Office) -> None:
    approved(office, "Where do the buckets stand?", "Buckets stand by the well.")
    reply = office.help.ask("UTOM", "where do the buckets stand?")

    thumb_down(office, "UBEN", reply)
    modal = office.modal("UBEN")
    assert modal["submit"]["text"] == "Propose"
    office.submit(
        "UBEN", modal, question="Where do the red buckets stand now?", answer="Red buckets stand in the barn."
    )

    wait_until(lambda: statuses(office, "in the barn") == [PairStatus.CANDIDATE], "it is proposed")
    approve_correction(office, "in the barn", by="UBEN", label="Keep both")
    assert statuses(office, "in the barn") == [PairStatus.CANDIDATE]
    approve_correction(office, "in the barn", by="UCLEO", label="Keep both")
    wait_until(
        lambda: "in the barn" in said_in(office.command("UADA", "ask Where do the red buckets stand now?")), "ok"
    )


def test_the_modal_is_open_before_slack_says_who_may_read_the_answer(office: Office) -> None:
    members = ["ada", "ben", "tom", "mia", "timbre"]
    office.slack.control("seed", channels=[{"id": "CDOCK", "name": "dock", "is_private": True, "members": members}])
    dock = Channel(office.slack, "CDOCK")
    reply = dock.ask("UTOM", "Why do seals sing?")
    office.slack.control("leave", user="UMIA", channel="CDOCK")  # what is known of who is there is forgotten
    heard = "events_api member_left_channel"
    wait_until(lambda: heard in str(office.slack.look("traffic", limit=50)["frames"]), "the bot hears of it")
    office.slack.control("trouble", api=[{"method": "conversations.*", "answer": "delay", "delay_s": 3}])

    started = time.monotonic()
    office.click("UBEN", reply, "I know the answer", channel="CDOCK")
    opened = office.modal("UBEN", is_filled=False)

    assert time.monotonic() - started < 2
    assert "Reading the answer" in said_in(opened)
    assert office.modal("UBEN")["title"]["text"] == "Answer this question"
    office.close("UBEN")


def test_whoever_closes_the_modal_before_it_is_filled_is_told_of_no_failure(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    reply = office.help.ask("UTOM", "Why do walruses hum?")
    office.slack.control("trouble", api=[{"method": "views.update", "answer": "delay", "delay_s": 1}])
    office.click("UBEN", reply, "I know the answer", channel="CHELP")
    assert "Reading the answer" in said_in(office.modal("UBEN", is_filled=False))
    office.close("UBEN")

    wait_until(lambda: not office.slack.control("trouble")["api"], "the bot fills it")
    time.sleep(2)  # until Slack has answered that, and whatever would be told is
    assert not any("didn't work" in said_in(one) for one in office.told("UBEN", "CHELP"))
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_what_may_not_be_corrected_is_said_in_the_modal(office: Office) -> None:
    ts = office.help.say("UTOM", "@timbre Why do seals dance?")
    (reply,) = office.help.replies_to(ts)
    office.slack.control("delete", user="UTOM", channel="CHELP", ts=ts)
    wait_until(lambda: not _question(office, ts), "the question is forgotten")

    office.click("UBEN", reply, "I know the answer", channel="CHELP")

    assert GONE in said_in(office.modal("UBEN"))
    office.close("UBEN")


def _question(office: Office, ts: str) -> str:
    with office.database.reading() as session:
        answer = answer_to(session, team_id=office.team_id, channel_id="CHELP", question_ts=ts)
    return answer.question if answer else ""


@pytest.mark.parametrize("user", ["UMIA", "UBEN"])
def test_whoever_proposes_an_answer_is_thanked_once_where_they_read_it(office: Office, user: str) -> None:
    ts = office.help.say("UTOM", f"@timbre Why does {user} whistle at gulls?")
    (reply,) = office.help.replies_to(ts)
    office.click(user, reply, "I know the answer", channel="CHELP")
    office.submit(user, office.modal(user), question=f"Why does {user} whistle?", answer=f"{user} likes to whistle.")

    def thanks(by: str) -> list[dict[str, Any]]:
        thread = office.slack.messages("CHELP", as_=by, thread_ts=ts)
        return [one for one in thread if one.get("is_ephemeral") and one["text"] == THANKS]

    wait_until(lambda: len(thanks(user)) == 1, "they are thanked")
    wait_until(lambda: statuses(office, f"{user} likes") == [PairStatus.CANDIDATE], "it is proposed")
    assert quiet(office.help, ts, count=1)
    assert len(thanks(user)) == 1
    assert thanks("UTOM") == []


def test_whoever_proposes_an_answer_is_thanked_in_the_modal_where_that_takes_long(office: Office) -> None:
    reply = office.help.ask("UTOM", "Why do herons stand on one leg?")
    office.click("UMIA", reply, "I know the answer", channel="CHELP")
    modal = office.modal("UMIA")
    office.slack.control("leave", user="UADA", channel="CHELP")
    office.slack.control("join", user="UADA", channel="CHELP")
    office.slack.control("trouble", api=[{"method": "conversations.*", "answer": "delay", "delay_s": 4, "calls": 2}])

    office.submit("UMIA", modal, question="Why do herons stand on one leg?", answer="The other one is cold.")

    assert "I am still at it" in said_in(office.views("UMIA")[-1])
    wait_until(lambda: THANKS in said_in(office.views("UMIA")[-1]), "the modal thanks them")
    office.close("UMIA")


def test_an_approved_answer_is_corrected_by_a_button_and_the_correction_is_given_from_then_on(office: Office) -> None:
    approved(office, "Where do the barrels stand?", "Barrels stand by the well.")
    reply = office.help.ask("UTOM", "Where do the barrels stand?")

    office.click("UBEN", reply, "Correct this", channel="CHELP")
    modal = office.modal("UBEN")
    office.submit("UBEN", modal, question="Where do the barrels stand?", answer="Barrels stand in the cellar.")
    approve_correction(office, "in the cellar", by="UCLEO", label="Replace it")

    wait_until(lambda: "in the cellar" in said_in(office.command("UADA", "ask Where do the barrels stand?")), "ok")


def test_what_timbre_does_not_know_is_answered_by_a_button(office: Office) -> None:
    reply = office.help.ask("UTOM", "Why do ostriches whistle?")
    assert DONT_KNOW in said_in(reply)

    office.click("UBEN", reply, "I know the answer", channel="CHELP")
    modal = office.modal("UBEN")
    assert modal["title"]["text"] == "Answer this question"
    assert not any(block.get("element", {}).get("initial_value", "").startswith("I don't") for block in modal["blocks"])
    office.submit("UBEN", modal, question="Why do ostriches whistle?", answer="They learnt it from the kettle.")
    approve_correction(office, "the kettle", by="UCLEO")

    wait_until(lambda: "the kettle" in said_in(office.command("UADA", "ask Why do ostriches whistle?")), "ok")
    assert "ostriches" not in said_in(office.command("UBEN", "gaps"))


def test_a_question_that_leans_on_another_is_written_out_before_it_is_corrected(office: Office) -> None:
    approved(office, "When is the storage hall open?", "The storage hall is open until four.")
    root = office.help.say("UTOM", "@timbre When is the storage hall open?")
    office.help.replies_to(root)
    office.help.say("UTOM", "@timbre and on Sundays?", thread_ts=root)
    reply = office.help.replies_to(root, count=2)[1]

    office.click("UBEN", reply, "I know the answer", channel="CHELP")
    modal = office.modal("UBEN")
    office.submit("UBEN", modal, question="and on Sundays?", answer="On Sundays it is shut.")

    assert "understood without what was said before" in str(office.modal("UBEN"))


def test_an_approved_answer_to_half_a_question_is_not_given_to_whoever_asks_that(office: Office) -> None:
    approved(office, "When is the storage hall open on Sundays?", "The storage hall is shut on Sundays.")
    office.approve("and on Sundays?", "No, the storage hall is shut.")
    wait_until(lambda: is_indexed(office, "and on Sundays?"), "the answer is in the index")

    assert "Verified answer" not in said_in(office.command("UADA", "ask and on Sundays?"))


def test_anybody_elses_correction_waits_for_a_review(office: Office) -> None:
    approved(office, "Where do the buckets stand?", "Buckets stand by the well.")
    reply = office.help.ask("UTOM", "where do the buckets stand?")

    thumb_down(office, "UMIA", reply)
    modal = office.modal("UMIA")
    assert "Somebody else reviews it first." in said_in(modal)
    office.submit("UMIA", modal, question="Where do the blue buckets stand?", answer="Blue ones stand in the loft.")

    wait_until(lambda: statuses(office, "loft") == [PairStatus.CANDIDATE], "it waits")

    def cards() -> list[str]:
        cards = (said_in(one) for one in office.slack.messages("CREVIEW", as_="UBEN"))
        return [card for card in cards if "stand in the loft" in card]

    wait_until(lambda: bool(cards()), "its card is posted")
    assert "wrote what Timbre should have answered" in cards()[0]
    assert "A rule put" not in cards()[0]


def test_what_could_not_be_answered_is_listed_together_but_not_what_was_asked_in_private(office: Office) -> None:
    for text in ("Why do zebras yodel loudly?", "why do zebras yodel so loudly?"):
        assert DONT_KNOW in said_in(office.help.ask("UTOM", text))
    direct = Channel(office.slack, "@timbre")
    direct.replies_to(direct.say("UTOM", "Who stole the emerald tiara?"), as_="UTOM")

    listed = said_in(office.command("UBEN", "gaps"))

    assert "zebras" in listed
    assert "asked 2 times" in listed
    assert "tiara" not in listed
    assert "asked where you can't look" in listed
    assert "Only reviewers" in office.command("UTOM", "gaps")["text"]


def test_the_pane_offers_questions_and_names_its_threads(office: Office) -> None:
    approved(office, "Where do the lanterns hang?", "Lanterns hang in the porch.")
    office.slack.control("open_home", user="UMIA", tab="messages")

    def offered() -> list[str]:
        prompts = office.slack.look("state", as_="UMIA")["prompts"]
        return [one["message"] for entry in prompts for one in entry["prompts"]]

    wait_until(lambda: "Where do the lanterns hang?" in offered(), "it is offered")
    frames = office.slack.look("traffic", limit=1000)["frames"]
    calls = [one["body"] for one in frames if one["name"] == "assistant.threads.setSuggestedPrompts"]
    assert calls
    assert not any("thread_ts" in body for body in calls)
    direct = Channel(office.slack, "@timbre")
    ts = direct.say("UMIA", "where do the lanterns hang?")
    direct.replies_to(ts, as_="UMIA")

    def title() -> Any:
        root = next(one for one in office.slack.messages("@timbre", as_="UMIA") if one["ts"] == ts)
        return (root.get("assistant_app_thread") or {}).get("title")

    wait_until(lambda: title() == "where do the lanterns hang?", "the thread is named")
