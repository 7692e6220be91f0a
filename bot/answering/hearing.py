"""Whether what somebody says in a channel, without mentioning Timbre, is a question for it. In doubt it is not."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.collecting.exchanges import is_question
from bot.slack.messages import SlackMessage
from storage.answers import askers_in_thread
from storage.channels import Mode, mode_of
from storage.database import Database

_TO_OTHERS = re.compile(r"<[@!][^>]*>|(?<!\w)@(?:channel|here|everyone)\b")


@dataclass(frozen=True)
class Heard:
    """A message in a channel, as Slack wrote it."""

    channel_id: str
    ts: str
    thread_ts: str
    text: str

    @property
    def is_reply(self) -> bool:
        return self.thread_ts != self.ts


class Hearing:
    """`thread_of` reads a thread from Slack."""

    def __init__(
        self,
        database: Database,
        thread_of: Callable[[str, str], Sequence[SlackMessage]],
        *,
        team_id: str,
        bot_user_id: str,
    ) -> None:
        self._database = database
        self._thread_of = thread_of
        self._team_id = team_id
        self._bot_user_id = bot_user_id

    def may_concern(self, heard: Heard) -> bool:
        """Return whether a message is worth a closer look; what mentions anybody is for them, or comes as a mention."""
        if _TO_OTHERS.search(heard.text) or not is_question(heard.text):
            return False
        with self._database.reading() as session:
            mode = mode_of(session, team_id=self._team_id, channel_id=heard.channel_id)
            if heard.is_reply:
                thread = {"channel_id": heard.channel_id, "thread_ts": heard.thread_ts}
                return mode is not Mode.OFF and bool(askers_in_thread(session, team_id=self._team_id, **thread))
        return mode is Mode.QUESTIONS

    def is_follow_up(self, channel_id: str, thread_ts: str, ts: str, *, by: str) -> bool:
        """Return whether a question in a thread is put to Timbre: whoever asks it follows on what Timbre said."""
        with self._database.reading() as session:
            askers = askers_in_thread(session, team_id=self._team_id, channel_id=channel_id, thread_ts=thread_ts)
        before = [one for one in self._thread_of(channel_id, thread_ts) if one.ts < ts and not one.is_notice]
        return follows_on(before, by=by, askers=askers, bot_user_id=self._bot_user_id)

    def is_off(self, channel_id: str) -> bool:
        """Return whether Timbre does not speak in a channel."""
        with self._database.reading() as session:
            return mode_of(session, team_id=self._team_id, channel_id=channel_id) is Mode.OFF


def follows_on(before: Sequence[SlackMessage], *, by: str, askers: Collection[str], bot_user_id: str) -> bool:
    """Return whether nobody else has spoken since Timbre did; who has not asked it before must speak right after it."""
    for message in reversed(before):
        if message.user_id == bot_user_id:
            return True
        if message.user_id != by or by not in askers:
            return False
    return False
