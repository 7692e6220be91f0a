"""The demo's processes and its company: a playground with people in it, documents, and Timbre connected."""

import contextlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.demo.content import Conversation, load_content
from bot.demo.control import AlreadyDoneError, Control
from bot.demo.seed import approver_of, workspace_seed
from bot.knowledge.storing import store
from bot.processes import Processes, free_port, is_listening
from bot.settings import Settings
from storage.clock import utc_now
from storage.database import Database, sqlite_url
from storage.knowledge import NewDocument, count_chunks
from storage.workspaces import other_workspaces, register_workspace
from training.base_folder import base_folder

REVIEW_CHANNEL = "timbre-review"


class StageError(RuntimeError):
    """The demo can't be set up; the message says what to do."""


class Stage:
    """Everything that runs during the demo and the tour."""

    def __init__(self, settings: Settings, *, port: int, tell: Callable[[str], None]) -> None:
        """Load the content.

        Raises `StageError` when the port is taken or the folder serves a real workspace, or `BaseModelMissing`.
        """
        base_folder(settings.base_model)
        self.content = load_content()
        self.url = f"http://127.0.0.1:{port}"
        if is_listening(self.url):
            raise StageError(f"port {port} is taken: choose another with --port, or stop what listens there")
        self.settings = _for_playground(settings, self.url)
        self.database = Database(self.settings.database)
        self._refuse_other_workspaces()
        self.control = Control(self.url)
        self.team_id = ""
        self.history: dict[str, str] = {}
        self._port = port
        self._tell = tell
        self.processes = Processes(settings.data / "logs")

    def open(self, *, history: bool) -> None:
        """Start everything and wait until Timbre is connected; with `history`, the conversations were held before."""
        self.database.upgrade()
        self._tell("starting the playground, the models, the worker and the bot")
        kept = str(self.settings.data / "playground.db")
        self.processes.start("playground", "--port", str(self._port), "--data", kept, settings=self.settings)
        # Loading models takes longest, so it goes on while the rest is set up.
        self.processes.start("serve", settings=self.settings)
        self.processes.wait_until(self._playground_answers, what="the playground")
        seed = workspace_seed(self.content, history_until=utc_now().astimezone() if history else None)
        seeded = self.control.call("seed", **seed)
        self.history, self.team_id = seeded["messages"], seeded["team"]["id"]
        self._store_documents()
        self.processes.start("worker", settings=self.settings)
        # The bot comes last: a question asked the moment it listens must find the models.
        self.processes.wait_until(self._models_answer, what="the model server")
        self.processes.start("bot", settings=self.settings)
        self.processes.wait_until(lambda: self.connections() > 0, what="the bot")
        self.processes.wait_until(self._is_indexed, what="the index")

    def connections(self) -> int:
        """Return how many Socket Mode connections the bot has."""
        admin = next(person.id for person in self.content.company.people if person.role == "admin")
        return int(self.control.look("state", **{"as": admin})["connections"])

    def approve(self, conversation: Conversation, reply_ts: str) -> None:
        """Have a reviewer put the approving reaction on a conversation's good reply; already there, it stays."""
        with contextlib.suppress(AlreadyDoneError):
            self._react("react", conversation, reply_ts)

    def take_back(self, conversation: Conversation, reply_ts: str) -> None:
        """Have that reviewer take the reaction off again."""
        self._react("unreact", conversation, reply_ts)

    def _react(self, act: str, conversation: Conversation, reply_ts: str) -> None:
        self.control.call(
            act,
            user=approver_of(self.content.company, conversation),
            channel=conversation.channel,
            ts=reply_ts,
            name=min(self.settings.approve_emojis),
        )

    def watch(self) -> None:
        """Raise `bot.processes.ProcessError` when one of the processes has ended."""
        for process in self.processes.running:
            process.check()

    def close(self) -> None:
        """End the processes."""
        self.control.close()
        self.processes.stop()
        self.database.close()

    def _refuse_other_workspaces(self) -> None:
        if others := other_workspaces(self.database, team_id=self.content.company.team.id):
            self.database.close()
            raise StageError(
                f"{self.settings.data} belongs to another workspace ({', '.join(others.values())}): "
                "choose a folder of its own with --data"
            )

    def _store_documents(self) -> None:
        with self.database.writing() as session:
            register_workspace(session, team_id=self.team_id, name=self.content.company.team.name, now=utc_now())
        documents = [
            NewDocument(self.team_id, f"demo:{document.name}", document.title, document.channel, document.paragraphs)
            for document in self.content.documents
        ]
        store(self.database, documents, now=utc_now)

    def _playground_answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            self.control.call("seed")
            return True
        return False

    def _is_indexed(self) -> bool:
        with self.database.reading() as session:
            return count_chunks(session, team_id=self.team_id)[1] == 0

    def _models_answer(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.settings.models_url}/models").is_success
        return False


def _for_playground(settings: Settings, url: str) -> Settings:
    return settings.model_copy(
        update={
            # By its name: left empty, the database of an operator's .env would be used by the processes.
            "database_url": sqlite_url(settings.data),
            "models_api_key": SecretStr("none"),
            "slack_api_url": f"{url}/api/",
            "slack_bot_token": SecretStr("xoxb-playground"),
            "slack_app_token": SecretStr("xapp-playground"),
            "review_channel": REVIEW_CHANNEL,
            "models_url": f"http://127.0.0.1:{free_port()}/v1",
            "house_style": Path(str(resources.files("bot.demo").joinpath("content", "house-style.md"))),
            "log_level": "INFO",
        }
    )
