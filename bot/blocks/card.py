"""A pair before its reviewers: what it says, where it was said, what may be done about it, and what was decided."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.blocks.layout import Block, actions, button, context, divider, section
from bot.blocks.pair_button import Key, PairButton
from bot.blocks.words import asked_and_answered, changed, replacements, titled
from bot.slack.mrkdwn import escape
from storage.pairs import NOT_SAID, Candidate, Origin, Pair, PairStatus
from storage.reviews import Review, Verdict, Via

APPROVE, EDIT, REJECT, TAKE_BACK = "pair_approve", "pair_edit", "pair_reject", "pair_take_back"
REPLACE, KEEP_BOTH, DISCARD = "twin_replace", "twin_keep_both", "twin_discard"

QUESTION_LIMIT, ANSWER_LIMIT = 700, 2400
RIVAL_LIMIT = 700
RIVALS_SHOWN = 3
ERASED = ":wastebasket: This answer was deleted, or its author opted out. Nothing is left of it."
WITHHELD = ":lock: This is said in a private channel now. It waits in `/timbre review` for reviewers who are in there."
GUESS = ":warning: A rule put this question and this answer together. Check that they belong together."


def is_put_together(pair: Candidate) -> bool:
    """Return whether a rule, and nobody who wrote them, put a question and an answer together."""
    return not pair.in_thread and pair.origin not in NOT_SAID


_USER = re.compile(r"[UW][A-Z0-9]+")


@dataclass(frozen=True)
class Rival:
    """An approved answer to nearly the same question."""

    pair: Pair
    approved_by: tuple[str, ...]
    disagrees: bool


@dataclass(frozen=True)
class Card:
    """A pair with what is known about it. `reviews`: the words that stand, whatever text they were given on."""

    pair: Pair
    reviews: tuple[Review, ...] = ()
    rivals: tuple[Rival, ...] = ()
    approvals_needed: int = 1

    def who(self, verdict: Verdict, *, via: Via | None = None) -> list[str]:
        """Return who gave a word on the text as it is now, earliest first; a nomination is of any text."""
        found = [
            review.reviewer_id
            for review in self.reviews
            if review.verdict is verdict
            and via in (None, review.via)
            and (verdict is Verdict.NOMINATE or review.content_hash == self.pair.content_hash)
        ]
        return list(dict.fromkeys(found))

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide about it."""
        return self.pair.status in (PairStatus.CANDIDATE, PairStatus.WITHDRAWN)


def card(card: Card) -> list[Block]:
    """Return the message that puts a pair before the reviewers, or says what became of it."""
    if card.pair.status is PairStatus.ERASED:
        return [context(ERASED)]
    if card.pair.channel_is_private:
        return [context(WITHHELD)]
    # Slack draws one message right below another of the same app's: the line keeps two cards apart.
    return [section(headline(card)), *said(card.pair), context(small_print(card.pair)), *decide(card), divider()]


def summary(card: Card) -> str:
    """Return the notification text of a card; nothing in it was said by anybody."""
    return "An answer waits for a review" if card.waits else f"An answer is {card.pair.status.value}"


def superseded(link: str | None) -> list[Block]:
    """Return what stands in place of a card whose pair reads otherwise by now."""
    newer = f"<{link}|the newer card>" if link else "the newer card"
    return [context(f":leftwards_arrow_with_hook: This answer has changed since. See {newer}.")]


def headline(card: Card) -> str:
    """Return where a pair stands and by whom, in a line or two."""
    pair = card.pair
    if pair.status is PairStatus.APPROVED:
        done = f":seedling: *Approved* by {people(card.who(Verdict.APPROVE))}"
        return f"{done}\nThis approved answer resembles {_others(card.rivals)}." if card.rivals else done
    if pair.status is PairStatus.REJECTED:
        return f":x: *Rejected* by {people(card.who(Verdict.REJECT))}. It is kept as an answer not to give."
    if pair.status is PairStatus.REPLACED:
        return ":arrows_counterclockwise: *Not used*: another answer to this question stands in its place."
    if pair.status is PairStatus.WITHDRAWN:
        return ":leftwards_arrow_with_hook: *Taken back.* Nobody stands behind this answer now."
    return _waiting(card)


def said(pair: Pair) -> list[Block]:
    """Return what a pair says, or how it differs from what was approved."""
    if pair.previous_question is None or pair.previous_answer is None:
        return [titled("Question", pair.question, QUESTION_LIMIT), titled("Answer", pair.answer, ANSWER_LIMIT)]
    return [
        _compared("Question", pair.previous_question, pair.question, QUESTION_LIMIT),
        _compared("Answer", pair.previous_answer, pair.answer, ANSWER_LIMIT),
    ]


