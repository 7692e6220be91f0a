"""`/timbre`: each word it knows, in one table. Help and the listener are made from it."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.blocks.layout import Block
from bot.collecting.decisions import ReviewRefusedError
from bot.slack.mrkdwn import escape
from bot.slack.payloads import CommandCall
from bot.slack.posting import Post
from training.promotion import PromotionError
from training.runs import RunRefusedError


class RoleCheck(Protocol):
    """Who may do what, asked at the moment of the act."""

    def is_reviewer(self, user_id: str) -> bool: ...
    def is_admin(self, user_id: str) -> bool: ...


class NotAllowedError(Exception):
    """Somebody asked for what their role does not cover; the message says who may."""


class UsageError(Exception):
    """A command lacks something, or has something that is not understood; the message says what."""


@dataclass(frozen=True)
class Said:
    """What a command answers, for its user alone. `more`: the blocks of further messages."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    more: Sequence[list[Block]] = ()

    @property
    def posts(self) -> list[Post]:
        return [Post(self.text, blocks) for blocks in (self.blocks, *self.more)]


@dataclass(frozen=True)
class Command:
    """One word after `/timbre`."""

    name: str
    usage: str
    about: str
    run: Callable[[CommandCall], "str | Said"]
    is_slow: bool = False
    """Whether a model is asked, so that it must not hold up what Slack wants acknowledged."""


HELP = Command("help", "help", "what I understand", lambda _: "")
HOW = (
    "Ask me by mentioning me. React with :white_check_mark: to a good answer: where a reviewer does, I learn from it, "
    "and anybody else's nominates it."
)


class Steering:
    """Carries out what people ask of Timbre by a slash command."""

    def __init__(self, *topics: Iterable[Command]) -> None:
        self._commands = {command.name: command for topic in ((HELP,), *topics) for command in topic}

    def run(self, call: CommandCall) -> Said:
        """Carry out a slash command and return the answer for its user alone."""
        if call.name == HELP.name:
            return Said(self._help())
        command = self._commands.get(call.name)
        if command is None:
            return Said(self._unknown(call.name))
        try:
            said = command.run(call)
            return said if isinstance(said, Said) else Said(said)
        except UsageError as err:
            return Said(f"{escape(str(err))}\nIt goes `/timbre {command.usage}`: {command.about}.")
        except (NotAllowedError, PromotionError, RunRefusedError, ReviewRefusedError) as err:
            return Said(escape(str(err)))

    def is_slow(self, call: CommandCall) -> bool:
        """Return whether a command is carried out apart from the quick ones."""
        command = self._commands.get(call.name)
        return command is not None and command.is_slow

    def _help(self) -> str:
        lines = [f"`/timbre {command.usage}` {command.about}" for command in self._commands.values()]
        return "\n".join([HOW, *lines])

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._commands, n=1)
        hint = f" Did you mean `/timbre {near[0]}`?" if near else " `/timbre help` lists what I know."
        return f"I don't know `/timbre {escape(name)}`.{hint}"


def require_admin(roles: RoleCheck, call: CommandCall) -> None:
    """Raise `NotAllowedError` unless an admin calls."""
    if not roles.is_admin(call.user_id):
        raise NotAllowedError(f"Only admins may `/timbre {call.name}`.")
