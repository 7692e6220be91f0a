"""The life of a pair, and the reviews that decide it."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from storage import pairs, reviews, waiting
from storage.database import Database
from storage.pairs import Candidate, Pair, PairStatus
from storage.reviews import Verdict
from tests.storage.racing import race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def candidate(
    answer_ts: str = "1700000000.000200", *, team_id: str = "T1", question: str = "Where is the key?"
) -> Candidate:
    return Candidate(
        team_id=team_id,
        channel_id="C1",
        channel_is_private=False,
        thread_ts="1700000000.000100",
        question_ts="1700000000.000100",
        answer_ts=answer_ts,
        question=question,
        answer="Under the blue pot.",
        asked_by="U1",
        answered_by="U2",
        permalink="https://example.slack.com/archives/C1/p1700000000000200",
    )


def add(database: Database, answer_ts: str = "1700000000.000200", *, team_id: str = "T1") -> Pair:
    with database.writing() as session:
        return pairs.add_candidate(session, candidate(answer_ts, team_id=team_id), now=NOW)


def test_a_candidate_comes_back_as_it_was_stored(database: Database) -> None:
    stored = add(database)
    with database.reading() as session:
        assert pairs.get_pair(session, stored.id) == stored
        assert pairs.pair_for_answer(session, team_id="T1", channel_id="C1", answer_ts=stored.answer_ts) == stored
    assert (stored.status, stored.context, stored.created_at, stored.decided_at) == ("candidate", None, NOW, None)
    assert {name: getattr(stored, name) for name in vars(candidate())} == vars(candidate())


def test_an_answer_becomes_one_pair_however_often_it_is_found(database: Database) -> None:
    first = add(database)
    with database.writing() as session:
        again = pairs.add_candidate(session, candidate(), now=LATER)
    assert again == first


def test_a_pair_found_again_keeps_what_it_says(database: Database) -> None:
    first = add(database)
    with database.writing() as session:
        found = pairs.add_if_missing(session, candidate(question="Asked anew?"), now=LATER)
    assert found == (first, False)


@pytest.mark.parametrize("status", [PairStatus.CANDIDATE, PairStatus.APPROVED, PairStatus.REJECTED])
def test_a_pair_follows_what_its_messages_say_now(database: Database, status: PairStatus) -> None:
    first = add(database)
    edited = replace(candidate(question="Asked anew?"), answer="In the hall.\x00", answer_parts=("1.1", "1.2"))
    with database.writing() as session:
        pairs.set_status(session, first.id, status, now=NOW)
        again = pairs.follow_source(session, first.id, edited)
    with database.reading() as session:
        assert pairs.get_pair(session, first.id) == again
    assert (again.id, again.status, again.created_at) == (first.id, status, NOW)
    assert (again.question, again.answer, again.answer_parts) == ("Asked anew?", "In the hall.", ("1.1", "1.2"))
    assert again.source_hash == again.content_hash != first.content_hash
    assert again.previous_answer is None


def test_what_was_approved_is_kept_beside_what_a_message_says_now_until_somebody_decides(database: Database) -> None:
    first = add(database)
    with database.writing() as session:
        edited = replace(candidate(), answer="In the hall.")
        changed = pairs.follow_source(session, first.id, edited, keep_previous=True)
        assert (changed.previous_question, changed.previous_answer) == (first.question, first.answer)
        decided = pairs.set_status(session, first.id, PairStatus.APPROVED, now=LATER)
    assert (decided.previous_question, decided.previous_answer, decided.answer) == (None, None, "In the hall.")


def test_a_reviewers_words_take_the_place_of_a_pairs_and_the_source_stays_known(database: Database) -> None:
    first = add(database)
    with database.writing() as session:
        redactions = [{"kind": "email", "placeholder": "[EMAIL_1]", "count": 1}]
        edited = pairs.edit_pair(session, first.id, question="Where?", answer="There.", redactions=redactions, by="U9")
    assert (edited.question, edited.answer, edited.edited_by) == ("Where?", "There.", "U9")
    assert edited.redactions == tuple(redactions)
    assert edited.source_hash == first.content_hash != edited.content_hash


def test_an_erased_pair_follows_nothing_and_takes_no_edit(database: Database) -> None:
    first = add(database)
    with database.writing() as session:
        pairs.set_status(session, first.id, PairStatus.ERASED, now=NOW)
        assert pairs.follow_source(session, first.id, candidate(), keep_previous=True).answer == ""
        assert pairs.edit_pair(session, first.id, question="a", answer="b", redactions=(), by="U9").answer == ""


def test_an_answer_found_by_eight_at_once_becomes_one_pair(database: Database) -> None:
    found = race(database, lambda session, _: pairs.add_candidate(session, candidate(), now=NOW))
    assert len({pair.id for pair in found}) == 1


def test_the_same_answer_ts_in_another_team_is_another_pair(database: Database) -> None:
    assert add(database, team_id="T1").id != add(database, team_id="T2").id
    with database.reading() as session:
        assert pairs.pair_for_answer(session, team_id="T3", channel_id="C1", answer_ts="1700000000.000200") is None


def test_an_unknown_pair_is_a_key_error(database: Database) -> None:
    with database.writing() as session:
        with pytest.raises(KeyError, match="there is no pair 999999"):
            pairs.get_pair(session, 999_999)
        with pytest.raises(KeyError, match="there is no pair 999999"):
            pairs.set_status(session, 999_999, PairStatus.APPROVED, now=NOW)


def test_approved_pairs_come_in_the_order_of_their_approval(database: Database) -> None:
    first, second, third = (add(database, f"1700000000.00020{n}") for n in range(3))
    foreign = add(database, team_id="T2")
    with database.writing() as session:
        for pair, at in ((second, NOW), (first, LATER), (foreign, NOW)):
            pairs.set_status(session, pair.id, PairStatus.APPROVED, now=at)
        pairs.set_status(session, third.id, PairStatus.REJECTED, now=NOW)
    with database.reading() as session:
        approved = pairs.approved_pairs(session, team_id="T1")
        assert [(pair.id, pair.decided_at) for pair in approved] == [(second.id, NOW), (first.id, LATER)]
        assert pairs.count_by_status(session, team_id="T1") == {PairStatus.APPROVED: 2, PairStatus.REJECTED: 1}


def test_a_review_stands_until_it_is_taken_back_and_can_be_given_again(database: Database) -> None:
    pair = add(database)

    def stand(session: Session) -> list[str]:
        return reviews.standing_reviewers(session, pair.id, Verdict.APPROVE)

    with database.writing() as session:
        reviews.record_review(session, pair.id, reviewer_id="U9", verdict=Verdict.APPROVE, now=LATER)
        reviews.record_review(session, pair.id, reviewer_id="U8", verdict=Verdict.APPROVE, now=NOW)
        reviews.record_review(session, pair.id, reviewer_id="U7", verdict=Verdict.REJECT, now=NOW)
        assert stand(session) == ["U8", "U9"]
        assert reviews.withdraw_review(session, pair.id, reviewer_id="U8", verdict=Verdict.APPROVE, now=LATER)
        assert not reviews.withdraw_review(session, pair.id, reviewer_id="U8", verdict=Verdict.APPROVE, now=LATER)
        assert not reviews.withdraw_review(session, pair.id, reviewer_id="U6", verdict=Verdict.APPROVE, now=LATER)
        assert stand(session) == ["U9"]
        reviews.record_review(session, pair.id, reviewer_id="U8", verdict=Verdict.APPROVE, now=LATER)
    with database.reading() as session:
        assert stand(session) == ["U9", "U8"]
        assert reviews.standing_reviewers(session, pair.id, Verdict.REJECT) == ["U7"]


def test_a_review_pressed_eight_times_at_once_stands_once(database: Database) -> None:
    pair = add(database)
    race(
        database,
        lambda session, _: reviews.record_review(session, pair.id, reviewer_id="U9", verdict=Verdict.APPROVE, now=NOW),
    )
    with database.reading() as session:
        assert reviews.standing_reviewers(session, pair.id, Verdict.APPROVE) == ["U9"]


def test_the_last_of_a_quorum_voting_at_once_sees_all_the_others(database: Database) -> None:
    pair = add(database)

    def vote(session: Session, number: int) -> int:
        reviews.record_review(session, pair.id, reviewer_id=f"U{number}", verdict=Verdict.APPROVE, now=NOW)
        time.sleep(0.01)  # long enough for all the others to vote, were they let
        return len(reviews.standing_reviewers(session, pair.id, Verdict.APPROVE))

    assert sorted(race(database, vote)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_an_erased_pair_says_nothing_and_stays_erased(database: Database) -> None:
    pair = add(database)
    with database.writing() as session:
        pairs.set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        pairs.set_context(session, pair.id, [{"title": "Keys", "text": "Under the blue pot."}])
        pairs.set_status(session, pair.id, PairStatus.ERASED, now=NOW)
        pairs.set_status(session, pair.id, PairStatus.APPROVED, now=LATER)
    again = add(database)
    assert (again.id, again.status, again.decided_at) == (pair.id, PairStatus.ERASED, NOW)
    assert (again.question, again.answer, again.context) == ("", "", None)


@pytest.mark.parametrize("status", [status for status in PairStatus if status is not PairStatus.APPROVED])
def test_only_an_approved_pair_has_passages(database: Database, status: PairStatus) -> None:
    pair = add(database)
    passages = [{"title": "Keys", "text": "Under the blue pot."}]
    with database.writing() as session:
        pairs.set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        pairs.set_context(session, pair.id, passages)
        assert pairs.get_pair(session, pair.id).context == tuple(passages)
        assert pairs.set_status(session, pair.id, status, now=NOW).context is None
        pairs.set_context(session, pair.id, passages)  # they were looked up while it was taken back
    with database.reading() as session:
        assert pairs.get_pair(session, pair.id).context is None


def test_approved_pairs_wait_for_their_context_once(database: Database) -> None:
    due, decided = add(database, "1700000000.000201"), add(database, "1700000000.000202")
    add(database, "1700000000.000203")  # a candidate needs none
    with database.writing() as session:
        for pair in (due, decided):
            pairs.set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        pairs.set_context(session, decided.id, [])
        assert [pair.id for pair in waiting.pairs_without_context(session, limit=9)] == [due.id]
        pairs.set_context(session, due.id, [{"title": "Keys", "text": "In the hall."}])
        assert waiting.pairs_without_context(session, limit=9) == []
    with database.reading() as session:
        assert pairs.get_pair(session, due.id).context == ({"title": "Keys", "text": "In the hall."},)
        assert pairs.get_pair(session, decided.id).context == ()


def test_contexts_are_looked_up_again_when_knowledge_changed(database: Database) -> None:
    mine, theirs = add(database, team_id="T1"), add(database, team_id="T2")
    with database.writing() as session:
        for pair in (mine, theirs):
            pairs.set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
            pairs.set_context(session, pair.id, [])
        pairs.forget_contexts(session, team_id="T1")
        assert [pair.id for pair in waiting.pairs_without_context(session, limit=9)] == [mine.id]


@pytest.mark.parametrize("said", ["before\x00after", "half a pair \ud83d of surrogates"])
def test_text_no_database_takes_is_stored_without_what_is_wrong(database: Database, said: str) -> None:
    with database.writing() as session:
        stored = pairs.add_candidate(session, candidate(question=said), now=NOW)
    with database.reading() as session:
        question = pairs.get_pair(session, stored.id).question
    assert question == stored.question
    assert question in {"beforeafter", "half a pair ? of surrogates"}
