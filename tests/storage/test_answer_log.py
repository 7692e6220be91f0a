"""Answers are listed with what they rest on and what people thought of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from storage import answer_log
from storage.answer_log import AnswerFilter, every_answer
from storage.answers import NewAnswer, add_answer, set_feedback
from storage.database import Database
from storage.knowledge import NewDocument, chunks_to_index, put_document
from tests.storage.approved import DAY, NOW

HOUR = timedelta(hours=1)
SAID = NewAnswer("T1", "C1", "1.1", "1.2", "U1", "Who hums?", "Ada.", "base", (), 7, 5, 3, is_private=False)


def questions(database: Database, **wanted: Any) -> list[str]:
    with database.reading() as session:
        return [logged.answer.question for logged in every_answer(session, AnswerFilter(**wanted), team_id="T1")]


def test_answers_are_listed_by_day_and_those_given_in_private_only_where_that_is_wanted(database: Database) -> None:
    with database.writing() as session:
        for number in range(3):
            said = replace(SAID, question_ts=f"{number}.1", question=f"Question {number}?")
            add_answer(session, said, now=NOW + number * DAY)
        add_answer(session, replace(SAID, question_ts="7.1", question="Hush?", is_private=True), now=NOW)
        add_answer(session, replace(SAID, question_ts="8.1", question=""), now=NOW)
        add_answer(session, replace(SAID, question_ts="9.1", team_id="T2"), now=NOW)

    assert questions(database) == ["Question 0?", "Question 1?", "Question 2?"]
    assert questions(database, since=NOW + HOUR, until=NOW + 2 * DAY) == ["Question 1?"]
    assert questions(database, until=NOW + HOUR, with_private=True) == ["Question 0?", "Hush?"]


def test_each_has_its_passages_that_are_still_known_and_everybodys_thumb(database: Database) -> None:
    with database.writing() as session:
        for source in ("a", "b"):
            put_document(session, NewDocument("T1", source, source, None, (f"Text {source}.",)), now=NOW)
        one, other = (chunk.id for chunk in chunks_to_index(session, limit=9))
        first = add_answer(session, replace(SAID, read_chunks=(other, one)), now=NOW)
        add_answer(session, replace(SAID, question_ts="2.1"), now=NOW)
        set_feedback(session, first.id, user_id="U1", value=1, now=NOW)
        set_feedback(session, first.id, user_id="U2", value=-1, now=NOW)
        put_document(session, NewDocument("T1", "a", "a", None, ("Text c.",)), now=NOW)
    with database.reading() as session:
        logged, plain = every_answer(session, AnswerFilter(), team_id="T1")
    assert [chunk.text for chunk in logged.passages] == ["Text b."]
    assert logged.thumbs == {"U1": 1, "U2": -1}
    assert (plain.passages, plain.thumbs) == ((), {})


def test_many_are_read_a_page_at_a_time(database: Database) -> None:
    count = 2 * answer_log.PAGE + 1
    with database.writing() as session:
        for number in range(count):
            add_answer(session, replace(SAID, question_ts=f"{number}.1", question=str(number)), now=NOW)

    assert questions(database) == [str(number) for number in range(count)]
