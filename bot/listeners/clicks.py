"""Buttons."""

import logging
import uuid
from typing import Any

from slack_bolt import Ack, Respond

from bot.answering.questions import Questions
from bot.slack.payloads import ButtonClick
from bot.steering.voices import VoiceCommands

logger = logging.getLogger(__name__)


class Clicks:
    """Decisions on a voice, thumbs on an answer."""

    def __init__(self, voices: VoiceCommands, questions: Questions) -> None:
        self._voices = voices
        self._questions = questions

    def approve_voice(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Approve the voice of a ballot."""
        ack()
        self._decide(body, respond, approve=True)

    def reject_voice(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Reject the voice of a ballot."""
        ack()
        self._decide(body, respond, approve=False)

    def rate_answer(self, ack: Ack, body: dict[str, Any]) -> None:
        """Record a thumb."""
        ack()
        click = ButtonClick.from_payload(body)
        answer_id, value = (int(part) for part in click.value.split(":"))
        self._questions.rate(answer_id, user_id=click.user_id, value=value)

    def failed(self, error: Exception, body: dict[str, Any], respond: Respond) -> None:
        """Log what no listener expected, never with what people wrote, and tell the person the id it is under."""
        error_id = uuid.uuid4().hex[:8]
        logger.error("listener failed, id %s, on %s", error_id, body.get("type") or body.get("command"), exc_info=error)
        if "response_url" in body:
            respond(text=f":warning: That didn't work. Please tell an admin `{error_id}`.", replace_original=False)

    def _decide(self, body: dict[str, Any], respond: Respond, *, approve: bool) -> None:
        click = ButtonClick.from_payload(body)
        said = self._voices.decide(int(click.value), approve=approve, by=click.user_id)
        respond(text=said, response_type="ephemeral", replace_original=False)
