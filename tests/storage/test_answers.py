"""What Timbre answered, and what people thought of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage import answers
from storage.answers import Answer, NewAnswer
from storage.database import Database
from storage.pairs import Candidate, Pair, PairStatus
from tests.storage.racing import race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOURCES = ({"number": 1, "chunk_id": 7, "title": "Keys", "permalink": None},)
ANSWER = NewAnswer(
    team_id="T1",
    channel_id="C1",
    question_ts="1.1",
    message_ts=None,
    asked_by="U1",
    question="Where is the key?",
    text="Under the pot [1].",
    model="voice-1",
    sources=SOURCES,
    latency_ms=740,
    prompt_tokens=120,
    completion_tokens=9,
)


def add(database: Database, answer: NewAnswer = ANSWER) -> Answer:
    with database.writing() as session:
        return answers.add_answer(session, answer, now=NOW)


def test_an_answer_comes_back_as_it_was_stored(database: Database) -> None:
    stored = add(database)
    with database.reading() as session:
        assert answers.answer_to(session, team_id="T1", channel_id="C1", question_ts="1.1") == stored
        assert answers.answer_to(session, team_id="T2", channel_id="C1", question_ts="1.1") is None
    assert stored == Answer(**vars(ANSWER), id=stored.id, created_at=NOW)


def test_a_question_is_answered_once(database: Database) -> None:
    add(database)
    with pytest.raises(IntegrityError):
        add(database, replace(ANSWER, text="Elsewhere."))
    add(database, replace(ANSWER, question_ts="1.2"))


def test_what_was_said_is_not_in_an_error(database: Database) -> None:
    add(database)
    with pytest.raises(IntegrityError) as refused:
        add(database, replace(ANSWER, text="Elsewhere."))
    assert "Where is the key?" not in str(refused.value)
    assert "Elsewhere." not in str(refused.value)


def test_an_answer_knows_its_message_once_it_is_posted(database: Database) -> None:
    stored = add(database)
    with database.writing() as session:
        answers.set_message(session, stored.id, message_ts="1.3")
    with database.reading() as session:
        found = answers.answer_to(session, team_id="T1", channel_id="C1", question_ts="1.1")
    assert found == replace(stored, message_ts="1.3")


def test_the_last_thumb_of_a_person_counts(database: Database) -> None:
    stored = add(database)
    with database.writing() as session:
        answers.set_feedback(session, stored.id, user_id="U1", value=1, now=NOW)
        answers.set_feedback(session, stored.id, user_id="U2", value=1, now=NOW)
        answers.set_feedback(session, stored.id, user_id="U1", value=-1, now=LATER)
        assert answers.feedback_on(session, stored.id) == {"U1": -1, "U2": 1}


def test_a_thumb_pressed_eight_times_at_once_counts_once(database: Database) -> None:
    stored = add(database)
    race(database, lambda session, _: answers.set_feedback(session, stored.id, user_id="U1", value=1, now=NOW))
    with database.reading() as session:
        assert answers.feedback_on(session, stored.id) == {"U1": 1}


def test_what_was_answered_out_of_an_erased_pair_is_let_go_of(database: Database) -> None:
    link = "https://harbour.slack.com/archives/C1/p1700000000000200"
    cited = ({"number": 1, "chunk_id": 7, "title": "Who has the key?", "permalink": link},)
    citing = add(database, replace(ANSWER, question_ts="2.1", message_ts="2.2", sources=cited))
    verbatim = add(database, replace(ANSWER, question_ts="3.1", message_ts="3.2", verified_pair_id=4))
    others = [
        add(database, replace(ANSWER, question_ts="4.1", message_ts="4.2", verified_pair_id=5)),
        add(database, replace(ANSWER, question_ts="5.1", verified_pair_id=4)),  # may still be posted
    ]

    with database.writing() as session:
        assert answers.forget_answers_from(session, [pair_of_id(4, link)], team_id="T1") == 2
        assert answers.forget_answers_from(session, [pair_of_id(9, "")], team_id="T1") == 0

    with database.reading() as session:
        for one in (citing, verbatim):
            found = answers.get_answer(session, one.id)
            assert found
            assert (found.question, found.text, found.sources) == ("Where is the key?", "", ())
        assert [answers.get_answer(session, one.id) for one in others] == others


def pair_of_id(number: int, permalink: str) -> Pair:
    said = Candidate("T1", "C1", False, "1.0", "1.0", "1.1", "Who has the key?", "Ada.", "U1", "U2", permalink)
    fields = {**vars(said), "id": number, "status": PairStatus.APPROVED, "context": None}
    return Pair(**fields, created_at=NOW, decided_at=NOW)
