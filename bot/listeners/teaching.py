"""The modal: opened from a message's menu or an Edit button, sent off to approve or nominate."""

import logging
import uuid
from concurrent.futures import Executor, wait
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

PATIENCE_S = 1.5
"""How long a modal that was sent off is kept waiting while Slack is asked: it waits for three seconds itself."""


class Teaching:
    """Slack waits three seconds for a modal: it is opened first, and filled once the conversation is read.

    What is sent off is decided in the threads of `slow`.
    """

    def __init__(self, client: WebClient, lessons: Lessons, reviewing: Reviewing, slow: Executor) -> None:
        self._client = client
        self._lessons = lessons
        self._reviewing = reviewing
        self._slow = slow

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
        decided = self._slow.submit(self._decide, topic, sent)
        if wait([decided], timeout=PATIENCE_S).done:
            refusal = decided.result()
            ack(**(_inline(refusal, sent) if refusal else {}))
        else:
            ack(response_action="update", view=blocks.deciding())
            refusal = decided.result()
            view = blocks.refused(" ".join(refusal.values()), typed=sent.typed) if refusal else blocks.decided()
            self._client.views_update(view_id=sent.view_id, view=view)
        if not refusal:
            self._draw(topic, sent.user_id)

    def _decide(self, topic: Topic, sent: Submission) -> dict[str, str]:
        """Return why what was sent off can't be taken, by field; nothing where it was."""
        try:
            self._lessons.submit(topic, sent.typed, team_id=sent.team_id, by=sent.user_id)
        except FieldRefusedError as err:
            return err.errors
        except ReviewRefusedError as err:
            return {list(sent.typed)[-1] if sent.typed else "": str(err)}
        except Exception:
            error_id = uuid.uuid4().hex[:8]
            logger.exception("what was taught could not be stored, id %s", error_id)
            return {list(sent.typed)[-1] if sent.typed else "": f"That didn't work. Please tell an admin {error_id}."}
        return {}

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

    def _draw(self, topic: Topic, user_id: str) -> None:
        if topic.surface:
            respond = Respond(response_url=topic.response_url or None)
            note = "" if topic.surface == "card" else "Approved as you edited it."
            self._reviewing.draw(topic.surface, user_id, respond, after=topic.after, note=note)


def _inline(refusal: dict[str, str], sent: Submission) -> dict[str, Any]:
    """Return what has the modal say why: at its fields, or in place of a view that has none."""
    if sent.typed:
        return {"response_action": "errors", "errors": refusal}
    return {"response_action": "update", "view": blocks.refused(" ".join(refusal.values()))}
