"""Buttons about pairs: on review cards, in the queue, and on App Home."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, Respond

from bot.blocks import queue as blocks
from bot.blocks.pair_button import Key, PairButton, key_of
from bot.collecting.decisions import Decisions, ReviewRefusedError
from bot.collecting.queue import Queue
from bot.listeners.home import Home
from bot.slack.mrkdwn import escape
from bot.slack.payloads import ReviewClick, Surface
from storage.pairs import Pair, PairStatus
from storage.twins import TwinDecision

NOTES = {
    PairStatus.APPROVED: "Approved.",
    PairStatus.REJECTED: "Rejected.",
    PairStatus.REPLACED: "Done: the other answer is used.",
    PairStatus.CANDIDATE: "Noted. It needs more reviewers.",
    PairStatus.WITHDRAWN: "Taken back.",
}


class Reviewing:
    """Each button is one decision; where it was pressed is drawn again. Cards follow by themselves."""

    def __init__(self, decisions: Decisions, queue: Queue, home: Home) -> None:
        self._decisions = decisions
        self._queue = queue
        self._home = home

    def approve(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Approve a pair."""
        ack()
        self._decide(body, respond, lambda on, by: self._decisions.approve(on.shown, by=by), is_undoable=True)

    def reject(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Reject a pair."""
        ack()
        self._decide(body, respond, lambda on, by: self._decisions.reject(on.shown, by=by), is_undoable=True)

    def take_back(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Take back what this person decided."""
        ack()
        self._decide(body, respond, lambda on, by: self._decisions.take_back(on.pair_id, by=by))

    def replace(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Use a pair in place of the approved one it resembles."""
        ack()
        self._choose(body, respond, TwinDecision.REPLACE)

    def keep_both(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Use a pair beside the approved one it resembles."""
        ack()
        self._choose(body, respond, TwinDecision.KEEP_BOTH)

    def discard(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Use the approved pair, and not the one that resembles it."""
        ack()
        self._choose(body, respond, TwinDecision.DISCARD)

    def turn(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Show another page of the queue."""
        ack()
        click = ReviewClick.from_payload(body)
        self.draw(click.surface, click.user_id, respond, after=key_of(click.value))

    def approve_all(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Approve what a page shows."""
        ack()
        self._decide_all(body, respond, approve=True)

    def reject_all(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Reject what a page shows."""
        ack()
        self._decide_all(body, respond, approve=False)

    def take_back_all(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Take back what this person just decided in the queue."""
        ack()
        click = ReviewClick.from_payload(body)
        pressed = [PairButton.from_value(value) for value in click.value.split(",")]
        note = self._queue.take_back(pressed, by=click.user_id)
        self.draw(click.surface, click.user_id, respond, after=pressed[0].after, note=note)

    def draw(
        self,
        surface: str,
        user_id: str,
        respond: Respond,
        *,
        after: Key | None,
        note: str = "",
        undo: tuple[PairButton, ...] = (),
    ) -> None:
        """Show what somebody looks at as it is now, with a word on what they just did, and a way back."""
        if surface == Surface.HOME:
            self._home.publish(user_id, after=after, note=note, undo=undo)
        elif surface == Surface.QUEUE:
            self._draw_queue(user_id, respond, after, note, undo)
        elif note:
            respond(text=escape(note), response_type="ephemeral", replace_original=False)

    def _draw_queue(
        self, user_id: str, respond: Respond, after: Key | None, note: str, undo: tuple[PairButton, ...]
    ) -> None:
        try:
            page = self._queue.page(user_id, after=after, note=note, undo=undo)
        except ReviewRefusedError as err:
            respond(text=escape(str(err)), replace_original=True)
        else:
            respond(text=blocks.summary(page), blocks=blocks.queue(page), replace_original=True)

    def _choose(self, body: dict[str, Any], respond: Respond, decision: TwinDecision) -> None:
        self._decide(body, respond, lambda on, by: self._decisions.choose(on.shown, on.other_id, decision, by=by))

    def _decide(
        self,
        body: dict[str, Any],
        respond: Respond,
        act: Callable[[PairButton, str], Pair],
        *,
        is_undoable: bool = False,
    ) -> None:
        click = ReviewClick.from_payload(body)
        pressed = PairButton.from_value(click.value)
        undo: tuple[PairButton, ...] = (pressed,) if is_undoable else ()
        try:
            pair = act(pressed, click.user_id)
            note = "" if click.surface is Surface.CARD else NOTES.get(pair.status, "")
        except ReviewRefusedError as err:
            note, undo = str(err), ()
        self.draw(click.surface, click.user_id, respond, after=pressed.after, note=note, undo=undo)

    def _decide_all(self, body: dict[str, Any], respond: Respond, *, approve: bool) -> None:
        click = ReviewClick.from_payload(body)
        pressed = [PairButton.from_value(value) for value in click.value.split(",")]
        note, done = self._queue.decide(pressed, approve=approve, by=click.user_id)
        self.draw(click.surface, click.user_id, respond, after=pressed[0].after, note=note, undo=done)
