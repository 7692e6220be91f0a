"""Commands about answers to questions: one for its asker alone, when Timbre speaks where, what it could not answer."""

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.answering.gaps import Gaps
from bot.answering.sharing import Sharing
from bot.blocks import asking as blocks
from bot.blocks.answer import summary
from bot.slack.payloads import CommandCall
from bot.steering.commands import Command, NotAllowedError, RoleCheck, Said, UsageError, require_admin
from storage.audit import append
from storage.channels import Mode, modes, set_mode
from storage.database import Database

SPEAKS = {
    Mode.MENTION: "I answer here when I am mentioned, and in threads I take part in.",
    Mode.QUESTIONS: "I answer any question here that I know a good answer to, and stay quiet otherwise.",
    Mode.OFF: "I don't answer here any more.",
}


class AskingCommands:
    """`ask`, `channels` and `gaps`."""

    def __init__(
        self,
        database: Database,
        roles: RoleCheck,
        sharing: Sharing,
        gaps: Gaps,
        may_see: Callable[[str, str], bool],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._roles = roles
        self._sharing = sharing
        self._gaps = gaps
        self._may_see = may_see
        self._now = now

    def __iter__(self) -> Iterator[Command]:
        yield Command("ask", "ask QUESTION", "an answer that only you see", self._ask, is_slow=True)
        yield Command("gaps", "gaps", "what I could not answer (reviewers)", self._list_gaps, is_slow=True)
        yield Command("channels", "channels [mention|questions|off]", "when I speak here (admins)", self._channels)

    def _ask(self, call: CommandCall) -> Said:
        if not call.arguments:
            raise UsageError("Say what you want to know.")
        question = " ".join(call.arguments)  # redacted before it was kept
        answer = self._sharing.ask(
            question, team_id=call.team_id, channel_id=call.channel_id, user_id=call.user_id, key=call.key
        )
        first, *more = blocks.private(answer)
        return Said(summary(answer.text), first, more)

    def _channels(self, call: CommandCall) -> str:
        require_admin(self._roles, call)
        if not call.arguments:
            return self._listed(call)
        if len(call.arguments) > 1 or call.arguments[0].lower() not in list(Mode):
            raise UsageError("Say one of mention, questions and off.")
        if call.channel_id.startswith("D"):
            raise UsageError("Here I always answer. Type it in the channel that it is about.")
        mode, now = Mode(call.arguments[0].lower()), self._now()
        with self._database.writing() as session:
            set_mode(session, team_id=call.team_id, channel_id=call.channel_id, mode=mode, by=call.user_id, now=now)
            details = {"channel": call.channel_id, "mode": mode.value}
            append(session, team_id=call.team_id, actor=call.user_id, action="channel_mode", details=details, now=now)
        return SPEAKS[mode]

    def _listed(self, call: CommandCall) -> str:
        with self._database.reading() as session:
            known = modes(session, team_id=call.team_id)
        # A private channel is not for those who are not in it, not even by its name.
        lines = [
            f"<#{channel_id}>: `{mode.value}`"
            for channel_id, mode in known.items()
            if self._may_see(call.user_id, channel_id)
        ]
        return "\n".join([*lines, "Everywhere else: `mention`. Change it by typing the mode in a channel."])

    def _list_gaps(self, call: CommandCall) -> Said:
        if not self._roles.is_reviewer(call.user_id):
            raise NotAllowedError("Only reviewers see what I could not answer.")
        found = self._gaps.found(team_id=call.team_id, reader=call.user_id)
        return Said(blocks.gaps_summary(found), blocks.gaps(found))
