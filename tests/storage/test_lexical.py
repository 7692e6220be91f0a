"""Full-text search, on what each database brings for it."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import knowledge
from storage.database import Database
from storage.knowledge import NewDocument
from storage.lexical import lexical_search

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def put(
    database: Database, *chunks: str, source: str = "a.md", channel_id: str | None = None, team_id: str = "T1"
) -> None:
    with database.writing() as session:
        new = NewDocument(team_id=team_id, source=source, title="Notes", channel_id=channel_id, chunks=chunks)
        knowledge.put_document(session, new, now=NOW)


def search(
    database: Database, question: str, *, channel_ids: tuple[str, ...] = (), limit: int = 9, team_id: str = "T1"
) -> list[str]:
    """Return the texts found, best first."""
    with database.reading() as session:
        scores = lexical_search(session, question, team_id=team_id, channel_ids=channel_ids, limit=limit)
        chunks = knowledge.readable_chunks(session, scores, team_id=team_id, channel_ids=("G1", "G2"))
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    return [chunks[id_].text for id_ in scores]


def test_the_passage_with_most_of_the_questions_words_comes_first(database: Database) -> None:
    put(database, "The boiler is in the cellar.", "The boiler valve is red, and leaks.", "Lunch is at noon.")
    assert search(database, "Which boiler valve leaks?") == [
        "The boiler valve is red, and leaks.",
        "The boiler is in the cellar.",
    ]


def test_other_forms_of_a_word_are_found(database: Database) -> None:
    put(database, "She painted the fence.")
    assert search(database, "painting fences") == ["She painted the fence."]


def test_words_of_the_title_count(database: Database) -> None:
    put(database, "Nothing else.")
    assert search(database, "notes") == ["Nothing else."]


def test_no_more_than_the_limit_is_found(database: Database) -> None:
    put(database, "boiler one", "boiler two", "boiler three")
    assert len(search(database, "boiler", limit=2)) == 2


def test_a_changed_passage_is_found_by_what_it_says_now(database: Database) -> None:
    put(database, "The code is heron.")
    put(database, "The code is bittern.")
    assert search(database, "heron") == []
    assert search(database, "bittern") == ["The code is bittern."]


def test_passages_of_other_private_channels_and_teams_are_never_found(database: Database) -> None:
    put(database, "boiler for all", source="all.md")
    put(database, "boiler for G1", source="g1.md", channel_id="G1")
    put(database, "boiler for G2", source="g2.md", channel_id="G2")
    put(database, "boiler for T2", team_id="T2")
    assert search(database, "boiler") == ["boiler for all"]
    assert set(search(database, "boiler", channel_ids=("G1",))) == {"boiler for all", "boiler for G1"}
    assert search(database, "boiler", team_id="T3") == []


@pytest.mark.parametrize(
    "question",
    [
        'boiler"',
        "boiler' OR '1'='1",
        "boiler AND NOT",
        "NEAR(boiler, 2)",
        "title: boiler*",
        "^boiler -cellar + (",
        "boiler & | ! <-> :*",
        "boiler\x00",
        "; DROP TABLE chunks; boiler",
        r"\boiler\\ %s :team_id",
        "boiler \ud83d",
        "boiler " + "x" * 5000,
        "boiler " + " ".join(f"word{n}" for n in range(20_000)),
    ],
)
def test_operators_quotes_and_oddities_in_a_question_are_only_words(database: Database, question: str) -> None:
    put(database, "The boiler is in the cellar.")
    assert search(database, question) == ["The boiler is in the cellar."]


@pytest.mark.parametrize("word", ["schlüssel", "ключ", "鍵", "κλειδί", "naïve"])
def test_words_of_any_script_are_found(database: Database, word: str) -> None:
    put(database, f"It says {word} here.")
    assert search(database, word.upper()) == [f"It says {word} here."]


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00", "___", "👋🏽"])
def test_a_question_without_words_finds_nothing(database: Database, question: str) -> None:
    put(database, "The boiler is in the cellar.")
    assert search(database, question) == []


# One database for all examples: a search changes nothing in it.
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(max_size=60) | st.text(alphabet="ab\"'*:^()&|!<>-\\\x00_é \n", max_size=60))
def test_no_question_makes_a_search_fail(database: Database, question: str) -> None:
    with database.reading() as session:
        lexical_search(session, question, team_id="T1", channel_ids=["G1"], limit=5)
