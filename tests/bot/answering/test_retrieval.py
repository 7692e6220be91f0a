"""Passages are found by meaning and by words, and only where they may be read."""

from bot.answering.retrieval import CODE, Place, code_gains
from bot.assembly.knowledge import Knowledge
from storage.knowledge import Chunk, NewDocument, put_document
from tests.bot.conftest import NOW, TEAM

SHEDS = "The shed by the river keeps the long oars."
KEYS = "The spare keys hang behind the stove."
CODES = ("E517 is too warm.", "E517 or E518 is too cold.", "E5170 is neither.")


def know(knowledge: Knowledge, *documents: NewDocument) -> None:
    with knowledge.database.writing() as session:
        for document in documents:
            put_document(session, document, now=NOW)
    knowledge.indexing.follow()


def test_the_best_passage_comes_first_and_no_more_than_the_limit(knowledge: Knowledge) -> None:
    know(knowledge, NewDocument(TEAM, "a", "Sheds", None, (SHEDS,)), NewDocument(TEAM, "b", "Keys", None, (KEYS,)))

    hits = knowledge.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1)

    assert [hit.chunk.text for hit in hits] == [KEYS]
    assert hits[0].similarity > 0.4


def test_a_private_channels_passages_are_found_from_within_only(knowledge: Knowledge) -> None:
    know(
        knowledge,
        NewDocument(TEAM, "a", "Keys", None, (KEYS,)),
        NewDocument(TEAM, "b", "Keys", "CVAULT", ("The spare keys of the vault are under the mat.",)),
        NewDocument(TEAM, "c", "Keys", "COTHER", ("The spare keys of the other place are lost.",)),
    )

    def found(place: Place) -> set[str]:
        hits = knowledge.retriever.search("Where do the spare keys hang?", place, limit=10)
        return {hit.chunk.channel_id or "everybody" for hit in hits}

    assert found(Place(TEAM)) == {"everybody"}
    assert found(Place(TEAM, ("CVAULT",))) == {"everybody", "CVAULT"}
    assert found(Place(TEAM, ("D1",))) == {"everybody"}
    assert found(Place("T2", ("CVAULT",))) == set()


def test_a_passage_can_be_left_out(knowledge: Knowledge) -> None:
    know(knowledge, NewDocument(TEAM, "b", "Keys", None, (KEYS,)))

    assert knowledge.retriever.search("spare keys", Place(TEAM), limit=3, without=lambda chunk: True) == []


def test_an_empty_knowledge_has_no_passages(knowledge: Knowledge) -> None:
    assert knowledge.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=3) == []


def test_an_error_code_is_found_by_its_word_alone(knowledge: Knowledge) -> None:
    codes = [f"The winch reports E{number} when its motor is too warm to go on." for number in range(500, 540)]
    know(knowledge, NewDocument(TEAM, "a", "Winch", None, tuple(codes)))

    hits = knowledge.retriever.search("E517", Place(TEAM), limit=1)

    assert [hit.chunk.text for hit in hits] == [codes[17]]


def test_a_code_counts_for_more_than_the_words_beside_it(knowledge: Knowledge) -> None:
    chatty = "Why do you get it, and what can it mean?"
    codes = [f"E{number}: the winch's motor is too warm to go on, so let it rest." for number in range(500, 540)]
    know(knowledge, NewDocument(TEAM, "a", "Winch", None, (*codes, chatty)))

    hits = knowledge.retriever.search("What does it mean when I get E517?", Place(TEAM), limit=1)

    assert [hit.chunk.text for hit in hits] == [codes[17]]


def test_a_passage_gains_less_by_a_code_that_others_have_too() -> None:
    chunks = [Chunk(n, TEAM, 1, None, None, "Codes", text, removed=False) for n, text in enumerate(CODES)]

    assert code_gains(frozenset({"e517", "e518"}), chunks) == {0: CODE / 2 / 2, 1: CODE / 2}
    assert code_gains(frozenset(), chunks) == {}
