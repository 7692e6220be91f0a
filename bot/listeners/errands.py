"""What people wait for a model to do: kept like a question until it is done, so that nobody is left without a word."""

import logging
import uuid
from typing import Any

from bot.answering.sharing import ShareRefusedError, Sharing
from bot.blocks.answer import failure, failure_text
from bot.slack.asides import Aside, Asides
from bot.slack.memberships import UnreadableError
from bot.slack.mrkdwn import escape, shorten
from bot.slack.payloads import CommandCall
from bot.slack.posting import Post
from bot.steering.commands import Steering
from training.voices import VoiceServerError

logger = logging.getLogger(__name__)

SHARED = "Shared."
SHARED_ANEW = (
    "Shared. Not everybody here may read all your answer rested on, so I wrote another one from what they may."
)
ABOUT_LIMIT = 60
"""Characters of a command that stand above what is said about it in another place: the message may be full."""


class Errands:
    """Each method takes what was kept, and the team's id, and tells whoever asked what became of it, once it is done.

    What Slack does not let it tell just now, it raises, and is done again later.
    """

    def __init__(self, steering: Steering, sharing: Sharing, asides: Asides) -> None:
        self._steering = steering
        self._sharing = sharing
        self._asides = asides

    def command(self, kept: dict[str, Any], team_id: str) -> None:
        """Carry out a slash command that takes a while."""
        call = CommandCall.from_kept(kept, team_id=team_id)
        try:
            posts = self._steering.run(call).posts
        except Exception as err:  # noqa: BLE001 (whatever it was, the person must not be left waiting)
            posts = [_failed(f"/timbre {call.name}", err)]
        self._asides.tell(_aside(kept, about=typed(call)), posts)

    def share(self, kept: dict[str, Any], _team_id: str) -> None:
        """Post somebody's own answer where they asked, as far as everybody there may read it."""
        try:
            is_new = self._sharing.share(kept["answer_id"], by=kept["user"])
            said = Post(SHARED_ANEW if is_new else SHARED, [])
        except ShareRefusedError as err:
            said = Post(str(err), [])
        except Exception as err:  # noqa: BLE001 (whatever it was, the person must not be left waiting)
            said = _failed(f"sharing answer {kept['answer_id']}", err)
        self._asides.tell(_aside(kept, about=f"Your answer in <#{kept['channel']}>"), [said])


def typed(call: CommandCall) -> str:
    """Return what was typed, shortened, and where, for whoever is told in another place what came of it."""
    words = shorten(" ".join(("/timbre", call.name, *call.arguments)), ABOUT_LIMIT)
    return f"`{escape(words.replace('`', ' '))}` in <#{call.channel_id}>"


def _aside(kept: dict[str, Any], *, about: str) -> Aside:
    return Aside(kept["channel"], kept["user"], kept["response_url"], about=about)


def _failed(what: str, err: Exception) -> Post:
    error_id = uuid.uuid4().hex[:8]
    expected = isinstance(err, VoiceServerError | UnreadableError)
    logger.error("%s failed, id %s: %s", what, error_id, type(err).__name__, exc_info=not expected)
    return Post(failure_text(error_id), failure(error_id))
