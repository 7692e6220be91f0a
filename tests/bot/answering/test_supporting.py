"""An answer that nothing supports says so, and one that only says that it doesn't know is no answer."""

import pytest

from bot.answering.answerer import UNSUPPORTED, Permitted
from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge
from storage.answers import AnswerKind
from storage.knowledge import NewDocument, put_document, put_pair_chunk
from storage.pairs import Candidate, PairStatus, add_candidate, set_status
from tests.bot.answering.test_questions import KEYS, know
from tests.bot.conftest import NOW, TEAM
from tests.fakes import FakeModelServer

QUESTION = "Where do the spare keys hang?"


@pytest.mark.parametrize(
    ("says", "kind", "is_marked"),
    [
        ("They hang behind the stove. [1]", AnswerKind.ANSWER, False),
        (KEYS, AnswerKind.ANSWER, False),
        ("The moon is made of cheese and lies in Cornwall.", AnswerKind.ANSWER, True),
        ("Ask the moon [9], which is made of Cornish cheese.", AnswerKind.ANSWER, True),
        ("I don't know: the passages don't say.", AnswerKind.UNKNOWN, False),
        ("You can't find them upstairs: the spare keys hang behind the stove.", AnswerKind.ANSWER, False),
        ("I can't say for sure, but they hang behind the stove. [1]", AnswerKind.ANSWER, False),
        ("The vault code is 4711. If you can't find the vault, call +49 555.", AnswerKind.ANSWER, True),
        ("We don't know of any limit: expense whatever you like.", AnswerKind.ANSWER, True),
        ("I don't know, but in Cornwall the moon lies in cheese.", AnswerKind.ANSWER, True),
    ],
)
def test_what_a_model_wrote_is_held_against_what_it_read(
    knowledge: Knowledge, model_server: FakeModelServer, says: str, kind: AnswerKind, is_marked: bool
) -> None:
    know(knowledge)
    model_server.says = says

    answered = knowledge.answerer.answer(QUESTION, Permitted(Place(TEAM)))

    assert answered.kind is kind
    assert (UNSUPPORTED in answered.text) is is_marked
    assert "[9]" not in answered.text
    assert [source.title for source in answered.sources] == ["Keys"]


def test_passages_without_a_title_are_told_apart_by_how_they_begin(
    knowledge: Knowledge, model_server: FakeModelServer
) -> None:
    texts = ("The spare keys hang behind the stove, and Ada has the other ones in her coat.", "Spare keys\nhang here.")
    with knowledge.database.writing() as session:
        put_document(session, NewDocument(TEAM, "keys", " ", None, texts), now=NOW)
    knowledge.indexing.follow()
    model_server.says = "Behind the stove [1], or here [2]."

    answered = knowledge.answerer.answer(QUESTION, Permitted(Place(TEAM)))

    titles = ["Spare keys hang here.", "The spare keys hang behind the stove, and Ada has the…"]
    assert sorted(source.title for source in answered.sources) == titles


def test_who_answered_something_near_is_known_where_a_model_does_not_know(
    knowledge: Knowledge, model_server: FakeModelServer
) -> None:
    said = ("Who has the spare keys of the shed?", "Ada has.", "UTOM", "UMIA", "https://tin.example/1")
    with knowledge.database.writing() as session:
        pair = add_candidate(session, Candidate(TEAM, "CHELP", False, "1.0", "1.0", "1.1", *said), now=NOW)
        set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        shown = {"title": pair.question, "text": pair.answer}
        put_pair_chunk(session, team_id=TEAM, pair_id=pair.id, channel_id=None, **shown, now=NOW)
    know(knowledge)
    model_server.says = "I don't know."

    answered = knowledge.answerer.answer("Has anybody moved the spare keys of the boat?", Permitted(Place(TEAM)))

    assert (answered.kind, answered.text) == (AnswerKind.UNKNOWN, "I don't know.")
    assert answered.near == (pair.id,)
