"""What Timbre answered comes out as JSON lines, and what was said in private only where that is wanted."""

import json
import stat
from pathlib import Path
from typing import Any

from bot.answering.exporting import export_answers
from storage.answer_log import AnswerFilter
from tests.bot.answering.test_asking import approved, thumb_down
from tests.bot.collecting.office import Office
from tests.bot.running import Channel


def exported(office: Office, out: Path, *, with_private: bool = False, about: str = "sundial") -> list[dict[str, Any]]:
    """Return the answers about a thing."""
    export_answers(office.database, AnswerFilter(with_private=with_private), out, team_id=office.team_id)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if about in line["question"].lower()]


def test_answers_come_out_with_passages_and_thumbs_and_private_ones_on_demand(office: Office, tmp_path: Path) -> None:
    approved(office, "Where does the sundial stand?", "The sundial stands on the lawn.")
    reply = office.help.ask("UTOM", "Where does the sundial stand?")
    thumb_down(office, "UMIA", reply)
    office.vault.ask("UTOM", "Who polishes the sundial at night?")
    direct = Channel(office.slack, "@timbre")
    direct.replies_to(direct.say("UTOM", "How old is the sundial, by the way?"), as_="UTOM")

    (answer,) = exported(office, tmp_path / "answers.jsonl")
    everything = exported(office, tmp_path / "all.jsonl", with_private=True)

    assert (answer["question"], answer["answer"]) == (
        "Where does the sundial stand?",
        "The sundial stands on the lawn.",
    )
    assert (answer["kind"], answer["model"], answer["thumbs"]) == ("verified", None, {"up": 0, "down": 1})
    (passage,) = answer["passages"]
    assert (passage["cited_as"], passage["text"]) == (1, "The sundial stands on the lawn.")
    private = {line["question"] for line in everything if line["is_private"]}
    assert private == {
        "Who polishes the sundial at night?",
        "How old is the sundial, by the way?",
        "Where does the sundial stand?",  # by `/timbre ask`, until it was in the index
    }
    assert stat.S_IMODE((tmp_path / "answers.jsonl").stat().st_mode) == 0o600


def test_what_was_asked_in_private_comes_out_as_that_until_it_is_shared(office: Office, tmp_path: Path) -> None:
    approved(office, "Where does the weathervane stand?", "The weathervane stands on the roof.")
    told = office.command("UTOM", "ask where does the weathervane stand?")
    office.slack.control("trouble", api=[{"method": "chat.postMessage", "answer": "is_archived"}])

    office.click("UTOM", told, "Share", channel="CHELP")
    office.is_told("UTOM", "I am not in this conversation.", "CHELP")
    assert exported(office, tmp_path / "refused.jsonl", about="weathervane") == []

    office.slack.control("trouble", clear=True)
    office.click("UTOM", told, "Share", channel="CHELP")
    office.is_told("UTOM", "Shared.", "CHELP")
    (answer,) = exported(office, tmp_path / "shared.jsonl", about="weathervane")
    assert answer["answer"] == "The weathervane stands on the roof."
