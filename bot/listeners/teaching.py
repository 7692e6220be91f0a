"""The modal: opened from a message's menu or an Edit button, sent off to approve or nominate."""

import logging
import uuid
from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.blocks import teaching as blocks
from bot.blocks.layout import Block
from bot.blocks.pair_button import PairButton
from bot.collecting.decisions import ReviewRefusedError
from bot.collecting.lessons import FieldRefusedError, Lessons, Topic
from bot.listeners.reviewing import Reviewing
from bot.slack.payloads import ReviewClick, ShortcutCall, Submission

logger = logging.getLogger(__name__)


class Teaching:
    """Slack waits three seconds for a modal: it is opened first, and filled once the conversation is read."""

    def __init__(self, client: WebClient, lessons: Lessons, reviewing: Reviewing) -> None:
        self._client = client
        self._lessons = lessons
        self._reviewing = reviewing

    def shortcut(self, ack: Ack, body: dict[str, Any]) -> None:
        """Show the answer that somebody points at."""
        ack()
        call = ShortcutCall.from_payload(body)
        view_id = self._client.views_open(trigger_id=call.trigger_id, view=blocks.reading())["view"]["id"]
        self._client.views_update(view_id=view_id, view=self._view(call))

    def edit(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Show a pair that waits, to be edited."""
        ack()
        click = ReviewClick.from_payload(body)
        pressed = PairButton.from_value(click.value)
        try:
            lesson, topic = self._lessons.about_pair(
                pressed, by=click.user_id, surface=click.surface, response_url=click.response_url
            )
        except ReviewRefusedError as err:
            self._reviewing.draw(click.surface, click.user_id, respond, after=pressed.after, note=str(err))
        else:
            self._client.views_open(trigger_id=click.trigger_id, view=blocks.lesson(lesson, metadata=topic.text))

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """Approve or nominate; what is wrong is said in the modal, and nothing typed is lost."""
        sent = Submission.from_payload(body)
        topic = Topic.from_text(sent.metadata)
        try:
            self._lessons.submit(topic, sent.typed, team_id=sent.team_id, by=sent.user_id)
        except FieldRefusedError as err:
            ack(response_action="errors", errors=err.errors)
        except ReviewRefusedError as err:
            self._refuse(ack, sent, str(err))
        else:
            ack()
            self._draw(topic, sent.user_id)

    def _view(self, call: ShortcutCall) -> Block:
        try:
            lesson, topic = self._lessons.about_message(
                team_id=call.team_id, channel_id=call.channel_id, message_ts=call.message_ts, by=call.user_id
            )
        except ReviewRefusedError as err:
            return blocks.refused(str(err))
        except Exception:
            error_id = uuid.uuid4().hex[:8]
            logger.exception("the answer could not be shown, id %s", error_id)
            return blocks.refused(f"That didn't work. Please tell an admin `{error_id}`.")
        return blocks.lesson(lesson, metadata=topic.text)

    def _refuse(self, ack: Ack, sent: Submission, why: str) -> None:
        """Say why at the last field, or in place of a view that has none."""
        if sent.typed:
            ack(response_action="errors", errors={list(sent.typed)[-1]: why})
        else:
            ack(response_action="update", view=blocks.refused(why))

    def _draw(self, topic: Topic, user_id: str) -> None:
        if topic.surface:
            respond = Respond(response_url=topic.response_url or None)
            note = "" if topic.surface == "card" else "Approved as you edited it."
            self._reviewing.draw(topic.surface, user_id, respond, after=topic.after, note=note)
