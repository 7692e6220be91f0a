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
from bot.exporting import ExportError
from storage.database import Database
from storage.listing import PairFilter, list_pairs
from storage.pairs import Origin, PairStatus, Priority, set_status
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
