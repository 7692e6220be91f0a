"""What one person alone is told, by whichever way Slack still takes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from slack_bolt import Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.blocks.layout import context, section
from bot.slack.posting import TROUBLE, Post, Poster

logger = logging.getLogger(__name__)

EXPIRED = "expired_url"

Way = Callable[[Post], None]


class NotTakenError(SlackClientError):
    """Slack does not take what is said at a `response_url`; `says` is its answer."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(f"the response_url answers {status}")
        self.says = says


@dataclass(frozen=True)
class Aside:
    """To whom something is said, and where: directly, where `channel_id` is empty.

    `response_url`: Slack takes five answers there within half an hour, even where Timbre is not. `about`: what
    stands above it in another place, as mrkdwn.
    """

    channel_id: str
    user_id: str
    response_url: str = ""
    thread_ts: str = ""
    about: str = ""


class Asides:
    """Says things where they were asked for, or, where that can't be done any more, in a direct message."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._poster = Poster(client)

    def tell(self, aside: Aside, posts: Sequence[Post]) -> None:
        """Say one thing after the other. Raises what a call to Slack may end in, where no way is left."""
        ways = self._ways(aside)
        for post in posts:
            _say(post, ways)

    def _ways(self, aside: Aside) -> list[Way]:
        about = [aside.about] if aside.about else []

        def write(post: Post) -> None:
            self._write(aside.user_id, post, about)
            about.clear()

        at_url: list[Way] = [lambda post: self._respond(aside, post)] if aside.response_url else []
        in_place: list[Way] = [lambda post: self._whisper(aside, post)] if aside.channel_id else []
        return [*at_url, *in_place, write]

    def _respond(self, aside: Aside, post: Post) -> None:
        respond = Respond(response_url=aside.response_url, proxy=self._client.proxy, ssl=self._client.ssl)
        answer = respond(
            text=post.text,
            blocks=post.blocks or None,
            response_type="ephemeral",
            replace_original=False,
            thread_ts=aside.thread_ts or None,
        )
        if answer.status_code != HTTPStatus.OK:
            raise NotTakenError(answer.status_code, answer.body)

    def _whisper(self, aside: Aside, post: Post) -> None:
        self._client.chat_postEphemeral(
            channel=aside.channel_id,
            user=aside.user_id,
            text=post.text,
            blocks=post.blocks or None,
            thread_ts=aside.thread_ts or None,
        )

    def _write(self, user_id: str, post: Post, about: Sequence[str]) -> None:
        blocks = [*map(context, about), *(post.blocks or [section(post.text)])]
        self._poster.post(user_id, key=None, text=post.text, blocks=blocks)


def _say(post: Post, ways: list[Way]) -> None:
    """Say something by the first way that Slack takes; one that it does not is not tried again."""
    while len(ways) > 1:
        try:
            ways[0](post)
        except TROUBLE as err:
            logger.info("what one person is told goes another way: %s", type(err).__name__)
            del ways[0]
            if isinstance(err, NotTakenError) and EXPIRED in err.says:
                ways.reverse()  # half an hour later they may not be looking, and what only they see is not kept
        else:
            return
    ways[0](post)
