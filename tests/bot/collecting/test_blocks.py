"""Whatever people wrote, reviewers see it to the letter, in blocks that Slack takes."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.blocks import card as card_blocks
from bot.blocks import queue as queue_blocks
from bot.blocks import teaching
from bot.blocks.card import Card
from bot.blocks.home import Welcome, home
from bot.blocks.layout import Block
from bot.blocks.pair_button import PairButton
from bot.blocks.queue import Page, queue
from bot.blocks.words import changed, replacements
from bot.collecting.lessons import Topic
from bot.playground.blocks import MESSAGE, VIEW, check_blocks
from storage.pairs import Origin, PairStatus
from storage.reviews import Verdict, Via
from tests.bot.collecting.pairs_shown import PAIR, REDACTIONS, every_card, nominated, pair, rival, word
from tests.bot.running import said_in

LIVELY = "<!channel> <@UADA> *bold* _it_ ~gone~ `code` &lt;!here&gt; <https://evil.example|click> :tada: &"
LENGTHS = ["short", LIVELY, LIVELY * 34, "word " * 8000, "x" * 40_000, "\n" * 3000 + "end", "😀" * 3000]
ENTRY = Page((), 0)


def said(blocks: list[Block]) -> str:
    return said_in({"blocks": blocks})


def marked_up(value: Any) -> list[str]:
    """Return the texts in which Slack looks for markup."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in marked_up(inner)]
    return [text for inner in value for text in marked_up(inner)] if isinstance(value, list) else []


def buttons(blocks: list[Block]) -> list[str]:
    return [one["text"]["text"] for block in blocks if block["type"] == "actions" for one in block["elements"]]


@pytest.mark.parametrize("text", LENGTHS, ids=lambda text: f"{text[:5]!r}-{len(text)}")
def test_every_card_is_one_that_slack_takes_and_in_which_nothing_comes_alive(text: str) -> None:
    for card in every_card(text, text):
        blocks = card_blocks.card(card)

        check_blocks(blocks, MESSAGE)
        assert not any("evil" in one or "<!" in one for one in marked_up(blocks))


@pytest.mark.parametrize("text", LENGTHS, ids=lambda text: f"{text[:5]!r}-{len(text)}")
def test_a_page_of_any_answers_fits_a_message_and_app_home(text: str) -> None:
    cards = tuple(
        nominated(pair(id=n, question=text, answer=text), rival(question=text, answer=text)) for n in range(5)
    )
    disputes = tuple(
        Card(pair(status=PairStatus.APPROVED, question=text, answer=text), (), (rival(answer=text),)) for _ in range(2)
    )
    page = Page(cards, 12_345, disputes, after=(2, 10**9), next_after=(2, 10**9), previous_after=None, note=LIVELY * 3)

    blocks = queue(page)

    check_blocks(blocks, MESSAGE)
    check_blocks(home(Welcome(3, 1, has_opted_out=False, page=page, note="Done."))["blocks"], VIEW)
    assert not any("evil" in one and "&lt;https" not in one for one in marked_up(blocks))


@pytest.mark.parametrize("text", LENGTHS, ids=lambda text: f"{text[:5]!r}-{len(text)}")
@pytest.mark.parametrize("may_decide", [True, False])
def test_a_modal_of_any_answer_is_one_that_slack_takes(text: str, may_decide: bool) -> None:
    about = pair(question=text, answer=text, redactions=REDACTIONS, file_count=1, origin=Origin.CHANNEL)
    topic = Topic("a" * 16, 7, "CHELP", "1.0", "queue", (2, 5), "https://hooks.slack.example/" + "x" * 200)

    view = teaching.lesson(teaching.Lesson(about, (rival(answer=text), rival()), may_decide), metadata=topic.text)

    check_blocks(view["blocks"], VIEW)
    assert len(view["title"]["text"]) <= 24
    assert Topic.from_text(view["private_metadata"]) == topic
    assert all(len(block["element"]["initial_value"]) <= 3000 for block in view["blocks"] if block["type"] == "input")


def test_what_is_too_long_is_cut_and_the_rest_linked() -> None:
    blocks = card_blocks.card(nominated(pair(answer="word " * 8000)))

    assert "word…" in said(blocks)
    assert f"<{PAIR.permalink}|see it in Slack>" in said(blocks)


def test_a_card_says_who_where_what_was_replaced_and_what_is_not_learnt() -> None:
    text = said(card_blocks.card(nominated(pair(redactions=REDACTIONS, file_count=2))))

    assert "Nominated by <@UTOM>" in text
    assert "<@UMIA> answered <@UTOM> in <#CHELP>" in text
    assert "1 e-mail address, 2 people" in text
    assert "2 files beside the answer are not learnt" in text


def test_only_a_pair_that_a_rule_put_together_comes_with_a_warning() -> None:
    guess = pair(origin=Origin.CHANNEL, thread_ts="2.0", answer_ts="2.0")
    assert "A rule put" in said(card_blocks.card(nominated(guess)))
    for known in (pair(), pair(origin=Origin.EXPORT), pair(origin=Origin.FILE, thread_ts="2.0", answer_ts="2.0")):
        assert "A rule put" not in said(card_blocks.card(nominated(known)))


def test_placeholders_are_set_off() -> None:
    (section, *_) = [
        block for block in card_blocks.card(nominated(pair(answer="Ask [EMAIL_1]."))) if "Ask" in str(block)
    ]

    runs = section["elements"][1]["elements"]
    assert [(one["text"], one.get("style")) for one in runs] == [
        ("Ask ", None),
        ("[EMAIL_1]", {"code": True}),
        (".", None),
    ]


