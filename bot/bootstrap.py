"""The one place where the bot is put together, started and stopped."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.assembly.answering import Answering, answering_of
from bot.assembly.collecting import collecting_of
from bot.assembly.knowledge import open_database, open_knowledge
from bot.assembly.slack import slack_of
from bot.assembly.steering import decisions_of, promotion_of, steering_of
from bot.assembly.threads import Threads
from bot.collecting.reverifying import REVERIFY
from bot.collecting.standing import CARD, FORGET, WIPE
from bot.connecting import app_token_refused, identify, slack_client
from bot.knowledge.uploads import Uploads
from bot.listeners import Surfaces, register_listeners
from bot.listeners.clicks import Clicks
from bot.listeners.commands import SlashCommands
from bot.listeners.correcting import Correcting
from bot.listeners.errands import Errands
from bot.listeners.events import Events
from bot.listeners.home import Home
from bot.listeners.inbox import EventInbox, Route
from bot.listeners.kept import COMMAND, SHARE, UPLOAD
from bot.listeners.modals import Modals
from bot.listeners.reviewing import Reviewing
from bot.listeners.teaching import Teaching
from bot.notices import Notices
from bot.schedule import start_schedule
from bot.settings import Settings
from bot.slack.files import SlackFiles
from bot.steering.commands import Steering
from bot.steering.deciding import VoiceDecisions
from storage.clock import utc_now
from storage.outbox import Notice
from storage.workspaces import register_workspace
from training.erasing import forget_in_runs

logger = logging.getLogger(__name__)

INDEX_SECONDS = 1.0
NOTICE_SECONDS = 1.0
PROGRESS_SECONDS = 2.0
RETRY_SECONDS = 1.0
INBOX_SECONDS = 3600.0
RECHECK_SECONDS = 60.0
REVERIFY_SECONDS = 3600.0
RECHECK_PAIRS = 5
RECHECKED_AFTER = timedelta(hours=6)
CONVERTED = ("channel_convert_to_private", "channel_convert_to_public")


class Bot:
    """A running bot: `start` connects, `stop` lets go of everything."""

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = utc_now) -> None:
        """Put everything together. Raises `StartError`, `DatabaseError` or `IndexInUseError`."""
        client = slack_client(settings)
        self.team_id, team_name = identify(client)
        database = open_database(settings, team_id=self.team_id)
        with database.writing() as session:
            register_workspace(session, team_id=self.team_id, name=team_name, now=now())
        self._settings, self._now, self._threads = settings, now, Threads()
        self._knowledge = open_knowledge(settings, database, now=now)
        self._slack = slack_of(settings, client, team_id=self.team_id)
        self._collecting = collecting_of(settings, self._slack, self._knowledge, now, self._threads.telling.submit)
        answering = answering_of(settings, self._slack, self._knowledge, self._collecting, now)
        self._notices = self._make_notices()
        home = self._home(answering)
        promotion = promotion_of(settings, self._knowledge, now)
        decisions = decisions_of(settings, self._slack, self._knowledge, self._notices, promotion, now)
        steering = steering_of(settings, self._slack, self._knowledge, self._collecting, answering, promotion, now)
        errands = Errands(steering, answering.sharing, self._slack.asides)
        self._inbox = self._listen(answering, home, errands)
        self._app = App(client=client, listener_executor=self._threads.listening)
        register_listeners(self._app, self._surfaces(answering, home, decisions, steering))
        self._socket = SocketModeHandler(self._app, settings.slack_app_token.get_secret_value(), web_client=client)
        self._schedule: BackgroundScheduler | None = None

    def _make_notices(self) -> Notices:
        cards = self._collecting.cards
        return Notices(
            self._knowledge.database,
            self._slack.conversations,
            self._slack.poster,
            review_channel=self._settings.review_channel,
            now=self._now,
            renderers={CARD: cards.render, REVERIFY: self._collecting.reverifying.render},
            chores={WIPE: cards.wipe, FORGET: self._forget},
            on_posted=cards.refresh_posted,
        )

    def _home(self, answering: Answering) -> Home:
        found, database = self._collecting, self._knowledge.database
        return Home(
            self._slack.client,
            database,
            found.people,
            found.queue,
            found.readers,
            answering.suggest,
            team_id=self.team_id,
        )

    def _listen(self, answering: Answering, home: Home, errands: Errands) -> EventInbox:
        """Return what takes events, and has each handled on threads of its kind."""
        events = Events(
            answering.questions,
            self._collecting.reviews,
            self._collecting.policy,
            answering.hearing,
            self._uploads(),
            answering.asked,
            bot_user_id=self._slack.bot_user_id,
        )
        answers, reviews, files = self._threads.answering, self._threads.reviewing, self._threads.ingesting
        routes = {
            "app_mention": Route(events.mention, answers),
            "message": Route(events.message, answers),
            UPLOAD: Route(events.upload, files),
            "file_deleted": Route(events.file_deleted, files),
            "reaction_added": Route(events.reaction, reviews),
            "reaction_removed": Route(events.reaction, reviews),
            "app_home_opened": Route(home.opened, reviews),
            COMMAND: Route(errands.command, answers),
            SHARE: Route(errands.share, answers),
        }
        return EventInbox(self._knowledge.database, routes, events.kept, self._now, self._watchers())

    def _uploads(self) -> Uploads:
        conversations = self._slack.conversations
        return Uploads(
            self._knowledge.database,
            SlackFiles(self._slack.client),
            self._slack.poster,
            self._slack.roles.is_admin,
            conversations.is_private,
            lambda channel_id, ts: conversations.message(channel_id, ts) is not None,
            self._now,
        )

    def _surfaces(self, answering: Answering, home: Home, decisions: VoiceDecisions, steering: Steering) -> Surfaces:
        """Return what people press, type and send off."""
        found, modals = self._collecting, Modals(self._slack.client, self._threads.reviewing)
        accept, region = self._inbox.accept, self._settings.phone_region
        reviewing = Reviewing(found.decisions, found.queue, home)
        return Surfaces(
            events=self._inbox,
            commands=SlashCommands(steering, accept, self._slack.asides, phone_region=region),
            clicks=Clicks(decisions, accept, self._slack.asides),
            reviewing=reviewing,
            teaching=Teaching(modals, found.lessons, reviewing),
            correcting=Correcting(
                modals, answering.questions, answering.corrections, found.reverifying, self._slack.asides
            ),
            home=home,
        )

    def start(self) -> None:
        """Take up what was left unhandled, and connect. Raises `StartError` when Slack refuses."""
        self._knowledge.indexing.check()
        replayed = self._inbox.replay()
        self._schedule = start_schedule(
            {
                "index": (INDEX_SECONDS, self._index),
                "notices": (NOTICE_SECONDS, self._notices.post_due),
                "progress": (PROGRESS_SECONDS, lambda: self._notices.update_progress(self.team_id)),
                "retry": (RETRY_SECONDS, self._inbox.retry),
                "recheck": (RECHECK_SECONDS, self._recheck),
                "reverify": (REVERIFY_SECONDS, self._collecting.reverifying.ask),
                "inbox": (INBOX_SECONDS, self._inbox.forget_old),
                "log": (INBOX_SECONDS, self._knowledge.database.empty_log),
            }
        )
        try:
            self._socket.connect()  # type: ignore[no-untyped-call]  # untyped in slack_bolt
        except SlackApiError as err:
            self.stop()
            raise app_token_refused(err) from err
        logger.info("connected to %s; %d events taken up again", self.team_id, replayed)

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set."""
        self.start()
        stop.wait()
        self.stop()

    def _index(self) -> None:
        """Have the index follow, then compare: what was approved together is found only when both are in it."""
        self._knowledge.indexing.catch_up()
        self._collecting.twins.catch_up()

    def _watchers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return who is told of people who come and go, and of channels made private: that is forgotten at once."""
        return {
            "member_joined_channel": lambda event: self._slack.memberships.forget_channel(event["channel"]),
            "member_left_channel": lambda event: self._slack.memberships.forget_channel(event["channel"]),
            "user_change": lambda event: self._slack.memberships.follow_person(event["user"]),
            "team_join": lambda event: self._slack.memberships.follow_person(event["user"]),
            "message": self._see_converted,
        }

    def _see_converted(self, event: dict[str, Any]) -> None:
        if event.get("subtype") in CONVERTED:
            self._slack.memberships.forget_channel(event["channel"])

    def _forget(self, notice: Notice) -> None:
        """Take an erased pair out of what training runs wrote, and out of their reports in the review channel."""
        for run_id in forget_in_runs(self._knowledge.database, self._settings.data, notice.payload["pair_id"]):
            self._notices.redraw_report(run_id)

    def _recheck(self) -> None:
        """Look again at a few pairs whose messages were not read for hours: events get lost."""
        self._collecting.reviews.recheck(self.team_id, older_than=self._now() - RECHECKED_AFTER, limit=RECHECK_PAIRS)

    def stop(self) -> None:
        """Disconnect, let what is being handled end, and give the index up."""
        self._socket.close()  # type: ignore[no-untyped-call]  # untyped in slack_bolt
        if self._schedule:
            self._schedule.shutdown()
        # What has not begun stays in the inbox for the next start; what has begun needs the index to the end.
        self._threads.shut_down()
        self._knowledge.index.close()
        self._knowledge.database.close()
