"""What training has to say is posted in the review channel, from the outbox, once."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from slack_sdk.errors import SlackApiError

from bot.blocks import notices as blocks
from bot.blocks import report as report_blocks
from bot.slack.conversations import Conversations
from bot.slack.posting import Post, Poster
from storage import outbox
from storage.ballots import BallotStatus, get_ballot
from storage.database import Database
from storage.runs import get_run, list_runs

logger = logging.getLogger(__name__)


TEXTS = {
    "deployed": blocks.deployed_text,
    "run_failed": blocks.failed_text,
    "refused": blocks.refused_text,
    "votes_wanted": blocks.votes_wanted_text,
}

Renderer = Callable[[outbox.Notice], Post]
Chore = Callable[[outbox.Notice], None]


class ChannelMissingError(RuntimeError):
    """The bot can't see the review channel."""


def report_key(run_id: int) -> str:
    """Return the outbox key of a run's report."""
    return f"run:{run_id}:report"


def progress_key(run_id: int) -> str:
    """Return the outbox key of the message that shows a run's progress."""
    return f"run:{run_id}:progress"


class Notices:
    """Posts what waits in the outbox and keeps progress messages up to date.

    `renderers` say how a kind of notice looks, `chores` do what has to be done instead of posting one, and
    `on_posted` is told of each message that was.
    """

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        poster: Poster,
        *,
        review_channel: str,
        now: Callable[[], datetime],
        renderers: Mapping[str, Renderer] | None = None,
        chores: Mapping[str, Chore] | None = None,
        on_posted: Chore = lambda _: None,
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._poster = poster
        self._review_channel = review_channel
        self._now = now
        own: dict[str, Renderer] = {"report": self._report, "progress": self._progress}
        self._renderers = own | dict.fromkeys(TEXTS, _paragraph) | dict(renderers or {})
        self._chores = dict(chores or {})
        self._on_posted = on_posted
        self._channel_id: str | None = None
        self._shown: dict[int, str] = {}

    def post_due(self) -> None:
        """Post every notice that is due; one that fails is tried again later, and the others go on."""
        with self._database.reading() as session:
            waiting = outbox.due(session, now=self._now())
        for notice in waiting:
            try:
                self._post(notice)
            except (SlackApiError, ChannelMissingError, OSError) as err:
                self._channel_id = None  # it may have been archived, and another one made
                logger.warning("notice %s could not be posted and will be tried again: %s", notice.key, err)

    def update_progress(self, team_id: str) -> None:
        """Edit the progress message of each recent run whose progress changed."""
        with self._database.reading() as session:
            found = [
                (run, outbox.find(session, progress_key(run.id)))
                for run in list_runs(session, team_id=team_id, limit=3)
            ]
        for run, notice in found:
            text = blocks.progress_text(run)
            if notice and notice.channel_id and notice.message_ts and self._shown.get(run.id) != text:
                self._replace(notice, Post(text, blocks.progress(run)))
                self._shown[run.id] = text

    def show_decision(self, run_id: int, *, adapter: str, decision: str) -> None:
        """Replace the buttons of a run's report by what was decided."""
        with self._database.reading() as session:
            run, notice = get_run(session, run_id), outbox.find(session, report_key(run_id))
        if notice:
            shown = report_blocks.decided(run, adapter=adapter, decision=decision)
            self._replace(notice, Post(report_blocks.summary(adapter), shown))

    def show_votes(self, run_id: int, *, adapter: str, ballot_id: int, votes: str) -> None:
        """Have a run's report say how many have approved; its buttons stay."""
        with self._database.reading() as session:
            run, notice = get_run(session, run_id), outbox.find(session, report_key(run_id))
            is_open = get_ballot(session, ballot_id).status is BallotStatus.OPEN
        if notice and is_open:
            shown = report_blocks.report(run, adapter=adapter, ballot_id=ballot_id, votes=votes)
            self._replace(notice, Post(report_blocks.summary(adapter), shown))

    def redraw_report(self, run_id: int) -> None:
        """Have a posted report say what is known of its run now: some of what it showed was erased."""
        with self._database.reading() as session:
            notice = outbox.find(session, report_key(run_id))
            ballot = get_ballot(session, notice.payload["ballot_id"]) if notice else None
        if notice and ballot:
            self.show_decision(run_id, adapter=notice.payload["adapter"], decision=blocks.erased_text(ballot))

    def _replace(self, notice: outbox.Notice, post: Post) -> None:
        """Edit a posted notice. Where that fails, say because it was deleted, what it told of holds all the same."""
        if not notice.channel_id or not notice.message_ts:
            return
        try:
            self._poster.update(notice.channel_id, notice.message_ts, text=post.text, blocks=post.blocks)
        except SlackApiError as err:
            logger.warning("notice %s could not be edited: %s", notice.key, err.response["error"])

    def _post(self, notice: outbox.Notice) -> None:
        # Counted before it is posted: after a crash in between, the message is looked for before it is posted again.
        with self._database.writing() as session:
            outbox.postpone(session, notice.id, now=self._now())
        if chore := self._chores.get(notice.kind):
            chore(notice)
            with self._database.writing() as session:
                outbox.done(session, notice.id, now=self._now())
            return
        channel_id = self._review_channel_id()
        ts = self._poster.find(channel_id, key=notice.key) if notice.attempts else None
        if ts is None:
            post = self._renderers[notice.kind](notice)
            ts = self._poster.post(channel_id, key=notice.key, text=post.text, blocks=post.blocks)
        with self._database.writing() as session:
            outbox.posted(session, notice.id, channel_id=channel_id, message_ts=ts, now=self._now())
        self._on_posted(notice)

    def _report(self, notice: outbox.Notice) -> Post:
        payload = notice.payload
        with self._database.reading() as session:
            run = get_run(session, payload["run_id"])
        shown = report_blocks.report(run, adapter=payload["adapter"], ballot_id=payload["ballot_id"])
        return Post(report_blocks.summary(payload["adapter"]), shown)

    def _progress(self, notice: outbox.Notice) -> Post:
        with self._database.reading() as session:
            run = get_run(session, notice.payload["run_id"])
        return Post(blocks.progress_text(run), blocks.progress(run))

    def _review_channel_id(self) -> str:
        if self._channel_id is None:
            self._channel_id = self._conversations.channel_id(self._review_channel)
        if self._channel_id is None:
            raise ChannelMissingError(
                f"no channel #{self._review_channel} that the bot can see: make it and invite the bot, "
                "or set TIMBRE_REVIEW_CHANNEL"
            )
        return self._channel_id


def _paragraph(notice: outbox.Notice) -> Post:
    text = TEXTS[notice.kind](notice.payload)
    return Post(text, blocks.notice(text))
