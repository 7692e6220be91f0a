"""What the playground says no with."""

from typing import Any


class PlaygroundError(Exception):
    """The playground cannot start or go on; the message is for the operator and says what to do."""


class SlackError(Exception):
    """A refusal in Slack's words: `code` is what a bot reads in `error`, `hint` is what a person reads."""

    def __init__(self, code: str, hint: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint
        self.extra = extra
