"""Commands about answers: what waits for a review, and whose words are not collected."""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.blocks import queue as blocks
from bot.collecting.people import Erased, People
from bot.collecting.queue import Queue
from bot.slack.payloads import CommandCall
from bot.steering.commands import Command, RoleCheck, Said, UsageError, require_admin

MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class Names(Protocol):
    """What people are called."""

    def names(self) -> Sequence[str]: ...


class CollectingCommands:
    """`review`, `opt-out`, `opt-in` and `forget`."""

    def __init__(self, roles: RoleCheck, queue: Queue, people: People, directory: Names, *, bot_user_id: str) -> None:
        self._roles = roles
        self._queue = queue
        self._people = people
        self._directory = directory
        self._bot_user_id = bot_user_id

    def __iter__(self) -> Iterator[Command]:
        yield Command("review", "review", "the answers that wait for a review (reviewers)", self._review)
        yield Command("opt-out", "opt-out", "erase what I learnt from you and collect nothing more", self._opt_out)
        yield Command("opt-in", "opt-in", "let me learn from you again", self._opt_in)
        yield Command("forget", "forget @PERSON", "erase what somebody asked and answered (admins)", self._forget)

    def _review(self, call: CommandCall) -> Said:
        page = self._queue.page(call.user_id)
        return Said(blocks.summary(page), blocks.queue(page))

    def _opt_out(self, call: CommandCall) -> str:
        if call.arguments:  # what is erased does not come back, so a slip must not erase the wrong person's
            raise UsageError("It is about you alone. An admin erases somebody else's with `/timbre forget @PERSON`.")
        if self._people.has_opted_out(team_id=call.team_id, user_id=call.user_id):
            return "You opted out before: nothing of yours is collected. `/timbre opt-in` undoes it."
        return opted_out(self._people.opt_out(team_id=call.team_id, user_id=call.user_id))

    def _opt_in(self, call: CommandCall) -> str:
        if self._people.opt_in(team_id=call.team_id, user_id=call.user_id):
            return "I learn from you again. What was erased stays erased."
        return "You had not opted out: nothing changed."

    def _forget(self, call: CommandCall) -> str:
        require_admin(self._roles, call)
        user_id = self._person(call.arguments)
        erased = self._people.forget(team_id=call.team_id, user_id=user_id, by=call.user_id)
        return (
            f"I erased {_count(erased.pairs, 'answer')} and {_count(erased.questions, 'question')} of <@{user_id}>, "
            f"and collect nothing of theirs from now on.{_voices(erased)}"
        )

    def _person(self, arguments: tuple[str, ...]) -> str:
        if len(arguments) != 1:
            raise UsageError("Say whom to forget, one person at a time.")
        if match := MENTION.fullmatch(arguments[0]):
            if match[1] == self._bot_user_id:
                raise UsageError("That is me, and I learn nothing from what I say myself. Say which person to forget.")
            return match[1]
        typed = arguments[0].removeprefix("@").lower()
        near = difflib.get_close_matches(typed, self._directory.names(), n=1)
        hint = f" Did you mean @{near[0]}?" if near else " Type @ and choose somebody."
        raise UsageError(f"I know nobody called {arguments[0]}.{hint}")


def opted_out(erased: Erased) -> str:
    """Return what somebody who opted out is told."""
    return (
        f"You are opted out: I erased {_count(erased.pairs, 'answer')} that you asked for or gave, and collect nothing "
        f"of yours from now on. `/timbre opt-in` undoes it for what comes.{_voices(erased)}"
    )


def _voices(erased: Erased) -> str:
    if not erased.voices:
        return " No voice had learnt from them."
    *most, last = (f"*{name}*" for name in erased.voices)
    names = f"{', '.join(most)} and {last}" if most else last
    return f"\n:warning: {names} learnt from them: an admin can retrain, or roll back to a voice that did not."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
