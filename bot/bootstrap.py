"""The one place where the bot is put together."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.answering.answerer import Answerer, AnswerLimits
from bot.answering.correcting import Corrections
from bot.answering.delivering import Delivery
from bot.answering.former import FormerIndex
from bot.answering.gaps import Gaps
from bot.answering.hearing import Hearing
from bot.answering.history import ThreadHistory
from bot.answering.indexing import Indexing
from bot.answering.models import Models
from bot.answering.notes import Notes
from bot.answering.places import Places
from bot.answering.questions import Questions
from bot.answering.retrieval import Retriever
from bot.answering.sharing import Sharing
from bot.answering.suggesting import Suggestions
from bot.collecting.cards import ReviewCards
from bot.collecting.decisions import Decisions
from bot.collecting.lessons import Lessons
from bot.collecting.people import People
from bot.collecting.policy import ReviewPolicy
from bot.collecting.queue import Queue
from bot.collecting.readers import PairReaders
from bot.collecting.reverifying import REVERIFY, Reverifying
from bot.collecting.reviews import Reviews
from bot.collecting.standing import CARD, FORGET, WIPE
from bot.collecting.telling import tell
from bot.collecting.twins import Twins
from bot.connecting import StartError, app_token_refused, identify, slack_client
from bot.knowledge.uploads import Uploads
from bot.listeners import Surfaces, register_listeners
from bot.listeners.clicks import Clicks
from bot.listeners.commands import SlashCommands
from bot.listeners.correcting import Correcting
from bot.listeners.events import Events
from bot.listeners.home import Home
from bot.listeners.inbox import EventInbox, Route
from bot.listeners.kept import UPLOAD
from bot.listeners.reviewing import Reviewing
from bot.listeners.teaching import Teaching
from bot.notices import Notices
from bot.schedule import start_schedule
from bot.settings import Settings
from bot.slack.acknowledging import Acknowledging
from bot.slack.agent import MOST_PROMPTS, AgentPane
from bot.slack.conversations import Conversations
from bot.slack.directory import Directory
from bot.slack.drafting import Drafts
from bot.slack.files import SlackFiles
from bot.slack.links import urls_in
from bot.slack.memberships import Memberships
from bot.slack.names import Names
from bot.slack.posting import Poster
from bot.slack.roles import Roles
from bot.steering.asking import AskingCommands
from bot.steering.collecting import CollectingCommands
from bot.steering.commands import Steering
from bot.steering.voices import VoiceCommands
from bot.training_config import training_config
from storage.database import Database
from storage.outbox import Notice
from storage.pairs import Pair
from storage.vectors import VectorIndex
from storage.workspaces import other_workspaces, register_workspace
from training.erasing import forget_in_runs
from training.promotion import Promotion

logger = logging.getLogger(__name__)

OFF = "I am switched off in this channel. An admin can change that with `/timbre channels mention`."
LISTENER_THREADS = 10
ANSWERING_THREADS = 10
REVIEWING_THREADS = 4
INGESTING_THREADS = 2
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


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Knowledge:
    """The database and the index, with what searches and fills them."""

    database: Database
    index: VectorIndex
    models: Models
    retriever: Retriever
    indexing: Indexing
    answerer: Answerer


def open_database(settings: Settings, *, team_id: str) -> Database:
    """Return the database of a workspace at its newest revision.

    Raises `storage.database.DatabaseError`, or `StartError` when it serves another workspace; that one is left alone.
    """
    database = Database(settings.database)
    if others := other_workspaces(database, team_id=team_id):
        database.close()
        raise StartError(
            f"{database.safe_url} belongs to another workspace ({', '.join(others.values())}): give this one a folder "
            "of its own with --data or TIMBRE_DATA, and a database of its own where TIMBRE_DATABASE_URL is set"
        )
    database.upgrade()
    return database


def models_of(settings: Settings) -> Models:
    """Return the model server of the settings."""
    return Models(
        url=settings.models_url,
        api_key=settings.models_api_key.get_secret_value(),
        embedding_model=settings.embedding_model,
        embedding_url=settings.embedding_url,
        embedding_api_key=settings.embedding_api_key.get_secret_value(),
        timeout_s=settings.model_timeout_s,
        answer_timeout_s=settings.answer_timeout_s,
    )


def open_knowledge(settings: Settings, database: Database, *, now: Callable[[], datetime] = utc_now) -> Knowledge:
    """Open the index and what stands on it. Raises `storage.vectors.IndexInUseError`."""
    models = models_of(settings)
    index = VectorIndex(settings.data / "index", embedder=settings.embedding_model)
    former = FormerIndex(database, index, models.embed_by, models.embed)
    retriever = Retriever(database, index, models.embed, former)
    indexing = Indexing(database, index, models.embed, retriever, passages=settings.passages, now=now)
    answerer = answerer_of(settings, database, retriever, models, now=now)
    return Knowledge(database, index, models, retriever, indexing, answerer)


def answerer_of(
    settings: Settings,
    database: Database,
    retriever: Retriever,
    models: Models,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Answerer:
    """Return what answers questions from `retriever`'s passages."""
    limits = AnswerLimits(
        settings.passages,
        settings.min_similarity,
        settings.max_answer_tokens,
        settings.history_tokens,
        settings.answer_examples,
    )
    return Answerer(
        database,
        retriever,
        models,
        limits,
        base_name=settings.base_model_name,
        house_style=settings.house_style_summary(),
        now=now,
        model=settings.answer_model,
    )