def small_print(pair: Pair) -> str:
    """Return who said a pair and where, and what a reviewer has to know about it."""
    where = f" in <#{pair.channel_id}>" if re.fullmatch(r"[CG][A-Z0-9]+", pair.channel_id) else ""
    did = "wrote what Timbre should have answered" if pair.origin is Origin.CORRECTION else "answered"
    lines = [f"{people([pair.answered_by])} {did} {people([pair.asked_by])}{where}{_link(pair)}"]
    if pair.edited_by:
        lines.append(f":pencil2: Edited by {people([pair.edited_by])}")
    if replaced := replacements(pair.redactions):
        lines.append(f":shield: Replaced before it was stored: {replaced}")
    if pair.file_count:
        files, are = ("1 file", "is") if pair.file_count == 1 else (f"{pair.file_count} files", "are")
        lines.append(f":paperclip: {files} beside the answer {are} not learnt")
    if is_put_together(pair) and pair.status is PairStatus.CANDIDATE:
        lines.append(GUESS)
    return "\n".join(lines)


def decide(
    card: Card, *, after: Key | None = None, rivals: int = RIVALS_SHOWN, rival_limit: int = RIVAL_LIMIT
) -> list[Block]:
    """Return what there is to click. Beside a near-duplicate, approving is a choice between the two."""
    pressed = PairButton.of(card.pair, after=after).value
    shown = card.rivals[:rivals]
    blocks = [block for rival in shown for block in _against(card, rival, after, rival_limit)]
    if card.waits:
        buttons = [
            button("Approve", action_id=APPROVE, value=pressed, style="primary"),
            button("Edit", action_id=EDIT, value=pressed),
            button("Reject", action_id=REJECT, value=pressed, style="danger"),
        ]
        return [*blocks, actions(*buttons[1:] if shown else buttons)]
    by_click = card.who(Verdict.APPROVE, via=Via.CLICK) or card.who(Verdict.REJECT, via=Via.CLICK)
    is_undoable = card.pair.status in (PairStatus.APPROVED, PairStatus.REJECTED) and by_click
    return [*blocks, actions(button("Take back", action_id=TAKE_BACK, value=pressed))] if is_undoable else blocks


def people(user_ids: Iterable[str]) -> str:
    """Return people as mentions, the words of a sentence."""
    *most, last = [f"<@{one}>" if _USER.fullmatch(one) else escape(one) for one in user_ids if one] or ["somebody"]
    return f"{', '.join(most)} and {last}" if most else last


def beside(rival: Rival) -> str:
    """Return what is said above an approved answer to nearly the same question."""
    said = ":warning: *These two seem to disagree.*" if rival.disagrees else "*Nearly the same question.*"
    return f"{said} Approved by {people(rival.approved_by)}"


def _waiting(card: Card) -> str:
    pair = card.pair
    nominated, approved = card.who(Verdict.NOMINATE), card.who(Verdict.APPROVE)
    if pair.previous_question is not None:
        said = ":pencil2: *Changed since it was approved.* What went is struck out, what came is bold."
    elif pair.origin in (Origin.EXPORT, Origin.FILE) and not nominated:
        said = ":inbox_tray: *Is this a good answer?* It was found in an import."
    else:
        said = f":inbox_tray: *Is this a good answer?* Nominated by {people(nominated or approved)}."
    if approved and card.approvals_needed > 1:
        missing = card.approvals_needed - len(approved)
        said += f"\nApproved by {people(approved)}; {max(missing, 1)} more needed."
    return said


def _compared(title: str, before: str, after: str, limit: int) -> Block:
    return titled(title, after, limit) if before == after else changed(title, before, after, limit)


def _against(card: Card, rival: Rival, after: Key | None, limit: int) -> list[Block]:
    pressed = PairButton.of(card.pair, other_id=rival.pair.id, after=after).value
    return [
        section(f"{beside(rival)}{_link(rival.pair)}"),
        asked_and_answered(rival.pair.question, rival.pair.answer, question_limit=limit // 3, answer_limit=limit),
        actions(
            button("Replace it", action_id=REPLACE, value=pressed),
            button("Keep both", action_id=KEEP_BOTH, value=pressed),
            button("Discard this one", action_id=DISCARD, value=pressed, style="danger"),
        ),
    ]


def _others(rivals: Sequence[Rival]) -> str:
    return "another one" if len(rivals) == 1 else f"{len(rivals)} others"


def _link(pair: Pair) -> str:
    return f" · <{pair.permalink}|see it in Slack>" if re.match(r"https?://[^\s|>]+$", pair.permalink) else ""
