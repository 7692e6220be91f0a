"""The modal: opened from a message's menu or an Edit button, sent off to approve or nominate."""

from typing import Any

from slack_bolt import Ack, Respond

from bot.blocks import teaching as blocks
from bot.blocks.layout import Block
from bot.blocks.pair_button import PairButton
from bot.collecting.decisions import ReviewRefusedError
from bot.collecting.lessons import Lessons, Topic
from bot.listeners.modals import Modals, Outcome, Words
from bot.listeners.reviewing import Reviewing
from bot.slack.payloads import ReviewClick, ShortcutCall, Submission

WORDS = Words(blocks.TITLES[True], "the conversation", "Done.")


class Teaching:
    """What somebody points at is shown in a modal, and what it is sent off for is drawn where it was opened."""

    def __init__(self, modals: Modals, lessons: Lessons, reviewing: Reviewing) -> None:
        self._modals = modals
        self._lessons = lessons
        self._reviewing = reviewing

    def shortcut(self, ack: Ack, body: dict[str, Any]) -> None:
        """Show the answer that somebody points at."""
        ack()
        call = ShortcutCall.from_payload(body)
        self._modals.open(call.trigger_id, WORDS, lambda: self._view(call))

    def edit(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Show a pair that waits, to be edited."""
        ack()
        click = ReviewClick.from_payload(body)
        self._modals.open(click.trigger_id, WORDS, lambda: self._pair(click, respond))

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """Approve or nominate."""
        sent = Submission.from_payload(body)
        topic = Topic.from_text(sent.metadata)

        def teach() -> None:
            self._lessons.submit(topic, sent.typed, team_id=sent.team_id, by=sent.user_id)

        if self._modals.decide(ack, sent, WORDS, teach) is not Outcome.REFUSED:
            self._draw(topic, sent.user_id)

    def _view(self, call: ShortcutCall) -> Block:
        lesson, topic = self._lessons.about_message(
            team_id=call.team_id, channel_id=call.channel_id, message_ts=call.message_ts, by=call.user_id
        )
        return blocks.lesson(lesson, metadata=topic.text)

    def _pair(self, click: ReviewClick, respond: Respond) -> Block:
        pressed = PairButton.from_value(click.value)
        try:
            lesson, topic = self._lessons.about_pair(
                pressed, by=click.user_id, surface=click.surface, response_url=click.response_url
            )
        except ReviewRefusedError:
            self._reviewing.draw(click.surface, click.user_id, respond, after=pressed.after)
            raise
        return blocks.lesson(lesson, metadata=topic.text)

    def _draw(self, topic: Topic, user_id: str) -> None:
        if topic.surface:
            respond = Respond(response_url=topic.response_url or None)
            note = "" if topic.surface == "card" else "Approved as you edited it."
            self._reviewing.draw(topic.surface, user_id, respond, after=topic.after, note=note)
