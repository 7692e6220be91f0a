"""A workspace in this process with channels, guests and strangers, and a bot that answers in it.

The playground's own workspace and Web API are called directly. What a person sees is checked when it is posted, against
who can read it then by the town's own books: nothing that decides who may read what is asked.
"""

import logging
import re
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import uuid4

import numpy as np
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.chat_stream import ChatStream

from bot.answering.answerer import Answerer, AnswerLimits
from bot.answering.delivering import Delivery
from bot.answering.gaps import Gaps
from bot.answering.hearing import Hearing
from bot.answering.history import ThreadHistory
from bot.answering.models import Models
from bot.answering.notes import Notes
from bot.answering.places import Places
from bot.answering.questions import Questions
from bot.answering.reading import Completion, Show
from bot.answering.retrieval import Index, Retriever
from bot.answering.sharing import Sharing
from bot.answering.suggesting import Suggestions
from bot.blocks import asking as blocks
from bot.collecting.standing import settle
from bot.playground import messaging
from bot.playground.arguments import Arguments
from bot.playground.delivery import Timings
from bot.playground.entities import Channel, ChannelKind, Person
from bot.playground.errors import SlackError
from bot.playground.playground import Playground, Tokens
from bot.playground.store import MemoryStore
from bot.playground.web_api.call import Call
from bot.playground.web_api.dispatch import METHODS
from bot.playground.workspace import Workspace
from bot.slack.conversations import Conversations
from bot.slack.drafting import Drafts
from bot.slack.memberships import Memberships
from bot.slack.names import Names
from bot.slack.payloads import Asked
from bot.slack.series import Series
from storage.database import Database, sqlite_url
from storage.knowledge import Chunk, NewDocument, chunks_to_index, mark_indexed, put_document
from storage.pairs import Candidate, add_candidate
from storage.reviews import Verdict, Via, record_review
from training.prompt import Message

DIMENSIONS = 256
MARK = re.compile(r"MARK[a-p]+X")
DOCUMENT, PAIR = "document", "pair"
NUMBERS = count(1)


class FillableIndex(Index, Protocol):
    """An index that can be filled."""

    def upsert(self, chunks: Sequence[Chunk], vectors: Sequence[Sequence[float]]) -> None: ...


@dataclass(frozen=True)
class Item:
    """Something that is known. `source`: the channel it was said in or belongs to, empty for the whole team's."""

    number: int
    kind: str
    source: str
    topic: str

    @property
    def mark(self) -> str:
        return f"MARK{''.join(chr(ord('a') + int(digit, 16)) for digit in f'{self.number:x}')}X"


@dataclass
class Room:
    """A channel, as the town's own books have it."""

    id: str
    kind: ChannelKind
    members: set[str]

    @property
    def is_public(self) -> bool:
        return self.kind == "channel"


@dataclass
class Seen:
    """What somebody could read: in which place, who, and the marks in it."""

    where: str
    readers: frozenset[str]
    marks: frozenset[str]
    text: str


@dataclass
class Books:
    """Who is who, who is where, what is known: what the town goes by, apart from any code under test."""

    people: dict[str, str]
    rooms: dict[str, Room]
    items: list[Item] = field(default_factory=list)

    def readers(self, channel_id: str) -> frozenset[str]:
        room = self.rooms[channel_id]
        full = {user for user, kind in self.people.items() if kind == "full"} if room.is_public else set()
        return frozenset(room.members | full)

    def is_entitled(self, reader: str, item: Item) -> bool:
        if not item.source:
            return self.people[reader] == "full"
        return reader in self.readers(item.source)

    def by_mark(self, mark: str) -> Item:
        return next(item for item in self.items if item.mark == mark)


