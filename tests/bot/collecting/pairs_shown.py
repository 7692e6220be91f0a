"""Pairs as reviewers are shown them, made without Slack."""

from dataclasses import replace
from typing import Any

from bot.blocks.card import Card, Rival
from storage.pairs import Origin, Pair, PairStatus, content_hash
from storage.reviews import Review, Verdict, Via
from tests.bot.conftest import NOW, TEAM

PAIR = Pair(
    id=7,
    team_id=TEAM,
    channel_id="CHELP",
    channel_is_private=False,
    thread_ts="1.0",
    question_ts="1.0",
    answer_ts="2.0",
    answer_parts=("2.0",),
    question="Where are the spare keys?",
    answer="In the blue tin by the door.",
    asked_by="UTOM",
    answered_by="UMIA",
    permalink="https://tin.slack.example/archives/CHELP/p20",
    status=PairStatus.CANDIDATE,
    context=None,
    created_at=NOW,
    decided_at=None,
)
REDACTIONS: tuple[dict[str, Any], ...] = (
    {"kind": "email", "placeholder": "[EMAIL_1]", "count": 3},
    {"kind": "person", "placeholder": "[PERSON_1]", "count": 1},
    {"kind": "person", "placeholder": "[PERSON_2]", "count": 1},
)


def pair(**fields: Any) -> Pair:
    return replace(PAIR, **fields)


def word(pair: Pair, who: str, verdict: Verdict, *, via: Via = Via.CLICK) -> Review:
    text = content_hash(pair.question, pair.answer)
    return Review(pair.id, who, verdict, via, text, NOW, None)


def nominated(shown: Pair = PAIR, *rivals: Rival, **fields: Any) -> Card:
    return Card(shown, (word(shown, "UTOM", Verdict.NOMINATE, via=Via.REACTION),), rivals, **fields)


def rival(*, disagrees: bool = False, **fields: Any) -> Rival:
    return Rival(pair(id=3, status=PairStatus.APPROVED, **fields), ("UBEN",), disagrees)


def every_card(question: str, answer: str) -> list[Card]:
    """Return a card for each way in which a pair may stand, saying these words."""
    said: dict[str, Any] = {"question": question, "answer": answer}
    plain = pair(**said, redactions=REDACTIONS, file_count=2)
    changed = pair(
        **said, previous_question=question[::-1], previous_answer=f"{answer[5:]} {answer[:50]}", edited_by="UBEN"
    )
    three = tuple(rival(disagrees=bool(n), **said) for n in range(3))
    decided = [pair(**said, status=status) for status in PairStatus]
    return [
        nominated(plain),
        nominated(plain, *three),
        nominated(changed),
        nominated(changed, *three),
        nominated(pair(**said, origin=Origin.CHANNEL), approvals_needed=2),
        *(Card(one, (word(one, "UBEN", Verdict.APPROVE), word(one, "UCLEO", Verdict.REJECT))) for one in decided),
        Card(decided[1], (word(decided[1], "UBEN", Verdict.APPROVE),), three),
    ]