def policy_of(settings: Settings) -> ReviewPolicy:
    """Return which reactions count, and how many approvals are enough."""
    return ReviewPolicy(
        approve_emoji=settings.approve_emojis,
        reject_emoji=settings.reject_emojis,
        approvals_needed=settings.approvals_needed,
        phone_region=settings.phone_region,
    )


class Bot:
    """A running bot: `start` connects, `stop` lets go of everything."""

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = utc_now) -> None:
        """Put everything together. Raises `StartError`, `DatabaseError` or `IndexInUseError`."""
        client = slack_client(settings)
        self.team_id, team_name = identify(client)
        database = open_database(settings, team_id=self.team_id)
        with database.writing() as session:
            register_workspace(session, team_id=self.team_id, name=team_name, now=now())
        self._knowledge = open_knowledge(settings, database, now=now)
        self._now, self._data_folder = now, settings.data
        conversations, poster = Conversations(client), Poster(client)
        roles = Roles(client, reviewers=settings.reviewers, admin_ids=settings.admin_ids)
        policy = policy_of(settings)
        readers = PairReaders(roles, conversations)
        self._cards = ReviewCards(database, poster, conversations.permalink, approvals_needed=policy.approvals_needed)
        moved = tell(Acknowledging(client).show, self._cards.refresh)
        self._reviews = Reviews(database, conversations, roles.is_reviewer, policy, now, moved)
        self._twins = Twins(
            database, self._knowledge.retriever, self._knowledge.models.embed, now, tell(self._cards.refresh)
        )
        decisions = Decisions(database, readers, policy, now, moved)
        # Somebody may have said thousands of things; whoever erases them is not kept waiting for Slack.
        people = People(database, policy, now, lambda pair: self._tell_later(moved, pair))
        queue = Queue(database, readers, decisions, team_id=self.team_id, approvals_needed=policy.approvals_needed)
        known_urls = urls_in(settings.house_style_summary())
        delivery = Delivery(database, Drafts(client), now, known_urls=known_urls)
        self._memberships = Memberships(client, team_id=self.team_id)
        places = Places(database, self._memberships)
        valid_for = timedelta(days=settings.reverify_days)
        names = Names(client)
        notes = Notes(database, names.of, valid_for=valid_for, now=now)
        bot_user_id = str(client.auth_test()["user_id"])
        hearing = Hearing(database, conversations.thread, team_id=self.team_id, bot_user_id=bot_user_id)
        history = ThreadHistory(
            database, conversations.thread, bot_user_id=bot_user_id, phone_region=policy.phone_region
        )
        pane = AgentPane(client)
        questions = Questions(
            database,
            self._knowledge.answerer,
            delivery,
            places,
            notes,
            hearing,
            history,
            lambda channel_id, user_id: poster.whisper(channel_id, user_id, OFF),
            pane.name,
            now,
        )
        corrections = Corrections(database, places, policy, now, moved)
        sharing = Sharing(database, questions, places, poster, now)
        gaps = Gaps(database, places, self._knowledge.retriever, self._knowledge.models.embed, places.may_see, now)
        suggestions = Suggestions(database, places, limit=MOST_PROMPTS)
        self._reverifying = Reverifying(
            database, decisions, poster, names.of, team_id=self.team_id, valid_for=valid_for, now=now
        )
        promotion = Promotion(database, self._knowledge.models, now, base_name=settings.base_model_name)
        self._notices = Notices(
            database,
            conversations,
            poster,
            review_channel=settings.review_channel,
            now=now,
            renderers={CARD: self._cards.render, REVERIFY: self._reverifying.render},
            chores={WIPE: self._cards.wipe, FORGET: self._forget},
            on_posted=self._cards.refresh_posted,
        )
        voices = VoiceCommands(
            database,
            roles,
            promotion,
            self._notices,
            training=training_config(settings),
            base_name=settings.base_model_name,
            now=now,
        )
        commands = CollectingCommands(roles, queue, people, Directory(client), bot_user_id=bot_user_id)
        asking = AskingCommands(
            database, roles, sharing, gaps, places.may_see, phone_region=settings.phone_region, now=now
        )
        uploads = Uploads(
            database,
            SlackFiles(client),
            poster,
            roles.is_admin,
            conversations.is_private,
            lambda channel_id, ts: conversations.message(channel_id, ts) is not None,
            now,
        )
        events = Events(questions, self._reviews, policy, hearing, uploads, bot_user_id=bot_user_id)

        def suggest(user_id: str, channel_id: str) -> None:
            pane.suggest(
                channel_id, suggestions.for_person(team_id=self.team_id, user_id=user_id, channel_id=channel_id)
            )

        home = Home(client, database, people, queue, readers, suggest, team_id=self.team_id)
        reviewing = Reviewing(decisions, queue, home)
        lessons = Lessons(database, self._reviews, decisions, readers, self._twins.resembling, now)
        # Models are slow, and Slack may ask reviews to wait: neither holds up the other, nor what a button is told.
        self._listeners = ThreadPoolExecutor(LISTENER_THREADS, thread_name_prefix="listener")
        self._answering = ThreadPoolExecutor(ANSWERING_THREADS, thread_name_prefix="answering")
        self._reviewing = ThreadPoolExecutor(REVIEWING_THREADS, thread_name_prefix="reviewing")
        self._ingesting = ThreadPoolExecutor(INGESTING_THREADS, thread_name_prefix="ingesting")
        self._telling = ThreadPoolExecutor(1, thread_name_prefix="telling")
        self._inbox = EventInbox(
            database,
            {
                "app_mention": Route(events.mention, self._answering),
                "message": Route(events.message, self._answering),
                UPLOAD: Route(events.upload, self._ingesting),
                "file_deleted": Route(events.file_deleted, self._ingesting),
                "reaction_added": Route(events.reaction, self._reviewing),
                "reaction_removed": Route(events.reaction, self._reviewing),
                "app_home_opened": Route(home.opened, self._reviewing),
            },
            events.kept,
            now,
            self._watchers(),
        )
        self._app = App(client=client, listener_executor=self._listeners)
        register_listeners(
            self._app,
            Surfaces(
                events=self._inbox,
                commands=SlashCommands(Steering(asking, voices, commands), self._answering),
                clicks=Clicks(voices, sharing, self._answering),
                reviewing=reviewing,
                teaching=Teaching(client, lessons, reviewing, self._reviewing),
                correcting=Correcting(client, questions, corrections, self._reverifying),
                home=home,
            ),
        )
        self._socket = SocketModeHandler(self._app, settings.slack_app_token.get_secret_value(), web_client=client)
        self._schedule: BackgroundScheduler | None = None

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
                "reverify": (REVERIFY_SECONDS, self._reverifying.ask),
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
        self._twins.catch_up()

    def _watchers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return who is told of people who come and go, and of channels made private: that is forgotten at once."""
        return {
            "member_joined_channel": lambda event: self._memberships.forget_channel(event["channel"]),
            "member_left_channel": lambda event: self._memberships.forget_channel(event["channel"]),
            "user_change": lambda event: self._memberships.follow_person(event["user"]),
            "team_join": lambda event: self._memberships.follow_person(event["user"]),
            "message": self._see_converted,
        }

    def _see_converted(self, event: dict[str, Any]) -> None:
        if event.get("subtype") in CONVERTED:
            self._memberships.forget_channel(event["channel"])

    def _tell_later(self, listener: Callable[[Pair], None], pair: Pair) -> None:
        self._telling.submit(listener, pair)

    def _forget(self, notice: Notice) -> None:
        """Take an erased pair out of what training runs wrote, and out of their reports in the review channel."""
        for run_id in forget_in_runs(self._knowledge.database, self._data_folder, notice.payload["pair_id"]):
            self._notices.redraw_report(run_id)

    def _recheck(self) -> None:
        """Look again at a few pairs whose messages were not read for hours: events get lost."""
        self._reviews.recheck(self.team_id, older_than=self._now() - RECHECKED_AFTER, limit=RECHECK_PAIRS)

    def stop(self) -> None:
        """Disconnect, let what is being handled end, and give the index up."""
        self._socket.close()  # type: ignore[no-untyped-call]  # untyped in slack_bolt
        if self._schedule:
            self._schedule.shutdown()
        # What has not begun stays in the inbox for the next start; what has begun needs the index to the end.
        executors = (self._listeners, self._answering, self._reviewing, self._ingesting, self._telling)
        for executor in executors:
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in executors:
            executor.shutdown()
        self._knowledge.index.close()
        self._knowledge.database.close()
