"""The review queue, a page at a time: in a message that only its reader sees, and on App Home."""

from dataclasses import dataclass

from bot.blocks.card import Card, decide, headline, small_print
from bot.blocks.layout import Block, actions, button, confirmation, context, divider, section
from bot.blocks.pair_button import Key, PairButton, key_text
from bot.blocks.words import answer_changed, asked_and_answered
from bot.slack.mrkdwn import escape

NEXT, PREVIOUS = "queue_next", "queue_previous"
APPROVE_ALL, REJECT_ALL, TAKE_BACK_ALL = "queue_approve_all", "queue_reject_all", "queue_take_back_all"
QUESTION_LIMIT, ANSWER_LIMIT, RIVAL_LIMIT = 200, 500, 350


@dataclass(frozen=True)
class Page:
    """What one reviewer may see of what waits. `after`: the place in the queue that the page follows.

    `disputes`: approved answers that disagree with others, on the first page. `note`: what was just done, and `undo`:
    what of it can be taken back.
    """

    cards: tuple[Card, ...]
    waiting: int
    disputes: tuple[Card, ...] = ()
    after: Key | None = None
    next_after: Key | None = None
    previous_after: Key | None = None
    note: str = ""
    undo: tuple[PairButton, ...] = ()


def queue(page: Page) -> list[Block]:
    """Return a page of the queue."""
    blocks = [section(_heading(page))]
    blocks += _done(page) if page.note else []
    if page.disputes:
        blocks.append(section(":warning: *Approved answers that seem to disagree*"))
        blocks += [block for card in page.disputes for block in _entry(card, page.after)]
        blocks.append(divider())
    for number, card in enumerate(page.cards):
        blocks += [*([divider()] if number else []), *_entry(card, page.after)]
    return [*blocks, *_turning(page)]


def summary(page: Page) -> str:
    """Return the notification text of a page."""
    return "Nothing waits for a review." if not page.waiting else f"{_count(page.waiting)} for a review"


def _done(page: Page) -> list[Block]:
    """Return what was just done, with a way back: an answer from an export may have no card to take it back on."""
    if not page.undo:
        return [context(escape(page.note))]
    value = ",".join(one.value for one in page.undo)
    return [section(escape(page.note)), actions(button("Take back", action_id=TAKE_BACK_ALL, value=value)), divider()]


def _heading(page: Page) -> str:
    if not page.waiting:
        return ":seedling: *Nothing waits for a review.* Answers come here when people react to them with ✅."
    return f":inbox_tray: *{_count(page.waiting)} for a review*"


def _count(waiting: int) -> str:
    return "1 answer waits" if waiting == 1 else f"{waiting:,} answers wait"


def _entry(card: Card, after: Key | None) -> list[Block]:
    pair = card.pair
    limits = {"question_limit": QUESTION_LIMIT, "answer_limit": ANSWER_LIMIT}
    if pair.previous_answer in (None, pair.answer):
        said = asked_and_answered(pair.question, pair.answer, **limits)
    else:
        said = answer_changed(pair.question, pair.previous_answer or "", pair.answer, **limits)
    buttons = decide(card, after=after, rivals=1, rival_limit=RIVAL_LIMIT)
    return [context(f"{headline(card)}\n{small_print(pair)}"), said, *buttons]


def _turning(page: Page) -> list[Block]:
    """Return what concerns the whole page: decide all of it, or look at another."""
    buttons = []
    if len(page.cards) > 1:
        buttons = [
            button("Approve all on this page", action_id=APPROVE_ALL, value=_all(page), confirm=_sure(page, "Approve")),
            button("Reject all on this page", action_id=REJECT_ALL, value=_all(page), confirm=_sure(page, "Reject")),
        ]
    if page.after is not None:
        buttons.append(button("← Previous", action_id=PREVIOUS, value=key_text(page.previous_after)))
    if page.next_after is not None:
        buttons.append(button("Next →", action_id=NEXT, value=key_text(page.next_after)))
    return [divider(), actions(*buttons)] if buttons else []


def _sure(page: Page, verb: str) -> Block:
    text = f"{verb} the {len(page.cards)} answers on this page, as they are shown?"
    if any(card.rivals for card in page.cards) and verb == "Approve":
        text += " Those that resemble an approved answer are left for you to choose."
    return confirmation(f"{verb} {len(page.cards)} answers?", text, yes=verb)


def _all(page: Page) -> str:
    return ",".join(PairButton.of(card.pair, after=page.after).value for card in page.cards)
