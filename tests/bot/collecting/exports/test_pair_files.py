"""Pairs out of each database into files of chats, and out of such files into it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.collecting.pair_files import Imported, export_pairs, import_pairs
from bot.collecting.people import People
from bot.collecting.policy import ReviewPolicy
from bot.collecting.provenance import provenance_file
from bot.exporting import ExportError
from storage.database import Database
from storage.listing import PairFilter, list_pairs
from storage.pairs import Candidate, Origin, Pair, PairStatus, Priority, add_candidate, content_hash, set_status
from storage.tables import PairRow

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def chat(question: Any, answer: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def taken_in(database: Database, path: Path, *rows: Any) -> Imported:
    file = path / "pairs.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return import_pairs(database, file, team_id="T1", region="US", now=lambda: NOW)


def test_what_a_file_holds_waits_for_review_redacted_and_known_by_what_it_says(
    database: Database, tmp_path: Path
) -> None:
    done = taken_in(
        database, tmp_path, chat("Who helps?", "Mail a@example.org."), chat("Who helps?", "Mail b@example.org.")
    )

    with database.reading() as session:
        [pair] = list_pairs(session, PairFilter(), team_id="T1", limit=9)
    assert (done.proposed, done.already_known) == (1, 1), "what is stored of the two is the same"
    assert (pair.question, pair.answer, pair.origin) == ("Who helps?", "Mail [EMAIL_1].", Origin.FILE)
    assert (pair.status, pair.priority, pair.channel_id) == (PairStatus.CANDIDATE, Priority.PROPOSED, "file")
    assert (pair.asked_by, pair.answered_by, pair.permalink) == ("", "", "")
    assert pair.answer_ts == pair.content_hash


def test_a_pair_that_was_erased_does_not_come_back_from_its_file(database: Database, tmp_path: Path) -> None:
    taken_in(database, tmp_path, chat("Who helps?", "Tom does."))
    with database.writing() as session:
        [pair] = list_pairs(session, PairFilter(), team_id="T1", limit=9)
        set_status(session, pair.id, PairStatus.ERASED, now=NOW)

    assert taken_in(database, tmp_path, chat("Who helps?", "Tom does.")).already_known == 1
    assert export_pairs(database, PairFilter(), tmp_path / "out.jsonl", team_id="T1") == 0


def approved(database: Database, number: int, *, channel: str = "CHELP", answerer: str = "UMIA") -> Pair:
    said: dict[str, Any] = {
        "question": f"Who helps {number}?",
        "answer": f"Person {number} does.",
        "permalink": "https://x",
    }
    place = ("T1", channel, channel == "CVAULT", f"{number}.0", f"{number}.0", f"{number}.1")
    with database.writing() as session:
        pair = add_candidate(session, Candidate(*place, **said, asked_by="UTOM", answered_by=answerer), now=NOW)
        return set_status(session, pair.id, PairStatus.APPROVED, now=NOW)


def exported(database: Database, path: Path) -> Path:
    export_pairs(database, PairFilter(), path / "old.jsonl", team_id="T1")
    return path / "old.jsonl"


def import_again(database: Database, file: Path) -> Imported:
    return import_pairs(database, file, team_id="T1", region="US", now=lambda: NOW)


def stored(database: Database) -> list[Pair]:
    with database.reading() as session:
        return list_pairs(session, PairFilter(), team_id="T1", limit=9)


def test_an_older_export_brings_nothing_back_of_whoever_was_erased_since(database: Database, tmp_path: Path) -> None:
    pairs = [approved(database, 1), approved(database, 2, answerer="UBEN"), approved(database, 3)]
    file = exported(database, tmp_path)
    policy = ReviewPolicy(frozenset({"x"}), frozenset({"y"}), approvals_needed=1)
    People(database, policy, lambda: NOW).opt_out(team_id="T1", user_id="UBEN")
    with database.writing() as session:
        set_status(session, pairs[2].id, PairStatus.ERASED, now=NOW)

    done = import_again(database, file)

    assert (done.proposed, done.already_known, done.left_out, done.refused) == (0, 1, 2, [])
    assert [pair.status for pair in stored(database)] == [PairStatus.ERASED, PairStatus.ERASED, PairStatus.APPROVED]


def test_what_was_said_in_private_comes_back_as_private_and_as_whose_it_was(database: Database, tmp_path: Path) -> None:
    approved(database, 1), approved(database, 2, channel="CVAULT")
    file = exported(database, tmp_path)
    with database.writing() as session:
        session.execute(delete(PairRow))

    assert import_again(database, file).proposed == 2

    private, public = sorted(stored(database), key=lambda pair: pair.channel_id)
    assert (private.channel_id, private.channel_is_private, private.answer) == ("CVAULT", True, "Person 2 does.")
    assert (public.channel_id, public.channel_is_private, public.answer) == ("file", False, "Person 1 does.")
    assert {(pair.asked_by, pair.answered_by, pair.origin) for pair in (private, public)} == {
        ("UTOM", "UMIA", Origin.FILE)
    }
    assert import_again(database, exported(database, tmp_path)).already_known == 2


def test_a_line_that_the_file_beside_it_does_not_tell_of_is_refused(database: Database, tmp_path: Path) -> None:
    approved(database, 1)
    file = exported(database, tmp_path)
    with file.open("a") as lines:
        lines.write(json.dumps(chat("Who else?", "Tom does.")))

    done = import_again(database, file)

    assert done.refused == [
        "old.jsonl:2: old.provenance.jsonl does not say whose words these are; "
        "move that file away to propose them as nobody's, and public"
    ]
    (tmp_path / "old.provenance.jsonl").unlink()
    assert (import_again(database, file).proposed, import_again(database, file).refused) == (1, [])


def test_provenance_that_does_not_say_that_a_channel_is_public_keeps_it_private(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "old.jsonl"
    row = {"asked_by": "U1", "answered_by": "U2", "channel": "C1", "answer_ts": "1.1", "channel_is_private": None}
    file.write_text(json.dumps(chat("Who helps?", "Tom does.")))
    said = {**row, "hash": content_hash("Who helps?", "Tom does.")}
    provenance_file(file).write_text("\n".join(["[]", "{", json.dumps(said), "null"]))

    assert import_again(database, file).proposed == 1
    assert [pair.channel_is_private for pair in stored(database)] == [True]


def test_a_file_is_replaced_whole(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.jsonl"
    taken_in(database, tmp_path, *(chat(f"Who helps {number}?", "Tom does.") for number in range(1200)))

    assert export_pairs(database, PairFilter(), out, team_id="T1") == 1200
    assert export_pairs(database, PairFilter(status=PairStatus.APPROVED), out, team_id="T1") == 0

    assert (out.read_text(), (tmp_path / "new" / "out.provenance.jsonl").read_text()) == ("", "")
    assert len(list(out.parent.iterdir())) == 2
    with pytest.raises(ExportError, match="is a folder"):
        export_pairs(database, PairFilter(), tmp_path, team_id="T1")


TEXT = st.text(max_size=12) | st.sampled_from(["a@example.org", "\x00", "[EMAIL_1]", " "])
ROWS = st.builds(chat, TEXT, TEXT) | st.dictionaries(st.sampled_from(["messages", "prompt"]), TEXT) | TEXT


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, max_size=8))
def test_whatever_a_file_holds_taking_it_in_twice_is_taking_it_in_once(
    database: Database, tmp_path: Path, rows: list[Any]
) -> None:
    with database.writing() as session:
        session.execute(delete(PairRow))

    first = taken_in(database, tmp_path, *rows)
    second = taken_in(database, tmp_path, *rows)
    out = tmp_path / "out.jsonl"
    written = export_pairs(database, PairFilter(), out, team_id="T1")
    third = import_pairs(database, out, team_id="T1", region="US", now=lambda: NOW)

    assert len(rows) == first.proposed + first.already_known + len(first.refused)
    assert (second.proposed, second.already_known) == (0, first.proposed + first.already_known)
    assert (written, third.proposed, third.already_known, third.refused) == (first.proposed, 0, first.proposed, [])
