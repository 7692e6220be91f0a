"""The slash command."""

import logging
import uuid
from concurrent.futures import Executor
from typing import Any

from slack_bolt import Ack, Respond

from bot.blocks import answer as blocks
from bot.slack.memberships import UnreadableError
from bot.slack.payloads import CommandCall
from bot.steering.commands import Steering
from training.voices import VoiceServerError

logger = logging.getLogger(__name__)


class SlashCommands:
    """`/timbre …`. What asks a model is carried out in the threads of `slow`."""

    def __init__(self, steering: Steering, slow: Executor) -> None:
        self._steering = steering
        self._slow = slow

    def timbre(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Carry out a command and tell its user alone."""
        ack()
        call = CommandCall.from_payload(body)
        if self._steering.is_slow(call):
            self._slow.submit(self._run_slow, call, respond)
        else:
            self._run(call, respond)

    def _run(self, call: CommandCall, respond: Respond) -> None:
        said = self._steering.run(call)
        respond(text=said.text, blocks=said.blocks or None, response_type="ephemeral")

    def _run_slow(self, call: CommandCall, respond: Respond) -> None:
        """Carry a command out where no listener of Bolt's would say that it failed."""
        try:
            self._run(call, respond)
        except Exception as err:
            error_id = uuid.uuid4().hex[:8]
            expected = isinstance(err, VoiceServerError | UnreadableError)
            logger.error("/timbre %s failed, id %s: %s", call.name, error_id, type(err).__name__, exc_info=not expected)
            respond(text=blocks.failure_text(error_id), response_type="ephemeral")
