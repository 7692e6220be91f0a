"""An approved answer is given as it stands for its own question, in other words perhaps, and never for the opposite."""

import pytest

from bot.answering.answerer import Permitted
from bot.answering.opposites import ask_different_things
from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge
from storage.answers import AnswerKind
from storage.knowledge import put_pair_chunk
from storage.pairs import Candidate, PairStatus, add_candidate, set_status
from tests.bot.conftest import NOW, TEAM

ENABLE = "How do I enable two-factor authentication for my work account?"
DISABLE = "How do I disable two-factor authentication for my work account?"


@pytest.fixture
def approved(knowledge: Knowledge) -> Knowledge:
    """Knows how two-factor authentication is enabled."""
    said = (ENABLE, "Under Settings, Security.", "UTOM", "UMIA", "https://tin.example/1")
    with knowledge.database.writing() as session:
        pair = add_candidate(session, Candidate(TEAM, "CHELP", False, "1.0", "1.0", "1.1", *said), now=NOW)
        set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        shown = {"title": pair.question, "text": pair.answer}
        put_pair_chunk(session, team_id=TEAM, pair_id=pair.id, channel_id=None, **shown, now=NOW)
    knowledge.indexing.follow()
    return knowledge


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Hi, how can I enable two-factor authentication for my work account please?", AnswerKind.VERIFIED),
        (DISABLE, AnswerKind.ANSWER),
        (f"{ENABLE[:-1]} if I can't log in?", AnswerKind.ANSWER),
    ],
)
def test_an_approved_answer_is_given_as_it_stands_and_only_read_for_the_opposite(
    approved: Knowledge, question: str, kind: AnswerKind
) -> None:
    assert approved.answerer.answer(question, Permitted(Place(TEAM))).kind is kind


@pytest.mark.parametrize(
    ("question", "other"),
    [
        (ENABLE, DISABLE),
        ("How do I turn on the office heating?", "How do I turn off the office heating?"),
        ("Can I bring my dog to the office?", "Can't I bring my dog to the office?"),
        ("Who approves holidays in Berlin?", "Who approves holidays in Munich?"),
        ("Who approves holidays in Berlin?", "In Munich, who is it that approves holidays?"),
        ("How do I restart the staging server?", "How do I restart the production server?"),
        ("When may I not deploy?", "When may I deploy?"),
        ("May I deploy on Fridays?", "Do I have to deploy on Fridays?"),
        ("How do I add a user to the VPN?", "How do I remove a user from the VPN?"),
        ("What is the Wi-Fi password for guests?", "What is the Wi-Fi password for staff?"),
        ("Where do I report sick leave on Mondays?", "Where do I report sick leave on Sundays?"),
        ("Should I merge before the release?", "Should I merge after the release?"),
        ("What is Anna's phone extension?", "What is Peter's phone extension?"),
        ("How do I upgrade Postgres?", "How do I downgrade Postgres?"),
        ("Is the kitchen open in July?", "Is the kitchen closed in July?"),
        ("How do I convert a PDF to Word?", "How do I convert Word to a PDF?"),
        ("How far is it to the harbour?", "How far is it from the harbour?"),
        ("Can I park here with a permit?", "Can I park here without a permit?"),
        ("When do we deploy?", "Where do we deploy?"),
        ("Is lunch free for the US team?", "Is lunch free for the IT team?"),
        ("Wann darf ich deployen?", "Wann darf ich nicht deployen?"),
    ],
)
def test_near_opposites_are_two_questions(question: str, other: str) -> None:
    assert ask_different_things(question, other)
    assert ask_different_things(other, question)


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Where are the spare keys?", "hi, where is the spare key please?"),
        ("How do I reset my password?", "How can I reset the password?"),
        ("When does the office open?", "The office opens when?"),
        ("Why can't I log in?", "I cannot log in, why?"),
        ("How to deploy to staging?", "how do we deploy to staging"),
        ("Do I have to wear a badge?", "Must I wear a badge?"),
        ("Who is [PERSON_1]?", "who's [PERSON_2]"),
    ],
)
def test_one_question_in_other_words_is_one(question: str, other: str) -> None:
    assert not ask_different_things(question, other)
    assert not ask_different_things(other, question)
