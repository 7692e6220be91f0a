"""Buttons."""

import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from slack_bolt import Ack, Respond

from bot.answering.sharing import ShareRefusedError, Sharing
from bot.blocks.answer import failure_text
from bot.slack.payloads import ButtonClick
from bot.steering.deciding import DecisionClick, VoiceDecisions

logger = logging.getLogger(__name__)

SHARED = "Shared."
SHARED_ANEW = (
    "Shared. Not everybody here may read all your answer rested on, so I wrote another one from what they may."
)


class Clicks:
    """Decisions on a voice, and answers shared. What asks a model runs in the threads of `slow`."""

    def __init__(self, decisions: VoiceDecisions, sharing: Sharing, slow: Executor) -> None:
        self._decisions = decisions
        self._sharing = sharing
        self._slow = slow

    def approve_voice(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Approve the voice of a ballot."""
        ack()
        self._decide(body, respond, self._decisions.approve)

    def reject_voice(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Reject the voice of a ballot."""
        ack()
        self._decide(body, respond, self._decisions.reject)

    def ask_for_votes(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Have one more person look at the voice of a ballot."""
        ack()
        self._decide(body, respond, self._decisions.ask_for_votes)

    def share_answer(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Post somebody's own answer where they asked, as far as everybody there may read it."""
        ack()
        click = ButtonClick.from_payload(body)
        self._slow.submit(self._share, click, respond)

    def _share(self, click: ButtonClick, respond: Respond) -> None:
        try:
            is_new = self._sharing.share(int(click.value), by=click.user_id)
            said = SHARED_ANEW if is_new else SHARED
        except ShareRefusedError as err:
            said = str(err)
        except Exception as err:  # noqa: BLE001 (whatever it was, the person must not be left waiting)
            error_id = uuid.uuid4().hex[:8]
            logger.error("answer %s could not be shared, id %s: %s", click.value, error_id, type(err).__name__)
            said = failure_text(error_id)
        respond(text=said, response_type="ephemeral", replace_original=False)

    def failed(self, error: Exception, body: dict[str, Any], respond: Respond) -> None:
        """Log what no listener expected, never with what people wrote, and tell the person the id it is under."""
        error_id = uuid.uuid4().hex[:8]
        logger.error("listener failed, id %s, on %s", error_id, body.get("type") or body.get("command"), exc_info=error)
        if "response_url" in body:
            respond(text=f":warning: That didn't work. Please tell an admin `{error_id}`.", replace_original=False)

    def _decide(self, body: dict[str, Any], respond: Respond, act: Callable[[DecisionClick], str]) -> None:
        click = ButtonClick.from_payload(body)
        said = act(DecisionClick(int(click.value), click.team_id, click.user_id))
        respond(text=said, response_type="ephemeral", replace_original=False)
