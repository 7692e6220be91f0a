"""Pairs are found by a message, a thread, a person, another pair."""

from storage import relations
from storage.database import Database
from storage.pairs import Pair, PairStatus, Priority, set_context, set_priority, set_privacy, set_replaced_by
from tests.storage.approved import pair


def ids(pairs: list[Pair]) -> list[int]:
    return [one.id for one in pairs]


def test_a_message_finds_the_pairs_it_asks_or_is_part_of(database: Database) -> None:
    asks = pair(database, 1, question_ts="7.0")
    part = pair(database, 2, answer_parts=("2.1", "7.0"))
    pair(database, 3, answer_parts=("3.1", "17.0"))
    pair(database, 4, question_ts="7.0", status=PairStatus.ERASED)
    with database.reading() as session:
        found = relations.pairs_with_message(session, team_id="T1", channel_id="C1", ts="7.0")
    assert ids(found) == [asks.id, part.id]


def test_a_thread_finds_its_pairs_by_the_earliest_answer(database: Database) -> None:
    second, first = pair(database, 2, thread_ts="5.0"), pair(database, 1, thread_ts="5.0")
    pair(database, 3)
    with database.reading() as session:
        found = relations.pairs_of_thread(session, team_id="T1", channel_id="C1", thread_ts="5.0")
    assert ids(found) == [first.id, second.id]


def test_a_pair_finds_those_that_have_it_among_their_passages(database: Database) -> None:
    one, beside, other = (pair(database, number) for number in (1, 2, 3))
    with database.writing() as session:
        set_context(session, beside.id, [{"title": "A", "text": "B", "pair_id": one.id}])
        set_context(session, other.id, [{"title": "A", "text": "B", "pair_id": int(f"{one.id}0")}])
        assert ids(relations.pairs_beside(session, one)) == [beside.id]


def test_a_pair_finds_those_in_whose_place_it_stands(database: Database) -> None:
    one, other = pair(database, 1), pair(database, 2)
    with database.writing() as session:
        set_replaced_by(session, other.id, one.id)
        assert ids(relations.replaced_by(session, one.id)) == [other.id]
        set_replaced_by(session, other.id, None)
        assert relations.replaced_by(session, one.id) == []


def test_somebodys_pairs_are_counted_by_where_they_stand(database: Database) -> None:
    pair(database, 1, asked_by="U7")
    pair(database, 2, answered_by="U7")
    pair(database, 3, answered_by="U7", status=PairStatus.REJECTED)
    pair(database, 4)
    with database.reading() as session:
        counts = relations.count_of_person(session, team_id="T1", user_id="U7")
    assert counts == {PairStatus.APPROVED: 2, PairStatus.REJECTED: 1}


def test_what_is_known_of_a_pair_is_changed_one_thing_at_a_time(database: Database) -> None:
    one = pair(database, 1, status=PairStatus.CANDIDATE)
    with database.writing() as session:
        set_priority(session, one.id, Priority.CHANGED)
        private = set_privacy(session, one.id, channel_is_private=True)
    assert (private.priority, private.channel_is_private, private.context) == (Priority.CHANGED, True, None)
