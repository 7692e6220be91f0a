"""When Timbre speaks where, and which private channels it knows something from."""

from storage.channels import Mode, mode_of, modes, private_channels_with_chunks, set_mode
from storage.database import Database
from storage.knowledge import (
    NewDocument,
    latest_pair_chunks,
    put_document,
    put_pair_chunk,
    remove_document,
    standing_chunks,
)
from storage.pairs import Origin
from tests.storage.approved import NOW, pair
from tests.storage.racing import race


def test_a_channel_has_the_mode_it_was_given_last(database: Database) -> None:
    with database.writing() as session:
        assert mode_of(session, team_id="T1", channel_id="C1") is Mode.MENTION
        for mode in (Mode.QUESTIONS, Mode.OFF):
            set_mode(session, team_id="T1", channel_id="C1", mode=mode, by="U1", now=NOW)
        set_mode(session, team_id="T1", channel_id="C2", mode=Mode.MENTION, by="U1", now=NOW)
        assert mode_of(session, team_id="T1", channel_id="C1") is Mode.OFF
        assert modes(session, team_id="T1") == {"C1": Mode.OFF}
        assert modes(session, team_id="T2") == {}


def test_a_mode_set_by_several_at_once_is_one(database: Database) -> None:
    race(
        database,
        lambda session, _: set_mode(session, team_id="T1", channel_id="C1", mode=Mode.OFF, by="U1", now=NOW),
    )
    with database.reading() as session:
        assert modes(session, team_id="T1") == {"C1": Mode.OFF}


def test_private_channels_are_known_as_long_as_something_from_them_is(database: Database) -> None:
    with database.writing() as session:
        for source, channel_id in (("a", "C1"), ("b", "C1"), ("c", "C2"), ("d", None)):
            put_document(session, NewDocument("T1", source, source, channel_id, ("Text.",)), now=NOW)
        assert sorted(private_channels_with_chunks(session, team_id="T1")) == ["C1", "C2"]
        remove_document(session, team_id="T1", source="c", now=NOW)
        assert private_channels_with_chunks(session, team_id="T1") == ["C1"]
        assert private_channels_with_chunks(session, team_id="T2") == []


def test_it_is_known_where_a_passage_was_said(database: Database) -> None:
    origins = {"C1": Origin.THREAD, "C2": Origin.EXPORT, "none": Origin.FILE, "nor this": Origin.CORRECTION}
    documents = {"a": ("C3", None), "b": ("C4", "C4"), "c": (None, None), "d": (None, "C5")}
    with database.writing() as session:
        for source, (where, channel_id) in documents.items():
            put_document(session, NewDocument("T1", source, source, channel_id, ("Text.",), said_in=where), now=NOW)
    for number, (channel_id, origin) in enumerate(origins.items(), 1):
        one = pair(database, number, channel_id=channel_id, origin=origin)
        with database.writing() as session:
            said = {"title": channel_id, "text": "Yes."}
            put_pair_chunk(session, team_id="T1", pair_id=one.id, channel_id=None, **said, now=NOW)
    with database.reading() as session:
        found = standing_chunks(session, after=0, limit=99)
    assert {chunk.title: chunk.said_in for chunk in found} == {
        "a": "C3", "b": "C4", "c": None, "d": "C5", "C1": "C1", "C2": "C2", "none": None, "nor this": None,
    }  # fmt: skip


def test_the_latest_approved_answers_are_those_that_may_be_read(database: Database) -> None:
    for number, channel_id in enumerate((None, "C1", "C2", None), 1):
        one = pair(database, number)
        said = {"title": f"Question {number}?", "text": "Yes."}
        with database.writing() as session:
            put_pair_chunk(session, team_id="T1", pair_id=one.id, channel_id=channel_id, **said, now=NOW)
    with database.reading() as session:
        found = latest_pair_chunks(session, team_id="T1", channel_ids=("C1",), limit=2)
        everybodys = latest_pair_chunks(session, team_id="T1", channel_ids=(), limit=9)
    assert [chunk.title for chunk in found] == ["Question 4?", "Question 2?"]
    assert [chunk.title for chunk in everybodys] == ["Question 4?", "Question 1?"]
