"""Full-text search, on what each database brings for it."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import knowledge, lexical
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


def scores(database: Database, question: str) -> list[float]:
    with database.reading() as session:
        return list(lexical_search(session, question, team_id="T1", channel_ids=(), limit=9).values())


def test_a_score_is_the_share_of_the_question_that_a_passage_holds(database: Database) -> None:
    put(database, "boiler valve", "The fence is white.", "The gate is open.", "Lunch is at noon.")

    whole, half = scores(database, "boiler valve")[0], scores(database, "boiler fence")[0]

    assert 0.4 < whole < 1
    assert 0.4 < half / whole < 0.6
    assert scores(database, "boiler of an unknown make")[0] < half


def test_a_word_counts_the_more_the_fewer_passages_have_it(database: Database) -> None:
    put(database, *(f"The boiler number {number} is warm." for number in range(9)), "The heron is here now.")

    assert search(database, "boiler heron")[0] == "The heron is here now."


def test_a_word_counts_more_where_it_is_said_more_often(database: Database) -> None:
    put(database, "The boiler is in the far cellar today.", "The boiler boiler boiler is far today.", "Lunch is late.")

    assert search(database, "boiler")[0] == "The boiler boiler boiler is far today."


def test_words_that_are_everywhere_are_not_searched_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "COMMON_AT_LEAST", 3)
    put(database, *(f"The boiler number {number} is warm." for number in range(9)), "A heron.", "The heron's boiler.")

    assert search(database, "boiler") == []
    assert set(search(database, "boiler heron")) == {"A heron.", "The heron's boiler."}


def test_how_common_a_word_is_follows_what_is_removed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "COMMON_AT_LEAST", 3)
    put(database, "boiler one", "boiler two", "boiler three", "boiler four", "lunch", "fence")
    assert search(database, "boiler") == []

    put(database, "boiler one", "lunch", "fence")

    assert search(database, "boiler") == ["boiler one"]


@pytest.mark.parametrize("question", ["INC-4821", "see INC-4821!", "inc 4821", "config.yaml", "api.example.com/v2/pay"])
def test_numbers_files_and_addresses_are_found_as_they_are_typed(database: Database, question: str) -> None:
    told = "As INC-4821 says, config.yaml names api.example.com/v2/pay as the place."
    put(database, "Nothing of that.", "Lunch is at noon.", told)

    assert search(database, question)[:1] == [told]


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
