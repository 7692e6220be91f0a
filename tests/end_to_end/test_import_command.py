"""`timbre import` from a shell, on good exports and on bad ones."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.database import Database, sqlite_url
from storage.workspaces import register_workspace
from tests.bot.collecting.exports.making import KEY_THREAD, files_of, said, ticked, write_zip
from tests.end_to_end.commands import Timbre


@pytest.fixture
def export(timbre: Timbre) -> Path:
    """A full export: a public channel, a private one, and a direct message."""
    asked, first, *rest = KEY_THREAD
    crane = [said(500, "U1", "Is the crane free today?"), said(530, "U2", "From noon on.")]
    files = files_of(
        {"general": [asked, {**first, "reactions": ticked("U4")}, *rest]},
        private={"board": crane},
        direct={"D0123456": KEY_THREAD},
    )
    return write_zip(timbre.folder / "export.zip", files)


def test_an_export_is_imported_once(timbre: Timbre, export: Path) -> None:
    first = timbre("import", export, "--knowledge", "--json").document
    second = timbre("import", export, "--knowledge", "--json").document

    assert first == {
        "channels": 2,
        "direct_messages": 1,
        "messages": 6,
        "threads": 1,
        "proposed": 2,
        "nominated": 1,
        "already_known": 0,
        "skipped": {},
        "documents": {"changed": 2, "unchanged": 0, "removed": 0},
        "replaced": {"email": 2},
        "refused": [],
    }
    assert (second["proposed"], second["nominated"], second["already_known"]) == (0, 0, 2)
    assert second["documents"] == {"changed": 0, "unchanged": 2, "removed": 0}


def test_a_person_reads_what_became_of_an_export(timbre: Timbre, export: Path) -> None:
    finished = timbre("import", export, "--channel", "general")

    assert finished.code == 0
    assert finished.out.splitlines() == [
        "4 messages in 1 channel, 1 thread.",
        "1 pair proposed for review, 0 known before; people's reactions nominate 1.",
        "Left out: 1 direct conversation, as always.",
        "Replaced by placeholders: 1 email.",
    ]
    assert "importing: 100% #general" in finished.err


def test_a_hostile_export_is_told_file_by_file_the_rest_is_imported_and_nothing_else_is_written(timbre: Timbre) -> None:
    files = {
        **files_of({"general": KEY_THREAD}),
        "../../evil.json": "[]",
        "/srv/evil.json": "[]",
        "general\\..\\evil.json": "[]",
        "general/2023-11-15.json": '[{"type": "mess',
        "general/2023-11-16.json": b" " * 30_000_000,
        "more.zip": b"PK",
    }
    export = write_zip(timbre.folder / "export.zip", files)
    before = {path.name for path in timbre.folder.parent.iterdir()}

    finished = timbre("import", export, "--json", "--data", "data")

    assert finished.code == 2
    assert "Traceback" not in finished.err
    found = json.loads(finished.out)
    assert found["proposed"] == 1
    assert {refused["file"]: refused["reason"].partition(";")[0] for refused in found["refused"]} == {
        "../../evil.json": "its name points outside the export",
        "/srv/evil.json": "its name points outside the export",
        "general\\..\\evil.json": "its name points outside the export",
        "general/2023-11-15.json": "is not valid JSON (Unterminated string starting at, line 1 column 11)",
        "general/2023-11-16.json": "would be over 200 times as large as it is packed, as no conversation is",
        "more.zip": "is a zip within the zip",
    }
    assert all(f"timbre: {refused['file']}: {refused['reason']}" in finished.err for refused in found["refused"])
    assert {path.name for path in timbre.folder.parent.iterdir()} == before
    assert {path.name for path in timbre.folder.iterdir()} == {"export.zip", "data"}
    assert {path.name for path in (timbre.folder / "data").iterdir()} <= {"timbre.db", "timbre.db-wal", "timbre.db-shm"}


def test_what_cannot_be_read_at_all_is_one_line_and_leaves_nothing(timbre: Timbre, export: Path) -> None:
    whole = export.read_bytes()
    export.write_bytes(whole[:60])
    (timbre.folder / "unlisted.zip").write_bytes(whole[whole.index(b"users.json") - 30 : whole.index(b"PK\x01\x02")])
    (timbre.folder / "notes.zip").write_text("no zip")
    write_zip(timbre.folder / "holiday.zip", {"sun.txt": "sun"})
    write_zip(timbre.folder / "direct.zip", files_of({}, direct={"D0123456": KEY_THREAD}))

    assert "the zip is cut off or damaged; download it again" in timbre("import", export).refusal
    assert "cut off before channels.json, which says what is public" in timbre("import", "unlisted.zip").refusal
    assert "is not a zip; give the zip that Slack made" in timbre("import", "notes.zip").refusal
    assert "there is no such file" in timbre("import", "nowhere.zip").refusal
    assert "no export that Slack made" in timbre("import", "holiday.zip").refusal
    assert "nothing in it can be imported; it has no channels" in timbre("import", "direct.zip").refusal
    assert not (timbre.folder / ".timbre").exists()


def test_of_an_export_that_was_cut_off_the_rest_is_imported_from_the_whole_one(timbre: Timbre, export: Path) -> None:
    whole = export.read_bytes()
    export.write_bytes(whole[: whole.index(b"board/") + 50])
    cut = timbre("import", export)
    export.write_bytes(whole)
    found = timbre("import", export, "--json").document

    assert cut.code == 2
    assert cut.out.startswith("4 messages in 2 channels, 1 thread.\n1 pair proposed for review, 0 known before;")
    assert cut.err.splitlines()[-1] == (
        "timbre: export.zip: is cut off after 6 files, within board/2023-11-14.json; "
        "what is whole was read, download it again for the rest"
    )
    assert (found["proposed"], found["already_known"], found["refused"]) == (1, 1, [])


def test_an_unknown_channel_is_refused_with_the_nearest(timbre: Timbre, export: Path) -> None:
    refusal = timbre("import", export, "--channel", "genral").refusal

    assert refusal == "the export has no channel genral; did you mean general? It has board, general"


@pytest.mark.slow
def test_ten_thousand_messages_take_seconds(timbre: Timbre) -> None:
    talk = [
        message
        for at in range(0, 20_000, 10)
        for message in (
            said(at, f"U{at % 4}", f"Who has key {at}?", thread=at),
            *(said(at + reply, f"U{at % 4 + reply}", f"Look in drawer {reply}.", thread=at) for reply in range(1, 5)),
        )
    ]
    days = {f"general/2023-11-{day + 1:02}.json": talk[day * 500 : (day + 1) * 500] for day in range(20)}
    export = write_zip(timbre.folder / "export.zip", {**files_of({"general": []}), **days})

    started = time.monotonic()
    found = timbre("import", export, "--knowledge", "--json").document

    assert (found["messages"], found["threads"], found["proposed"]) == (10_000, 2_000, 2_000)
    assert time.monotonic() - started < 60


def test_an_export_of_another_workspace_is_refused(timbre: Timbre, export: Path) -> None:
    timbre("db", "upgrade")
    database = Database(sqlite_url(timbre.folder / ".timbre"))
    with database.writing() as session:
        register_workspace(session, team_id="T9", name="Elsewhere", now=datetime(2026, 3, 2, tzinfo=UTC))
    database.close()

    finished = timbre("import", export)

    assert finished.code == 2
    assert "is of another workspace (T1) than this folder (T9): give that one a folder of its own" in finished.err