class Echo(Models):
    """Says everything it was given, and cites all passages: what reaches the model reaches the reader."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile

    def chat(
        self, model: str, messages: Sequence[Message], *, max_tokens: int, show: Show = lambda _text: None
    ) -> Completion:
        self._meanwhile()
        given = "\n".join(message["content"] for message in messages)
        said = " ".join(dict.fromkeys(MARK.findall(given))) or "nothing"
        show(f"{said} and")
        self._meanwhile()
        return Completion(f"{said} and that is all [1] [2] [3].", model, 0, 0)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [embedded(text) for text in texts]

    def count_tokens(self, model: str, text: str) -> int:
        return len(text.split())


def embedded(text: str) -> list[float]:
    """Return a unit vector: texts that share words lie close together."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for word in re.findall(r"\w{3,}", text.lower()):
        vector[zlib.crc32(word.encode()) % DIMENSIONS] += 1
    vector[0] += 0.01
    return cast(list[float], (vector / np.linalg.norm(vector)).tolist())


class Town:
    """People, rooms, things known, and a bot whose every word is written down in `seen` with who could read it.

    `leaks`: a line for each thing that reached somebody who was not entitled to it at that moment. `refused`: how often
    Slack did not say who is where. `threads`: where somebody asked or shared something, by channel and ts.
    """

    def __init__(self, folder: Path, index: FillableIndex, books: Books, places: type[Places], now: datetime) -> None:
        self.books = books
        self.seen: list[Seen] = []
        self.leaks: list[str] = []
        self.refused = 0
        self.threads: list[tuple[str, str]] = []
        self.failing: set[tuple[str, str]] = set()
        self.meanwhile: list[Callable[[], None]] = []
        self.seconds = 0.0
        self._now = now
        self._playground = Playground(store=MemoryStore(), now=self._time, tokens=Tokens(), timings=Timings())
        made = self._playground.add_workspace("Town", f"town{next(NUMBERS)}")
        self._workspace = Workspace(made.team, made.app, store=MemoryStore(), now=self._time, announce=lambda *_: None)
        self._workspace.save_person(made.bot)
        self.bot_id = made.app.bot_user_id
        self.team_id = made.team.id
        for user in books.people:
            self._workspace.save_person(Person(user, user.lower(), user))
        for room in books.rooms.values():
            self._save(room)
        self.database = Database(sqlite_url(folder))
        self._index = index
        self._bring_up(cast("WebClient", _Client(self)), places)

    def _bring_up(self, client: WebClient, places: type[Places]) -> None:
        models = Echo(self._run_meanwhile)
        retriever = Retriever(self.database, self._index, models.embed)
        limits = AnswerLimits(passages=3, min_similarity=0.5, max_tokens=100, examples=2)
        answerer = Answerer(
            self.database,
            retriever,
            models,
            limits,
            base_name="base",
            house_style="",
            now=self._time,
            model="another",  # which is shown examples, too
        )
        self.memberships = Memberships(client, team_id=self.team_id, monotonic=lambda: self.seconds)
        permitted = places(self.database, self.memberships)
        notes = Notes(self.database, Names(client).of, valid_for=timedelta(days=180), now=self._time)
        threads = Conversations(client).thread
        self.questions = Questions(
            self.database,
            answerer,
            Delivery(self.database, Drafts(client), self._time),
            permitted,
            notes,
            Hearing(self.database, threads, team_id=self.team_id, bot_user_id=self.bot_id),
            ThreadHistory(self.database, threads, bot_user_id=self.bot_id, phone_region="US"),
            lambda channel_id, user_id: None,
            lambda channel_id, thread_ts, question: None,
            self._time,
        )
        self.sharing = Sharing(self.database, self.questions, permitted, Series(client), self._time)
        self.gaps = Gaps(self.database, permitted, retriever, models.embed, permitted.may_see, self._time)
        self.suggestions = Suggestions(self.database, permitted, limit=4)

    # What people do

    def know(self, item: Item) -> None:
        """Have something known."""
        self.books.items.append(item)
        with self.database.writing() as session:
            if item.kind == DOCUMENT:
                text = f"{item.topic} {item.mark}"
                only_for = None if not item.source or self.books.rooms[item.source].is_public else item.source
                said_in = item.source or None
                document = NewDocument(
                    self.team_id, str(item.number), f"About {item.mark}", only_for, (text,), said_in=said_in
                )
                put_document(session, document, now=self._now)
            else:
                pair = add_candidate(session, self._candidate(item), now=self._now)
                record_review(
                    session,
                    pair.id,
                    reviewer_id="UNOBODY",
                    verdict=Verdict.APPROVE,
                    via=Via.CLICK,
                    content_hash=pair.content_hash,
                    now=self._now,
                )
                settle(session, pair, approvals_needed=1, now=self._now)
        with self.database.reading() as session:
            chunks = chunks_to_index(session, limit=100)
        self._index.upsert(chunks, [embedded(f"{chunk.title}\n{chunk.text}") for chunk in chunks])
        with self.database.writing() as session:
            mark_indexed(session, chunks, now=self._now)

    def _candidate(self, item: Item) -> Candidate:
        # Whoever answered is called by the mark: names tell, too.
        answerer = f"UANS{item.number}"
        self._workspace.save_person(Person(answerer, item.mark, item.mark))
        room = self.books.rooms[item.source]
        # A question with a mark tells where it is offered; only to one without is the approved answer given as it is.
        in_question = f" {item.mark}" if item.number % 2 else ""
        return Candidate(
            self.team_id, room.id, not room.is_public, f"{item.number}.0", f"{item.number}.0", f"{item.number}.1",
            f"Who heard of {item.topic}{in_question}?", f"{item.topic} {item.mark}", "UASKED", answerer,
            f"https://town/{room.id}/{item.mark}",
        )  # fmt: skip

    def ask(self, user: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> None:
        """Ask by mentioning the bot, or in a direct conversation with it; in a thread, or beginning one."""
        channel = self._workspace.channel(channel_id)
        ts = messaging.post(self._workspace, channel, self._workspace.person(user), text, thread_ts=thread_ts).ts
        is_direct = self.books.rooms[channel_id].kind == "im"
        if thread_ts is None:
            self.threads.append((channel_id, ts))
        self.questions.answer(Asked(self.team_id, channel_id, is_direct, ts, thread_ts or ts, user, text))

    def ask_alone(self, user: str, channel_id: str, text: str) -> int:
        """Ask for an answer that the asker alone sees; returns its id."""
        answer = self.sharing.ask(text, team_id=self.team_id, channel_id=channel_id, user_id=user, key=uuid4().hex)
        self._see(f"ephemeral in {channel_id}", frozenset({user}), blocks.private(answer))
        return answer.id

    def suggest(self, user: str, channel_id: str) -> None:
        """Look at what is offered to begin with."""
        found = self.suggestions.for_person(team_id=self.team_id, user_id=user, channel_id=channel_id)
        self._see("prompts", frozenset({user}), found)

    def list_gaps(self, user: str) -> None:
        """Look at what could not be answered."""
        found = self.gaps.found(team_id=self.team_id, reader=user)
        self._see("gaps", frozenset({user}), blocks.gaps(found))

    def move(self, user: str, channel_id: str, *, is_told: bool) -> None:
        """Have somebody join a room, or leave it; `is_told`: the bot hears of it."""
        room = self.books.rooms[channel_id]
        room.members ^= {user}
        self._save(room)
        if is_told:
            self.memberships.forget_channel(channel_id)

    def convert(self, channel_id: str, *, is_told: bool) -> None:
        """Make a public channel private, or a private one public; `is_told`: the bot hears of it."""
        room = self.books.rooms[channel_id]
        room.kind = "group" if room.is_public else "channel"
        self._save(room)
        if is_told:
            self.memberships.forget_channel(channel_id)

    # What Slack does

    def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a Web API call. Raises `SlackApiError` for a refusal, and for what fails just now."""
        values = {name: value for name, value in arguments.items() if value is not None}
        if "chunks" in values:
            values["chunks"] = [chunk.to_dict() for chunk in values["chunks"]]
        if method == "assistant.threads.setStatus":
            return {}  # the playground wants an event loop for it
        try:
            if {(method, ""), (method, values.get("channel", ""))} & self.failing:
                self.refused += 1
                raise SlackError("internal_error")
            answer = METHODS[method](Call(method, self._playground, self._workspace, Arguments(values), "http://slack"))
        except SlackError as err:
            refusal = {"ok": False, "error": err.code}
            raise SlackApiError(err.code, refusal) from err  # type: ignore[no-untyped-call]  # untyped in slack_sdk
        if method in ("chat.postMessage", "chat.update"):
            channel_id = values["channel"]
            self._see(channel_id, self.books.readers(channel_id), [values["text"], values["blocks"]])
            if method == "chat.postMessage" and not values.get("thread_ts"):
                self.threads.append((channel_id, answer["ts"]))  # an answer that was shared
        if method in ("chat.startStream", "chat.appendStream", "chat.stopStream"):
            said = ["stream", values.get("chunks"), values.get("markdown_text"), values.get("blocks")]
            self._see(values["channel"], self.books.readers(values["channel"]), said)
        return self._as_it_is(method, values, answer)

    def _as_it_is(self, method: str, values: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer with what the playground does not know of: guests, strangers and shared channels."""
        if method == "users.list":
            for person in answer["members"]:
                kind = self.books.people.get(person["id"])
                person["is_restricted"] = kind == "guest"
                person["team_id"] = "TSTRANGE" if kind == "stranger" else self.team_id
        if method == "conversations.info":
            members = self.books.rooms[values["channel"]].members
            answer["channel"]["is_ext_shared"] = any(self.books.people[user] == "stranger" for user in members)
        return answer

    def _save(self, room: Room) -> None:
        members = (*sorted(room.members), self.bot_id)
        self._workspace.save_channel(Channel(room.id, room.id.lower(), room.kind, members=members))

    def _see(self, where: str, readers: frozenset[str], said: object) -> None:
        text = repr(said)
        marks = frozenset(MARK.findall(text))
        self.seen.append(Seen(where, readers, marks, text))
        # Who leaves after reading something has still read it rightly, and who joins later has not.
        self.leaks += [
            f"{mark} of {item.source or 'the team'} reached {reader} in {where}"
            for mark in sorted(marks)
            for item in (self.books.by_mark(mark),)
            for reader in sorted(readers)
            if not self.books.is_entitled(reader, item)
        ]

    def _run_meanwhile(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()

    def _time(self) -> datetime:
        return self._now + timedelta(seconds=self.seconds)


class FlatIndex:
    """A vector index in memory: what `VectorIndex` does, without a folder."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str | None], dict[int, np.ndarray]] = {}

    def upsert(self, chunks: Sequence[Chunk], vectors: Sequence[Sequence[float]]) -> None:
        for chunk, vector in zip(chunks, vectors, strict=True):
            rows = self._rows.setdefault((chunk.team_id, chunk.channel_id), {})
            rows[chunk.id] = np.asarray(vector, dtype=np.float32)

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]:
        query = np.asarray(vector, dtype=np.float32)
        found = {
            id_: float(row @ query / (np.linalg.norm(row) * np.linalg.norm(query)))
            for channel_id in (None, *channel_ids)
            for id_, row in self._rows.get((team_id, channel_id), {}).items()
        }
        return dict(sorted(found.items(), key=lambda item: -item[1])[:limit])

    def usual(self, vector: Sequence[float], *, team_id: str) -> float:
        return 0.0


class _Client:
    """What `WebClient` is, as far as the bot calls it: each method is Slack's of that name."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def __copy__(self) -> "_Client":
        return self

    def chat_stream(self, **arguments: Any) -> ChatStream:
        return ChatStream(cast("WebClient", self), logger=logging.getLogger(__name__), **arguments)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return lambda **arguments: self._town.call(name.replace("_", "."), arguments)
