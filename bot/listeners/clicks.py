"""Buttons."""

import logging
import uuid
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, Respond

from bot.listeners.kept import kept_share
from bot.slack.asides import Asides
from bot.slack.payloads import ButtonClick, aside_of
from bot.slack.posting import Post
from bot.steering.deciding import DecisionClick, VoiceDecisions

logger = logging.getLogger(__name__)


class Clicks:
    """Decisions on a voice, and answers shared. What asks a model goes through the inbox, by `accept`."""

    def __init__(self, decisions: VoiceDecisions, accept: Callable[..., None], asides: Asides) -> None:
        self._decisions = decisions
        self._asides = asides
        self._accept = accept

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

    def share_answer(self, ack: Ack, body: dict[str, Any]) -> None:
        """Post somebody's own answer where they asked, as far as everybody there may read it."""
        click = ButtonClick.from_payload(body)
        self._accept(kept_share(click), event_id=f"share:{click.value}:{uuid.uuid4().hex}", team_id=click.team_id)
        ack()

    def failed(self, error: Exception, body: dict[str, Any]) -> None:
        """Log what no listener expected, never with what people wrote, and tell the person the id it is under."""
        error_id = uuid.uuid4().hex[:8]
        logger.error("listener failed, id %s, on %s", error_id, body.get("type") or body.get("command"), exc_info=error)
        if (aside := aside_of(body)) is not None:
            self._asides.tell(aside, [Post(f":warning: That didn't work. Please tell an admin `{error_id}`.", [])])

    def _decide(self, body: dict[str, Any], respond: Respond, act: Callable[[DecisionClick], str]) -> None:
        click = ButtonClick.from_payload(body)
        said = act(DecisionClick(int(click.value), click.team_id, click.user_id))
        respond(text=said, response_type="ephemeral", replace_original=False)
