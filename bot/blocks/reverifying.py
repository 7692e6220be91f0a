"""The card that asks whether an approved answer is still right."""

from bot.blocks.card import ANSWER_LIMIT, EDIT, QUESTION_LIMIT
from bot.blocks.layout import Block, actions, button, confirmation, context, section
from bot.blocks.pair_button import PairButton
from bot.blocks.words import asked_and_answered
from storage.pairs import Pair, PairStatus
from storage.verifications import Verified

STILL_RIGHT = "reverify_yes"
RETIRE = "reverify_retire"
SUMMARY = "Is this answer still right?"


def card(standing: Verified, *, by: str) -> list[Block]:
    """Return the card of an answer that nobody has looked at for long; `by` is what who approved it is called."""
    value = PairButton.of(standing.pair).value
    since = f"Approved by {by} on {standing.at.day} {standing.at:%B %Y}"
    sure = confirmation("Retire this answer?", "It is not given or learnt from any more.", yes="Retire")
    return [
        section(f":hourglass: *{SUMMARY}*"),
        _said(standing.pair),
        context(since),
        actions(
            button("Yes", action_id=STILL_RIGHT, value=value, style="primary"),
            button("Edit", action_id=EDIT, value=value),
            button("Retire", action_id=RETIRE, value=value, style="danger", confirm=sure),
        ),
    ]


def decided(pair: Pair, said: str) -> list[Block]:
    """Return the card once somebody has decided, or the answer is gone."""
    if pair.status is PairStatus.ERASED:
        return [section("This answer was deleted.")]
    return [_said(pair), context(said)]


def _said(pair: Pair) -> Block:
    return asked_and_answered(pair.question, pair.answer, question_limit=QUESTION_LIMIT, answer_limit=ANSWER_LIMIT)
