"""Which documents there are, under which headings their passages stand, and what their origin calls them."""

from datetime import UTC, datetime, timedelta

from storage import documents, knowledge
from storage.database import Database
from storage.documents import KnownDocument
from storage.knowledge import NewDocument, Section

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def put(database: Database, *chunks: str | Section, version: str = "", source: str = "a.md") -> bool:
    new = NewDocument("T1", source, "Handbook", None, chunks, version=version)
    with database.writing() as session:
        return knowledge.put_document(session, new, now=LATER)


def ids(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {f"{c.title}: {c.text}": c.id for c in knowledge.chunks_to_index(session, limit=99) if not c.removed}


def test_a_passage_has_the_title_of_its_headings(database: Database) -> None:
    put(database, "Welcome.", Section("Handbook › Leave", "Two weeks ahead."))

    assert list(ids(database)) == ["Handbook: Welcome.", "Handbook › Leave: Two weeks ahead."]


def test_passages_that_moved_keep_their_ids(database: Database) -> None:
    leave, sick = Section("Handbook › Leave", "Two weeks ahead."), Section("Handbook › Sick", "Before nine.")
    put(database, leave, sick)
    before = ids(database)

    assert put(database, "New on top.", sick, leave)

    assert before.items() <= ids(database).items()


def test_a_passage_under_another_heading_is_another_passage(database: Database) -> None:
    put(database, Section("Handbook › Leave", "Ask Mia."))

    assert put(database, Section("Handbook › Sick", "Ask Mia."))
    assert list(ids(database)) == ["Handbook › Sick: Ask Mia."]


def test_a_version_is_kept_without_the_passages_being_touched(database: Database) -> None:
    put(database, "Welcome.", version='"one"')

    assert not put(database, "Welcome.", version='"two"')

    with database.reading() as session:
        assert [one.version for one in documents.known_documents(session, team_id="T1")] == ['"two"']
        assert documents.known_documents(session, team_id="T2") == []


def test_documents_are_listed_with_how_much_stands(database: Database) -> None:
    put(database, "One.", "Two.", source="b.md")
    put(database, "One.", source="b.md")
    put(database, source="a.md")

    with database.reading() as session:
        listed = documents.known_documents(session, team_id="T1")

    assert listed == [
        KnownDocument("a.md", "Handbook", None, 0, LATER),
        KnownDocument("b.md", "Handbook", None, 1, LATER),
    ]


def test_sources_are_found_by_how_they_begin_up_to_a_colon(database: Database) -> None:
    for source in ("f:1", "f:1:C1:2.0", "f:1_:C1:2.0", "f:12", "F:1"):
        put(database, "One.", source=source)

    with database.reading() as session:
        assert documents.sources_beginning(session, "f:1", team_id="T1") == ["f:1", "f:1:C1:2.0"]
        assert documents.sources_beginning(session, "f:_", team_id="T1") == []
        assert documents.sources_beginning(session, "f:1", team_id="T2") == []