def test_a_changed_pair_shows_what_went_and_what_came() -> None:
    before = "In the blue tin by the door."
    blocks = card_blocks.card(
        nominated(pair(answer="In the red tin by the door.", previous_question=PAIR.question, previous_answer=before))
    )

    (answer,) = [block for block in blocks if block["type"] == "rich_text" and "Answer" in str(block)]
    assert [(one["text"], one.get("style")) for one in answer["elements"][1]["elements"]] == [
        ("In the ", None),
        ("blue ", {"strike": True}),
        ("red ", {"bold": True}),
        ("tin by the door.", None),
    ]
    assert "Changed since it was approved" in said(blocks)


@given(before=st.text("ab \n.", max_size=80), after=st.text("ab \n.", max_size=80))
@settings(max_examples=300, deadline=None)
def test_a_difference_holds_both_texts(before: str, after: str) -> None:
    runs = changed("Answer", before, after, 10_000)["elements"][1]["elements"]

    old = "".join(one["text"] for one in runs if "bold" not in one.get("style", {}))
    new = "".join(one["text"] for one in runs if "strike" not in one.get("style", {}))
    if "…" not in old + new:
        assert (old, new) == (before, after)


def test_a_difference_of_long_texts_is_found_soon() -> None:
    before = " ".join(f"w{n % 97}" for n in range(9000))
    after = " ".join(f"w{n % 89}" for n in range(9000))

    started = time.perf_counter()
    block = changed("Answer", before, after, 2400)

    assert time.perf_counter() - started < 2
    assert sum(len(one["text"]) for one in block["elements"][1]["elements"]) < 5000


def test_a_change_in_the_midst_of_a_long_text_is_shown_with_the_words_around_it() -> None:
    start, end = "before " * 500, "after " * 500
    block = changed("Answer", f"{start}old {end}", f"{start}new {end}", 2400)

    text = "".join(one["text"] for one in block["elements"][1]["elements"])
    assert "old new" in text
    assert len(text) < 400


CHOICES = ["Replace it", "Keep both", "Discard this one"]


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        (nominated(), ["Approve", "Edit", "Reject"]),
        (nominated(PAIR, rival()), [*CHOICES, "Edit", "Reject"]),
        (Card(pair(status=PairStatus.APPROVED), (word(PAIR, "UBEN", Verdict.APPROVE),)), ["Take back"]),
        (Card(pair(status=PairStatus.APPROVED), (word(PAIR, "UBEN", Verdict.APPROVE, via=Via.REACTION),)), []),
        (Card(pair(status=PairStatus.REJECTED), (word(PAIR, "UBEN", Verdict.REJECT),)), ["Take back"]),
        (Card(pair(status=PairStatus.APPROVED), (), (rival(),)), CHOICES),
        (Card(pair(status=PairStatus.WITHDRAWN)), ["Approve", "Edit", "Reject"]),
        (Card(pair(status=PairStatus.REPLACED)), []),
        (Card(pair(status=PairStatus.ERASED)), []),
        (nominated(pair(channel_is_private=True)), []),
    ],
)
def test_a_card_offers_what_can_be_done_about_its_pair(card: Card, shown: list[str]) -> None:
    assert buttons(card_blocks.card(card)) == shown


def test_what_was_said_in_private_or_erased_is_not_on_a_card() -> None:
    for card in (nominated(pair(channel_is_private=True)), Card(pair(status=PairStatus.ERASED))):
        assert "tin" not in said(card_blocks.card(card))


def test_a_quorum_says_who_is_missing() -> None:
    card = Card(PAIR, (word(PAIR, "UBEN", Verdict.APPROVE),), approvals_needed=3)

    assert "Approved by <@UBEN>; 2 more needed" in said(card_blocks.card(card))


def test_a_word_on_other_words_is_not_counted_on_the_card() -> None:
    old = word(pair(answer="something else"), "UBEN", Verdict.APPROVE)

    assert Card(PAIR, (old,)).who(Verdict.APPROVE) == []


@pytest.mark.parametrize("disagrees", [True, False])
def test_answers_that_disagree_are_flagged(disagrees: bool) -> None:
    assert ("seem to disagree" in said(card_blocks.card(nominated(PAIR, rival(disagrees=disagrees))))) is disagrees


def test_a_buttons_value_survives_being_read() -> None:
    for one in (PairButton.of(PAIR), PairButton.of(PAIR, other_id=3, after=(2, 99))):
        assert PairButton.from_value(one.value) == one


def test_a_page_offers_only_the_pages_there_are() -> None:
    def turning(**fields: Any) -> list[str]:
        return [one for one in buttons(queue(Page((), 9, **fields))) if "→" in one or "←" in one]

    assert turning() == []
    assert turning(next_after=(1, 5)) == ["Next →"]
    assert turning(after=(1, 5)) == ["← Previous"]
    assert turning(after=(1, 5), next_after=(1, 9)) == ["← Previous", "Next →"]


@pytest.mark.parametrize(
    ("redactions", "text"),
    [((), ""), (REDACTIONS, "1 e-mail address, 2 people"), (REDACTIONS[1:2], "1 person")],
)
def test_what_was_replaced_is_counted_by_kind(redactions: tuple[dict[str, Any], ...], text: str) -> None:
    assert replacements(redactions) == text


SUMMARIES: list[tuple[Callable[[], str], str]] = [
    (lambda: card_blocks.summary(nominated()), "An answer waits for a review"),
    (lambda: queue_blocks.summary(Page((), 1)), "1 answer waits for a review"),
    (lambda: queue_blocks.summary(Page((), 1200)), "1,200 answers wait for a review"),
    (lambda: queue_blocks.summary(ENTRY), "Nothing waits for a review."),
]


@pytest.mark.parametrize(("made", "text"), SUMMARIES)
def test_a_notification_says_nothing_that_anybody_wrote(made: Callable[[], str], text: str) -> None:
    assert made() == text
