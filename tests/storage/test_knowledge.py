"""Documents, the passages cut from them, and who may read them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from storage import knowledge, pairs, people
from storage.answers import NewAnswer, add_answer, get_answer
from storage.database import Database
from storage.knowledge import Chunk, NewDocument
from storage.pairs import Candidate
from storage.workspaces import UNCLAIMED, register_workspace, workspaces
from tests.storage.racing import race

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def document(
    *chunks: str, team_id: str = "T1", source: str = "a.md", title: str = "Keys", channel_id: str | None = None
) -> NewDocument:
    return NewDocument(team_id=team_id, source=source, title=title, channel_id=channel_id, chunks=chunks)


def put(database: Database, new: NewDocument) -> bool:
    with database.writing() as session:
        return knowledge.put_document(session, new, now=NOW)


def waiting(database: Database) -> list[Chunk]:
    with database.reading() as session:
        return knowledge.chunks_to_index(session, limit=99)


def index_all(database: Database) -> list[Chunk]:
    """Mark what waits as indexed, as an index that follows would."""
    chunks = waiting(database)
    with database.writing() as session:
        knowledge.mark_indexed(session, chunks, now=NOW)
    return chunks


def test_a_removed_document_is_gone_and_its_passages_wait_to_leave_the_index(database: Database) -> None:
    put(database, document("By the door.", "In the tin."))
    put(database, document("Elsewhere.", source="b.md"))
    put(database, document("Another team's.", team_id="T2"))
    index_all(database)

    with database.writing() as session:
        assert knowledge.remove_document(session, team_id="T1", source="a.md", now=LATER)
        assert not knowledge.remove_document(session, team_id="T1", source="a.md", now=LATER)

    with database.reading() as session:
        assert knowledge.document_sources(session, team_id="T1") == ["b.md"]
        assert knowledge.document_sources(session, team_id="T2") == ["a.md"]
        assert knowledge.count_chunks(session, team_id="T1") == (1, 0)
    left = waiting(database)
    assert [(chunk.text, chunk.document_id, chunk.removed) for chunk in left] == [("", None, True)] * 2
    index_all(database)
    assert waiting(database) == []


def put_pair(
    database: Database, answer: str = "Under the pot.", *, channel_id: str | None = None, answer_ts: str = "1.2"
) -> int:
    with database.writing() as session:
        new = Candidate("T1", "C1", False, "1.1", "1.1", answer_ts, "Where?", answer, "U1", "U2", "https://example.com")
        pair_id = pairs.add_candidate(session, new, now=NOW).id
        put_pair_chunk(session, pair_id, answer, channel_id)
        return pair_id


def put_pair_chunk(session: Session, pair_id: int, answer: str, channel_id: str | None) -> None:
    knowledge.put_pair_chunk(
        session, team_id="T1", pair_id=pair_id, channel_id=channel_id, title="Where?", text=answer, now=NOW
    )


def readable(
    database: Database, chunks: list[Chunk], *, team_id: str = "T1", channel_ids: tuple[str, ...] = ()
) -> set[str]:
    with database.reading() as session:
        ids = [chunk.id for chunk in chunks]
        found = knowledge.readable_chunks(session, ids, team_id=team_id, channel_ids=channel_ids)
    return {chunk.text for chunk in found.values()}


def test_a_new_document_waits_to_be_indexed_chunk_by_chunk(database: Database) -> None:
    assert put(database, document("one", "two"))
    assert [(chunk.title, chunk.text, chunk.removed) for chunk in waiting(database)] == [
        ("Keys", "one", False),
        ("Keys", "two", False),
    ]
    index_all(database)
    assert waiting(database) == []
    with database.reading() as session:
        assert knowledge.count_chunks(session, team_id="T1") == (2, 0)
        assert knowledge.count_documents(session, team_id="T1") == 1
        assert knowledge.count_documents(session, team_id="T2") == 0


def test_putting_a_document_again_as_it_was_changes_nothing(database: Database) -> None:
    put(database, document("one", "two"))
    index_all(database)
    assert not put(database, document("one", "two"))
    assert waiting(database) == []


def test_putting_a_document_again_touches_only_what_changed(database: Database) -> None:
    put(database, document("one", "two", "three"))
    before = {chunk.text: chunk.id for chunk in index_all(database)}
    assert put(database, document("one", "2", "three"))
    changed = waiting(database)
    assert [(chunk.id, chunk.text, chunk.removed) for chunk in changed] == [
        (before["two"], "", True),
        (changed[1].id, "2", False),
    ]
    with database.reading() as session:
        assert knowledge.count_chunks(session, team_id="T1") == (3, 1)


def test_a_passage_said_twice_in_a_document_is_kept_once(database: Database) -> None:
    put(database, document("one", "one"))
    assert [chunk.text for chunk in waiting(database)] == ["one"]


def test_two_teams_can_hold_documents_of_one_source(database: Database) -> None:
    put(database, document("ours", team_id="T1"))
    put(database, document("theirs", team_id="T2"))
    assert readable(database, waiting(database), team_id="T1") == {"ours"}
    assert readable(database, waiting(database), team_id="T2") == {"theirs"}


def test_a_document_ingested_by_eight_at_once_is_there_once(database: Database) -> None:
    changed = race(database, lambda session, _: knowledge.put_document(session, document("one", "two"), now=NOW))
    assert sum(changed) == 1
    assert [chunk.text for chunk in waiting(database)] == ["one", "two"]


def test_eight_versions_of_a_document_put_at_once_leave_one_of_them(database: Database) -> None:
    put(database, document("old"))
    race(
        database,
        lambda session, n: knowledge.put_document(session, document(f"first {n}", f"second {n}"), now=NOW),
    )
    texts = [chunk.text.split() for chunk in waiting(database) if not chunk.removed]
    assert [text[0] for text in texts] == ["first", "second"]
    assert texts[0][1] == texts[1][1]


def test_a_removed_passage_says_nothing_at_once_and_goes_when_the_index_has_followed(database: Database) -> None:
    put(database, document("secret"))
    (chunk,) = index_all(database)
    put(database, document())
    assert readable(database, [chunk]) == set()
    (removed,) = waiting(database)
    assert (removed.id, removed.title, removed.text, removed.removed) == (chunk.id, "", "", True)
    index_all(database)
    assert waiting(database) == []
    with database.reading() as session:
        assert knowledge.mark_all_unindexed(session) == 0


def test_the_id_of_a_deleted_passage_is_never_given_to_another(database: Database) -> None:
    put(database, document("first"))
    (first,) = index_all(database)
    put(database, document())
    index_all(database)
    put(database, document("second"))
    (second,) = waiting(database)
    assert second.id > first.id


def test_a_passage_that_changed_while_it_was_embedded_stays_to_be_indexed(database: Database) -> None:
    pair_id = put_pair(database, "Old.")
    read = waiting(database)
    with database.writing() as session:
        put_pair_chunk(session, pair_id, "New.", None)
        knowledge.mark_indexed(session, read, now=NOW)
    assert [chunk.text for chunk in waiting(database)] == ["New."]


def test_a_passage_removed_while_it_was_embedded_stays_to_be_removed(database: Database) -> None:
    pair_id = put_pair(database)
    read = waiting(database)
    with database.writing() as session:
        knowledge.remove_pair_chunk(session, pair_id, now=NOW)
        knowledge.mark_indexed(session, read, now=NOW)
    assert [chunk.removed for chunk in waiting(database)] == [True]


def test_a_passage_brought_back_while_its_removal_was_followed_stays_to_be_indexed(database: Database) -> None:
    pair_id = put_pair(database)
    index_all(database)
    with database.writing() as session:
        knowledge.remove_pair_chunk(session, pair_id, now=NOW)
    read = waiting(database)
    with database.writing() as session:
        put_pair_chunk(session, pair_id, "Under the pot.", None)
        knowledge.mark_indexed(session, read, now=NOW)
    assert [(chunk.text, chunk.removed) for chunk in waiting(database)] == [("Under the pot.", False)]


def test_a_pair_whose_channel_became_private_leaves_the_index_of_everybody(database: Database) -> None:
    pair_id = put_pair(database)
    (public,) = index_all(database)
    with database.writing() as session:
        put_pair_chunk(session, pair_id, "Under the pot.", "G1")
    chunks = waiting(database)
    assert [(chunk.channel_id, chunk.removed, chunk.text) for chunk in chunks] == [
        (None, True, ""),
        ("G1", False, "Under the pot."),
    ]
    assert chunks[0].id == public.id
    assert chunks[1].pair_id == pair_id
    assert readable(database, chunks) == set()
    assert readable(database, chunks, channel_ids=("G1",)) == {"Under the pot."}


def test_a_passage_whose_channel_changed_while_it_was_embedded_stays_to_be_indexed(database: Database) -> None:
    pair_id = put_pair(database)
    read = waiting(database)
    with database.writing() as session:
        put_pair_chunk(session, pair_id, "Under the pot.", "G1")
        knowledge.mark_indexed(session, read, now=NOW)
    assert ("G1", False) in [(chunk.channel_id, chunk.removed) for chunk in waiting(database)]


def test_a_pair_approved_by_eight_at_once_is_one_passage(database: Database) -> None:
    with database.writing() as session:
        new = Candidate("T1", "C1", False, "1.1", "1.1", "1.2", "Where?", "There.", "U1", "U2", "https://example.com")
        pair_id = pairs.add_candidate(session, new, now=NOW).id
    race(database, lambda session, _: put_pair_chunk(session, pair_id, "There.", None))
    assert [chunk.text for chunk in waiting(database)] == ["There."]


def test_removing_a_pair_that_is_no_passage_does_nothing(database: Database) -> None:
    with database.writing() as session:
        knowledge.remove_pair_chunk(session, 999_999, now=NOW)
    assert waiting(database) == []


def test_a_private_channels_passages_are_readable_there_alone(database: Database) -> None:
    put(database, document("for all", source="all.md"))
    put(database, document("for G1", source="g1.md", channel_id="G1"))
    put(database, document("for G2", source="g2.md", channel_id="G2"))
    put(database, document("foreign", team_id="T2"))
    chunks = waiting(database)
    assert readable(database, chunks) == {"for all"}
    assert readable(database, chunks, channel_ids=("G1",)) == {"for all", "for G1"}
    assert readable(database, chunks, channel_ids=("G1", "G2")) == {"for all", "for G1", "for G2"}
    assert readable(database, [], channel_ids=("G1",)) == set()


@pytest.mark.parametrize(("before", "after"), [(None, "G1"), ("G1", None), ("G1", "G2")])
def test_a_document_moved_to_another_channel_is_indexed_anew(
    database: Database, before: str | None, after: str | None
) -> None:
    put(database, document("one", channel_id=before))
    (old,) = index_all(database)
    assert put(database, document("one", channel_id=after))
    assert {(chunk.channel_id, chunk.removed) for chunk in waiting(database)} == {(before, True), (after, False)}
    assert readable(database, [old], channel_ids=("G1", "G2")) == set()


def test_everything_can_be_indexed_again(database: Database) -> None:
    put(database, document("one", "two"))
    index_all(database)
    with database.writing() as session:
        assert knowledge.mark_all_unindexed(session) == 2
    assert [chunk.text for chunk in waiting(database)] == ["one", "two"]


def test_documents_ingested_before_the_first_workspace_become_its_own(database: Database) -> None:
    put(database, document("early", team_id=UNCLAIMED))
    read = waiting(database)
    with database.writing() as session:
        register_workspace(session, team_id="T1", name="One", now=NOW)
        register_workspace(session, team_id="T2", name="Two", now=LATER)
        register_workspace(session, team_id="T1", name="One and only", now=LATER)
        knowledge.mark_indexed(session, read, now=NOW)
        assert workspaces(session) == {"T1": "One and only", "T2": "Two"}
    # It was embedded for nobody meanwhile, which is not where the team's questions look.
    assert [(chunk.team_id, chunk.text) for chunk in waiting(database)] == [("T1", "early")]
    assert not put(database, document("early", team_id="T1"))


def test_pairs_and_opt_outs_from_before_the_first_workspace_become_its_own(database: Database) -> None:
    early = Candidate(UNCLAIMED, "C1", False, "1.1", "1.1", "1.2", "Where?", "Here.", "U1", "U2", "")
    with database.writing() as session:
        stored = pairs.add_candidate(session, early, now=NOW)
        people.opt_out(session, team_id=UNCLAIMED, user_id="U3", by="U3", now=NOW)
        register_workspace(session, team_id="T1", name="One", now=NOW)
    with database.reading() as session:
        assert pairs.get_pair(session, stored.id).team_id == "T1"
        assert people.opted_out(session, team_id="T1") == {"U3"}


def test_a_document_is_forgotten_with_any_of_the_people_who_speak_in_it(database: Database) -> None:
    both, one = document("a", source="1"), document("b", source="2")
    for new, people_ in ((both, ("U1", "U2")), (one, ("U2",)), (one, ("U1",))):
        assert put(database, replace(new, people=people_))
    assert not put(database, replace(one, people=("U1",)))

    with database.writing() as session:
        assert knowledge.remove_documents_of(session, team_id="T1", user_id="U2", now=LATER) == 1
        assert knowledge.document_sources(session, team_id="T1") == ["2"]
        assert knowledge.remove_documents_of(session, team_id="T1", user_id="U2", now=LATER) == 0


def test_what_was_answered_out_of_a_forgotten_document_is_let_go_of(database: Database) -> None:
    put(database, replace(document("Ada has it.", "In the tin.", source="1"), people=("U2",)))
    put(database, document("By the door.", source="2"))
    gone, tin, door = (chunk.id for chunk in index_all(database))
    given = NewAnswer("T1", "C1", "1.1", "1.2", "U1", "Who has it?", "Ada.", "base", (), 1, 0, 0)
    with database.writing() as session:
        kept = [
            add_answer(session, replace(given, question_ts=f"{number}.1", read_chunks=read), now=NOW)
            for number, read in enumerate([(door, gone), (tin,), (door,)])
        ]
        assert knowledge.remove_documents_of(session, team_id="T1", user_id="U2", now=LATER) == 1
        assert knowledge.remove_document(session, team_id="T1", source="1", now=LATER) is False

    with database.reading() as session:
        found = [get_answer(session, one.id) for one in kept]
    assert [(one.question, one.text, one.read_chunks) for one in found if one] == [
        ("Who has it?", "", ()),
        ("Who has it?", "", ()),
        ("Who has it?", "Ada.", (door,)),
    ]


def test_a_second_workspace_takes_over_nothing(database: Database) -> None:
    with database.writing() as session:
        register_workspace(session, team_id="T1", name="One", now=NOW)
    put(database, document("nobody's", team_id=UNCLAIMED))
    with database.writing() as session:
        register_workspace(session, team_id="T2", name="Two", now=LATER)
    assert [chunk.team_id for chunk in waiting(database)] == [UNCLAIMED]


def test_a_workspace_registered_by_eight_at_once_is_there_once(database: Database) -> None:
    race(database, lambda session, _: register_workspace(session, team_id="T1", name="One", now=NOW))
    with database.reading() as session:
        assert workspaces(session) == {"T1": "One"}
