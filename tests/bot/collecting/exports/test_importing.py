"""An export goes into the queue: what is stored of it, by whom it is nominated, and nothing twice."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.collecting.exports.archive import Archive, ArchiveError
from bot.collecting.exports.days import read_messages
from bot.collecting.exports.importing import import_export
from bot.collecting.exports.layout import read_layout
from bot.collecting.exports.report import Report
from bot.collecting.exports.storing import Wanted
from bot.collecting.people import People
from bot.collecting.policy import ReviewPolicy
from storage.database import Database
from storage.listing import PairFilter, list_pairs
from storage.pairs import Origin, Pair, PairStatus, Priority, set_status
from storage.people import opt_out
from storage.reviews import Verdict, reviews_of, withdraw_review
from storage.tables import ChunkRow, DocumentRow, PairRow, ReviewRow
from storage.workspaces import UNCLAIMED, register_workspace
from tests.bot.collecting.exports.making import DAY, KEY_THREAD, TICK, files_of, said, ticked, ts, write_zip

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WANTED = Wanted("T1", frozenset({TICK}), "US", with_knowledge=False)
KNOWING = replace(WANTED, with_knowledge=True)


def imported(
    database: Database, path: Path, files: Mapping[str, Any], *channels: str, wanted: Wanted = WANTED
) -> Report:
    """Import an export with these files, or those of its channels that are named."""
    archive = Archive(write_zip(path / "export.zip", files))
    try:
        layout = read_layout(archive)
        return import_export(database, archive, layout, layout.chosen(channels), wanted, now=lambda: NOW)
    finally:
        archive.close()


def pairs_in(database: Database, *, team_id: str = "T1") -> list[Pair]:
    with database.reading() as session:
        return list_pairs(session, PairFilter(), team_id=team_id, limit=1000)[::-1]


def rows_in(database: Database) -> dict[str, int]:
    with database.reading() as session:
        tables = (PairRow, ReviewRow, DocumentRow, ChunkRow)
        return {table.__tablename__: len(session.scalars(select(table)).all()) for table in tables}


def titles_in(database: Database) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        return [(row.title, row.channel_id) for row in session.scalars(select(DocumentRow).order_by(DocumentRow.id))]


def test_an_answer_waits_for_review_as_people_gave_it_and_redacted(database: Database, tmp_path: Path) -> None:
    report = imported(database, tmp_path, files_of({"general": KEY_THREAD}))

    [pair] = pairs_in(database)
    assert (pair.status, pair.priority, pair.origin) == (PairStatus.CANDIDATE, Priority.PROPOSED, Origin.EXPORT)
    assert pair.question == "Where is the key to the boathouse?"
    assert pair.answer == "Under the blue pot.\n\nMail [EMAIL_1] if it is gone."
    assert (pair.asked_by, pair.answered_by, pair.permalink) == ("U1", "U2", "")
    assert (pair.channel_id, pair.channel_is_private, pair.thread_ts) == ("CGENERAL", False, ts(0))
    assert (pair.answer_ts, pair.answer_parts) == (ts(60), (ts(60), ts(90)))
    assert report.document() == {
        "channels": 1,
        "direct_messages": 0,
        "messages": 4,
        "threads": 1,
        "proposed": 1,
        "nominated": 0,
        "already_known": 0,
        "skipped": {},
        "documents": {"changed": 0, "unchanged": 0, "removed": 0},
        "replaced": {"email": 1},
        "refused": [],
    }


def test_a_reaction_only_nominates(database: Database, tmp_path: Path) -> None:
    asked, first, *rest = KEY_THREAD
    messages = [asked, {**first, "reactions": ticked("U4", "U2", "U3")}, *rest]
    report = imported(database, tmp_path, files_of({"general": messages}))

    [pair] = pairs_in(database)
    with database.reading() as session:
        reviews = reviews_of(session, pair.id)
    assert (pair.status, pair.priority) == (PairStatus.CANDIDATE, Priority.NOMINATED)
    assert [(review.reviewer_id, review.verdict) for review in reviews] == [
        ("U3", Verdict.NOMINATE),
        ("U4", Verdict.NOMINATE),
    ]
    assert {review.content_hash for review in reviews} == {pair.content_hash}
    assert (report.proposed, report.nominated) == (1, 1)


def test_importing_again_adds_nothing_and_revives_nothing(database: Database, tmp_path: Path) -> None:
    asked, first, *rest = KEY_THREAD
    files = files_of({"general": [asked, {**first, "reactions": ticked("U4")}, *rest]})
    imported(database, tmp_path, files, wanted=KNOWING)
    [pair] = pairs_in(database)
    with database.writing() as session:
        withdraw_review(session, pair.id, reviewer_id="U4", verdict=Verdict.NOMINATE, now=NOW)
    before = rows_in(database)

    report = imported(database, tmp_path, files, wanted=KNOWING)

    assert rows_in(database) == before
    assert (report.proposed, report.nominated, report.already_known) == (0, 0, 1)
    assert report.document()["documents"] == {"changed": 0, "unchanged": 1, "removed": 0}
    with database.reading() as session:
        assert [review.stands for review in reviews_of(session, pair.id)] == [False]


@pytest.mark.parametrize("status", [PairStatus.ERASED, PairStatus.REJECTED, PairStatus.APPROVED])
def test_what_was_decided_stays_decided(database: Database, tmp_path: Path, status: PairStatus) -> None:
    imported(database, tmp_path, files_of({"general": KEY_THREAD}))
    [pair] = pairs_in(database)
    with database.writing() as session:
        decided = set_status(session, pair.id, status, now=NOW)
    asked, first, *rest = KEY_THREAD

    imported(database, tmp_path, files_of({"general": [asked, {**first, "reactions": ticked("U4")}, *rest]}))

    assert pairs_in(database) == [decided]
    with database.reading() as session:
        assert reviews_of(session, decided.id) == []


def test_a_later_export_nominates_what_an_earlier_one_proposed(database: Database, tmp_path: Path) -> None:
    imported(database, tmp_path, files_of({"general": KEY_THREAD}))
    asked, first, *rest = KEY_THREAD

    report = imported(database, tmp_path, files_of({"general": [asked, {**first, "reactions": ticked("U4")}, *rest]}))

    assert (report.proposed, report.nominated, report.already_known) == (0, 1, 1)
    assert [pair.priority for pair in pairs_in(database)] == [Priority.NOMINATED]


@pytest.mark.parametrize("quiet", ["U1", "U2"])
def test_somebody_who_opted_out_neither_asks_nor_answers(database: Database, tmp_path: Path, quiet: str) -> None:
    with database.writing() as session:
        opt_out(session, team_id="T1", user_id=quiet, by=quiet, now=NOW)

    report = imported(database, tmp_path, files_of({"general": KEY_THREAD[:3]}), wanted=KNOWING)

    assert pairs_in(database) == []
    assert titles_in(database) == []
    assert report.skipped["opted_out"] == {"U1": 1, "U2": 2}[quiet]


def test_a_document_that_holds_the_words_of_somebody_who_left_goes(database: Database, tmp_path: Path) -> None:
    imported(database, tmp_path, files_of({"general": KEY_THREAD}), wanted=KNOWING)

    people = People(database, ReviewPolicy(frozenset({TICK}), frozenset({"x"}), 1), lambda: NOW)
    assert people.opt_out(team_id="T1", user_id="U5").documents == 0
    assert people.opt_out(team_id="T2", user_id="U3").documents == 0
    erased = people.opt_out(team_id="T1", user_id="U3")
    assert (erased.documents, erased.pairs) == (1, 0)
    assert titles_in(database) == []
    with database.reading() as session:
        assert {row.text for row in session.scalars(select(ChunkRow))} == {""}

    imported(database, tmp_path, files_of({"general": KEY_THREAD}), wanted=KNOWING)
    with database.reading() as session:
        told = "\n".join(session.scalars(select(ChunkRow.text)))
    assert "blue pot" in told
    assert "in the hall" not in told


def test_an_export_taken_after_an_opt_out_removes_what_an_earlier_one_told(database: Database, tmp_path: Path) -> None:
    imported(database, tmp_path, files_of({"general": KEY_THREAD}), wanted=KNOWING)
    with database.writing() as session:
        opt_out(session, team_id="T1", user_id="U1", by="U1", now=NOW)

    report = imported(database, tmp_path, files_of({"general": KEY_THREAD}), wanted=KNOWING)

    assert report.document()["documents"] == {"changed": 0, "unchanged": 0, "removed": 1}
    assert titles_in(database) == []


def test_conversations_become_documents_redacted_and_private_ones_stay_private(
    database: Database, tmp_path: Path
) -> None:
    crane = [said(500, "U1", "Is the crane free today?"), said(530, "U2", "From noon on, ask <@U3>.")]
    files = files_of({"general": KEY_THREAD}, private={"board": crane})
    imported(database, tmp_path, files, wanted=KNOWING)

    assert titles_in(database) == [("Where is the key to the boathouse?", None), ("Is the crane free today?", "CBOARD")]
    with database.reading() as session:
        chunks = session.scalars(select(ChunkRow).order_by(ChunkRow.id)).all()
        assert [chunk.channel_id for chunk in chunks] == [None, "CBOARD"]
        assert "harbour@example.org" not in chunks[0].text
        assert "From noon on, ask [PERSON_1]." in chunks[1].text
    assert [(pair.channel_id, pair.channel_is_private) for pair in pairs_in(database)] == [
        ("CGENERAL", False),
        ("CBOARD", True),
    ]


def test_a_channel_that_a_list_calls_private_is_private_wherever_else_it_stands(
    database: Database, tmp_path: Path
) -> None:
    files = files_of({"general": KEY_THREAD, "board": [], "vault": KEY_THREAD}, private={"board": KEY_THREAD})
    files["channels.json"][2]["is_private"] = True

    imported(database, tmp_path, files)

    assert {pair.channel_id: pair.channel_is_private for pair in pairs_in(database)} == {
        "CGENERAL": False,
        "CBOARD": True,
        "CVAULT": True,
    }


def test_direct_messages_are_never_imported(database: Database, tmp_path: Path) -> None:
    files = files_of({"general": []}, direct={"D0123456": KEY_THREAD})
    files["mpims.json"] = [{"id": "G0000001", "name": "mpdm-a--b-1", "members": []}]
    files |= {f"mpdm-a--b-1/{DAY}": KEY_THREAD, f"D0999999/{DAY}": KEY_THREAD}

    report = imported(database, tmp_path, files, wanted=KNOWING)

    assert (report.direct_messages, report.messages, report.refused) == (3, 0, [])
    assert rows_in(database) == {"pairs": 0, "reviews": 0, "documents": 0, "chunks": 0}
    with pytest.raises(ArchiveError, match="the export has no channel D0123456"):
        imported(database, tmp_path, files, "D0123456")


def test_a_folder_that_no_list_names_is_refused_because_it_may_be_private(database: Database, tmp_path: Path) -> None:
    report = imported(database, tmp_path, {**files_of({"general": []}), f"secret/{DAY}": KEY_THREAD})

    assert [str(refused) for refused in report.refused] == [
        "secret: no list names such a channel, so nobody knows who may read it"
    ]
    assert pairs_in(database) == []


def test_one_bad_day_does_not_hold_up_the_others(database: Database, tmp_path: Path) -> None:
    files = files_of({"general": KEY_THREAD})
    files |= {"general/2023-11-15.json": '[{"type": "mess', "general/2023-11-16.json": {"not": "a list"}}
    files["general/2023-11-17.json"] = [
        said(200_000, "U1", "Is the crane free today?"),
        {"type": "message", "ts": ts(200_010), "user": "U2", "text": ["no", "text"]},
        {"type": "message", "ts": "yesterday", "user": "U2", "text": "Odd."},
        "no message",
        said(200_030, "U3", "From noon on.\x00\ud800"),
    ]

    report = imported(database, tmp_path, files)

    assert [str(refused) for refused in report.refused] == [
        "general/2023-11-15.json: is not valid JSON (Unterminated string starting at, line 1 column 11)",
        "general/2023-11-16.json: is not a list of messages",
        "general/2023-11-17.json: message 2: text: Input should be a valid string (and 2 more messages); "
        "the others were read",
    ]
    assert report.skipped["unreadable"] == 3
    assert [pair.question for pair in pairs_in(database)] == [KEY_THREAD[0]["text"], "Is the crane free today?"]


def test_bots_notices_and_messages_without_text_are_counted_and_left_out(database: Database, tmp_path: Path) -> None:
    messages = [
        said(0, "U1", "Is the crane free today?", thread=0),
        said(10, "UBOT", "It is 9 o'clock.", thread=0),
        said(20, "U2", "joined", subtype="channel_join", thread=0),
        said(30, "U3", "", thread=0, files=[{"name": "crane.png"}]),
        said(40, "U4", "x" * 40_001, thread=0),
        {"type": "message", "text": "Whose?", "ts": ts(50), "thread_ts": ts(0)},
        said(60, "U9", "From noon on.", thread=0),
    ]
    report = imported(database, tmp_path, files_of({"general": [*messages, messages[-1]]}, bots=["UBOT"]))

    assert [(pair.answer, pair.answered_by) for pair in pairs_in(database)] == [("From noon on.", "U9")]
    assert report.skipped == {"bot": 1, "notice": 1, "no_text": 1, "too_long": 1, "nobody": 1, "twice": 1}


def test_an_answer_too_long_to_be_learnt_is_left_out(database: Database, tmp_path: Path) -> None:
    report = imported(
        database, tmp_path, files_of({"general": [KEY_THREAD[0], said(9, "U2", "so. " * 6000, thread=0)]})
    )

    assert report.skipped == {"too_long": 1}


def test_only_the_named_channels_are_imported_and_an_unknown_one_is_said(database: Database, tmp_path: Path) -> None:
    files = files_of({"general": KEY_THREAD, "cranes": KEY_THREAD})

    imported(database, tmp_path, files, "#cranes")

    assert {pair.channel_id for pair in pairs_in(database)} == {"CCRANES"}
    with pytest.raises(ArchiveError, match=r"has no channel crane; did you mean cranes\? It has cranes, general"):
        imported(database, tmp_path, files, "crane")


def test_an_export_that_was_packed_with_its_folder_is_read(database: Database, tmp_path: Path) -> None:
    files = {f"Harbour export/{name}": content for name, content in files_of({"general": KEY_THREAD}).items()}

    assert imported(database, tmp_path, files).proposed == 1


def test_a_list_that_cannot_be_read_is_told_and_its_channels_stay_out(database: Database, tmp_path: Path) -> None:
    files = files_of({"general": KEY_THREAD}, private={"board": KEY_THREAD}) | {"groups.json": '[{"id": 7}]'}

    report = imported(database, tmp_path, files)

    assert [refused.file for refused in report.refused] == ["groups.json", "board"]
    assert {pair.channel_id for pair in pairs_in(database)} == {"CGENERAL"}


def test_a_zip_that_is_no_export_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"holds no channels\.json or groups\.json"):
        read_layout(Archive(write_zip(tmp_path / "export.zip", {"holiday.txt": "sun"})))


def test_the_address_of_an_answer_is_built_where_the_workspaces_is_known(database: Database, tmp_path: Path) -> None:
    crane = [said(500, "U1", "Is the crane free today?"), said(530, "U2", "From noon on.")]
    at_home = replace(WANTED, home="https://harbour.slack.com")

    imported(database, tmp_path, files_of({"general": [*KEY_THREAD, *crane]}), wanted=at_home)

    assert [pair.permalink for pair in pairs_in(database)] == [
        "https://harbour.slack.com/archives/CGENERAL/p1700000060000100?thread_ts=1700000000.000100&cid=CGENERAL",
        "https://harbour.slack.com/archives/CGENERAL/p1700000530000100",
    ]


def test_what_was_imported_before_the_bot_first_connected_is_the_first_workspaces(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as session:
        opt_out(session, team_id=UNCLAIMED, user_id="U3", by="U3", now=NOW)
    imported(database, tmp_path, files_of({"general": KEY_THREAD}), wanted=replace(KNOWING, team_id=UNCLAIMED))
    with database.writing() as session:
        register_workspace(session, team_id="T1", name="Harbour", now=NOW)
        register_workspace(session, team_id="T2", name="Yard", now=NOW)

    again = imported(database, tmp_path, files_of({"general": KEY_THREAD}), wanted=KNOWING)

    assert (len(pairs_in(database)), pairs_in(database, team_id=UNCLAIMED)) == (1, [])
    assert (again.proposed, again.documents["unchanged"], again.skipped["opted_out"]) == (0, 1, 1)


WORDS = st.sampled_from(
    ["Is it free?", "It is.", "thanks!", "", "<@U2> why?", "mail a@example.org", "\x00\ud800", "Ok"]
)
ODD = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=3)
MESSAGES = st.builds(
    lambda second, user, text, thread, ticks: said(second, user, text, thread=thread, reactions=ticked(*ticks)),
    st.integers(0, 60),
    st.sampled_from(["U1", "U2", "U3", "UBOT"]),
    WORDS,
    st.none() | st.integers(0, 60),
    st.lists(st.sampled_from(["U1", "U4", "UBOT"]), unique=True),
)
KEYS = st.sampled_from(["ts", "user", "text", "thread_ts", "reactions", "subtype", "files", "edited", "type", "bot_id"])
MUTATED = st.builds(lambda message, key, value: {**message, key: value}, MESSAGES, KEYS, ODD)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MESSAGES | MUTATED | ODD, max_size=12), st.lists(MESSAGES, max_size=8), st.booleans())
def test_whatever_an_export_holds_importing_it_twice_is_importing_it_once(
    database: Database, tmp_path: Path, general: list[Any], board: list[Any], with_knowledge: bool
) -> None:
    wanted = replace(WANTED, with_knowledge=with_knowledge)
    with database.writing() as session:
        for table in (ReviewRow, PairRow, ChunkRow, DocumentRow):
            session.execute(delete(table))
    files = files_of({"general": general}, private={"board": board}, bots=["UBOT"])

    first = imported(database, tmp_path, files, wanted=wanted)
    stored, rows = pairs_in(database), rows_in(database)
    second = imported(database, tmp_path, files, wanted=wanted)

    assert (pairs_in(database), rows_in(database)) == (stored, rows)
    # One answer may be found twice in one export: below a reply that claims to be older than its thread, and outside.
    found = first.proposed + first.already_known
    assert (second.proposed, second.nominated, second.already_known) == (0, 0, found)
    assert len(stored) == first.proposed
    for pair in stored:
        assert pair.asked_by != pair.answered_by
        assert "UBOT" not in (pair.asked_by, pair.answered_by)
        assert "example.org" not in pair.question + pair.answer
        assert pair.channel_is_private == (pair.channel_id == "CBOARD")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_zip_with_any_bytes_changed_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    original = write_zip(tmp_path / "whole.zip", files_of({"general": KEY_THREAD})).read_bytes()
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "changed.zip").write_bytes(changed)

    with suppress(ArchiveError):
        archive = Archive(tmp_path / "changed.zip")
        try:
            layout = read_layout(archive)
            for conversation in layout.conversations:
                read = read_messages(archive, conversation, Report(), bots=layout.bots, opted_out=frozenset())
                assert sum(len(day) for day in read) <= len(KEY_THREAD)
        finally:
            archive.close()
