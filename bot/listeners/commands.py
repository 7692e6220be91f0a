"""The slash command."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack

from bot.listeners.errands import typed
from bot.listeners.kept import kept_command
from bot.slack.asides import Aside, Asides
from bot.slack.payloads import CommandCall
from bot.steering.commands import Steering


class SlashCommands:
    """`/timbre …`. What asks a model goes through the inbox, by `accept`: that takes longer than a stop waits for."""

    def __init__(self, steering: Steering, accept: Callable[..., None], asides: Asides, *, phone_region: str) -> None:
        self._steering = steering
        self._accept = accept
        self._asides = asides
        self._phone_region = phone_region

    def timbre(self, ack: Ack, body: dict[str, Any]) -> None:
        """Carry out a command and tell its user alone."""
        call = CommandCall.from_payload(body)
        if self._steering.is_slow(call):
            kept = kept_command(call, response_url=body["response_url"], region=self._phone_region)
            self._accept(kept, event_id=f"command:{call.key}", team_id=call.team_id)
            ack()
        else:
            ack()
            aside = Aside(call.channel_id, call.user_id, body["response_url"], about=typed(call))
            self._asides.tell(aside, self._steering.run(call).posts)
