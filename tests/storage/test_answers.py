"""What Timbre answered, and what people thought of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from storage import answers
from storage.answers import Answer, AnswerKind, NewAnswer
from storage.database import Database
from storage.knowledge import chunks_to_index, put_pair_chunk
from storage.pairs import Candidate, Pair, PairStatus, add_candidate
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
        add(database, replace(ANSWER, question_ts="5.1", team_id="T2", message_ts="5.2", sources=cited)),
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


def test_what_had_read_an_erased_pair_is_let_go_of_whether_it_cites_it_or_not(database: Database) -> None:
    with database.writing() as session:
        pair = add_candidate(session, said(), now=NOW)
        put_pair_chunk(session, team_id="T1", pair_id=pair.id, channel_id=None, title="Key?", text="Ada.", now=NOW)
        (chunk,) = chunks_to_index(session, limit=9)
    read = add(database, replace(ANSWER, question_ts="2.1", message_ts="2.2", sources=(), read_chunks=(9, chunk.id)))
    cited = ({"number": 1, "chunk_id": chunk.id, "title": "Who has the key?", "permalink": ""},)
    citing = add(database, replace(ANSWER, question_ts="3.1", message_ts="3.2", sources=cited))
    other = add(database, replace(ANSWER, question_ts="4.1", message_ts="4.2", sources=(), read_chunks=(9,)))

    with database.writing() as session:
        assert answers.forget_answers_from(session, [pair], team_id="T1") == 2

    with database.reading() as session:
        found = [answers.get_answer(session, one.id) for one in (read, citing)]
        assert answers.get_answer(session, other.id) == other
    assert [(one.text, one.sources, one.read_chunks) for one in found if one] == [("", (), ())] * 2


@pytest.mark.parametrize("question_ts", [f"{answers.PRIVATE}abc", "5.1"], ids=["for its asker", "not posted yet"])
def test_what_was_not_posted_says_that_what_it_rested_on_is_erased(database: Database, question_ts: str) -> None:
    kept = add(database, replace(ANSWER, question_ts=question_ts, kind=AnswerKind.VERIFIED, verified_pair_id=4))

    with database.writing() as session:
        assert answers.forget_answers_from(session, [pair_of_id(4, "")], team_id="T1") == 1
        assert answers.forget_answers_from(session, [pair_of_id(4, "")], team_id="T1") == 0

    with database.reading() as session:
        found = answers.get_answer(session, kept.id)
    nothing: dict[str, Any] = {"sources": (), "read_chunks": (), "verified_pair_id": None}
    assert found == replace(kept, text=answers.ERASED, kind=AnswerKind.NOTE, **nothing)


def said(permalink: str = "") -> Candidate:
    return Candidate("T1", "C1", False, "1.0", "1.0", "1.1", "Who has the key?", "Ada.", "U1", "U2", permalink)


def pair_of_id(number: int, permalink: str) -> Pair:
    fields = {**vars(said(permalink)), "id": number, "status": PairStatus.APPROVED, "context": None}
    return Pair(**fields, created_at=NOW, decided_at=NOW)


def test_a_thread_knows_who_was_answered_in_it_and_what_was_asked_last(database: Database) -> None:
    thread = replace(ANSWER, thread_ts="1.1")
    add(database, thread)
    add(database, replace(thread, question_ts="1.4", asked_by="U2", question="And the other?"))
    add(database, replace(thread, question_ts="1.5", asked_by="U3", question=""))
    add(database, replace(ANSWER, question_ts="2.1", asked_by="U4", thread_ts="2.1"))
    place = {"team_id": "T1", "channel_id": "C1", "thread_ts": "1.1"}
    with database.reading() as session:
        assert answers.askers_in_thread(session, **place) == {"U1", "U2", "U3"}
        assert answers.last_question(session, **place) == "And the other?"
        assert answers.last_question(session, **place, without=("U2",)) == "Where is the key?"
        assert answers.last_question(session, team_id="T1", channel_id="C1", thread_ts="9.9") == ""


def test_answers_are_found_by_the_messages_they_stand_in(database: Database) -> None:
    posted = add(database, replace(ANSWER, message_ts="1.2"))
    add(database, replace(ANSWER, question_ts="2.1", channel_id="C2", message_ts="1.2"))
    add(database, replace(ANSWER, question_ts="3.1"))
    with database.reading() as session:
        assert answers.answers_posted_as(session, ["1.2", "9.9"], team_id="T1", channel_id="C1") == {"1.2": posted}
        assert answers.answers_posted_as(session, [], team_id="T1", channel_id="C1") == {}


def test_what_was_asked_in_vain_is_listed_the_latest_first(database: Database) -> None:
    unknown = replace(ANSWER, kind=AnswerKind.UNKNOWN)
    first, second = (add(database, replace(unknown, question_ts=f"{number}.1")) for number in (1, 2))
    add(database, replace(unknown, question_ts="3.1", question=""))
    add(database, replace(ANSWER, question_ts="4.1"))
    with database.reading() as session:
        assert answers.unanswered(session, team_id="T1", since=NOW, limit=9) == [second, first]
        assert answers.unanswered(session, team_id="T1", since=LATER, limit=9) == []


def test_an_answer_that_may_not_stand_any_more_says_something_else_and_rests_on_nothing(database: Database) -> None:
    stored = add(database, replace(ANSWER, read_chunks=(7, 8), verified_pair_id=4, note="Verified"))
    with database.writing() as session:
        replaced = answers.replace_answer(session, stored.id, text="Ask again.", kind=AnswerKind.NOTE)
    assert (replaced.text, replaced.kind, replaced.sources, replaced.read_chunks, replaced.note) == (
        "Ask again.",
        AnswerKind.NOTE,
        (),
        (),
        "",
    )
    assert replaced.verified_pair_id is None


def test_what_somebody_asked_is_let_go_of(database: Database) -> None:
    theirs = add(database)
    add(database, replace(ANSWER, question_ts="2.1", asked_by="U2"))
    with database.writing() as session:
        assert answers.forget_questions_of(session, team_id="T1", user_id="U1") == 1
        assert answers.forget_questions_of(session, team_id="T1", user_id="U1") == 0
        found = answers.get_answer(session, theirs.id)
    assert found is not None
    assert (found.question, found.text, found.sources) == ("", "", ())


def test_a_question_that_was_deleted_is_let_go_of_and_its_answer_stands(database: Database) -> None:
    asked = add(database, replace(ANSWER, thread_ts="1.1", kind=AnswerKind.UNKNOWN))
    place = {"team_id": "T1", "channel_id": "C1"}
    with database.writing() as session:
        assert not answers.forget_question(session, **place, question_ts="9.9")
        assert answers.forget_question(session, **place, question_ts="1.1")
        assert not answers.forget_question(session, **place, question_ts="1.1")

    with database.writing() as session:
        assert answers.get_answer(session, asked.id) == replace(asked, question="")
        assert answers.last_question(session, **place, thread_ts="1.1") == ""
        assert answers.unanswered(session, team_id="T1", since=NOW, limit=9) == []
        assert answers.forget_questions_of(session, team_id="T1", user_id="U1") == 1
        found = answers.get_answer(session, asked.id)
    assert found is not None
    assert found.text == ""
