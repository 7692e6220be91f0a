"""The slash command."""

from typing import Any

from slack_bolt import Ack, Respond

from bot.slack.payloads import CommandCall
from bot.steering.commands import Steering


class SlashCommands:
    """`/timbre …`"""

    def __init__(self, steering: Steering) -> None:
        self._steering = steering

    def timbre(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Carry out a command and tell its user alone."""
        ack()
        said = self._steering.run(CommandCall.from_payload(body))
        respond(text=said.text, blocks=said.blocks or None, response_type="ephemeral")
