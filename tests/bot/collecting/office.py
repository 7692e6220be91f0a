"""A team at work: a running bot in a playground, and people who react, click, type commands and fill in modals."""

from dataclasses import dataclass
from typing import Any

from bot.blocks.modal import HOURGLASS
from storage import outbox
from storage.database import Database
from storage.knowledge import count_chunks
from storage.pairs import Pair, PairStatus, pair_for_answer
from storage.reviews import Review, reviews_of
from storage.waiting import pairs_to_compare
from tests.bot.running import YES, Channel, said_in
from tests.playground_server import RunningPlayground, wait_until

Message = dict[str, Any]


@dataclass(frozen=True)
class Office:
    """What people do in it, and what they see of it."""

    slack: RunningPlayground
    database: Database
    team_id: str

    @property
    def help(self) -> Channel:
        return Channel(self.slack, "CHELP")

    @property
    def vault(self) -> Channel:
        return Channel(self.slack, "CVAULT")

    def pair(self, ts: str, channel: str = "CHELP") -> Pair | None:
        with self.database.reading() as session:
            return pair_for_answer(session, team_id=self.team_id, channel_id=channel, answer_ts=ts)

    def status(self, ts: str, channel: str = "CHELP") -> PairStatus | None:
        pair = self.pair(ts, channel)
        return pair.status if pair else None

    def comes_to(self, ts: str, status: PairStatus, channel: str = "CHELP") -> None:
        wait_until(lambda: self.status(ts, channel) is status, f"the pair is {status}")

    def words(self, ts: str) -> list[Review]:
        pair = self.pair(ts)
        assert pair is not None
        with self.database.reading() as session:
            return [review for review in reviews_of(session, pair.id) if review.stands]

    def nominate(self, question: str, answer: str, *, by: str = "UTOM", channel: str = "CHELP", **people: str) -> str:
        """Have an answer given and nominated; returns its ts."""
        room = Channel(self.slack, channel)
        ts = room.answered(question, answer, **people)
        room.react(by, ts)
        self.comes_to(ts, PairStatus.CANDIDATE, channel)
        return ts

    def approve(self, question: str, answer: str, *, by: str = "UBEN", **people: str) -> str:
        ts = self.help.answered(question, answer, **people)
        self.help.react(by, ts, YES)
        self.comes_to(ts, PairStatus.APPROVED)
        return ts

    def has_compared(self) -> bool:
        """Return whether every approved answer is indexed and compared: of two at once, either may get the card."""
        with self.database.reading() as session:
            return count_chunks(session, team_id=self.team_id)[1] == 0 and not pairs_to_compare(session, limit=1)

    def cards(self, ts: str) -> list[Message]:
        """Return the review cards of a pair, oldest first."""
        pair = self.pair(ts)
        assert pair is not None
        with self.database.reading() as session:
            posted = outbox.with_prefix(session, f"pair:{pair.id}:", kind="pair")
        stamps = {notice.message_ts for notice in posted}
        return [message for message in self.slack.messages("CREVIEW", as_="UADA") if message["ts"] in stamps]

    def card(self, ts: str, *, count: int = 1) -> Message:
        """Wait for so many cards of a pair, and return the newest."""
        wait_until(lambda: len(self.cards(ts)) >= count, "the card is posted")
        return self.cards(ts)[-1]

    def card_says(self, ts: str, text: str) -> None:
        wait_until(lambda: any(text in said_in(card) for card in self.cards(ts)[-1:]), f"the card says {text!r}")

    def click(self, user: str, message: Message, label: str, *, nth: int = 0, channel: str = "CREVIEW") -> None:
        """Press the nth button with a label, and wait until that is acknowledged."""
        block, element = buttons(message, label)[nth]
        self.slack.control(
            "click",
            user=user,
            channel=channel,
            ts=message["ts"],
            action_id=element["action_id"],
            block_id=block["block_id"],
            wait=True,
        )

    def press(self, user: str, view: Message, label: str, *, nth: int = 0) -> None:
        """Press the nth button with a label in a view."""
        block, element = buttons(view, label)[nth]
        self.slack.control(
            "click",
            user=user,
            view_id=view["id"],
            action_id=element["action_id"],
            block_id=block["block_id"],
            wait=True,
        )

    def command(self, user: str, text: str, *, channel: str = "CHELP") -> Message:
        """Type a command and return what is answered."""
        before = {message["ts"] for message in self.told(user, channel)}
        self.slack.control("command", user=user, channel=channel, command="/timbre", text=text)
        wait_until(lambda: len(self.told(user, channel)) > len(before), f"/timbre {text} is answered", timeout=20)
        return next(message for message in self.told(user, channel) if message["ts"] not in before)

    def told(self, user: str, channel: str = "CREVIEW") -> list[Message]:
        """Return what only this person sees in a channel."""
        return [message for message in self.slack.messages(channel, as_=user) if message.get("is_ephemeral")]

    def is_told(self, user: str, text: str, channel: str = "CREVIEW") -> None:
        wait_until(lambda: text in self.last_told(user, channel), f"{user} is told {text!r}")

    def last_told(self, user: str, channel: str = "CREVIEW") -> str:
        told = self.told(user, channel)
        return told[-1]["text"] + said_in(told[-1]) if told else ""

    def shown(self, user: str, ts: str, channel: str = "CHELP") -> Message:
        """Return an ephemeral message as it is now."""
        return next(message for message in self.told(user, channel) if message["ts"] == ts)

    def shortcut(self, user: str, ts: str, channel: str = "CHELP") -> Message:
        """Choose "Teach Timbre this answer", and return the modal once it is filled."""
        self.slack.control("shortcut", user=user, callback_id="teach_answer", channel=channel, ts=ts)
        return self.modal(user)

    def modal(self, user: str, *, is_filled: bool = True) -> Message:
        """Return the modal that somebody has open, once it shows more than that something is being read."""

        def is_open() -> bool:
            views = self.views(user)
            return bool(views) and not (is_filled and f"{HOURGLASS} Reading" in said_in(views[-1]))

        wait_until(is_open, "a modal is open")
        return self.views(user)[-1]

    def views(self, user: str) -> list[Message]:
        views: list[Message] = self.slack.look("views", as_=user)["views"]
        return views

    def submit(self, user: str, view: Message, **typed: str) -> None:
        values = {field: {"text": text} for field, text in typed.items()}
        self.slack.control("submit", user=user, view_id=view["id"], values=values, wait=True)

    def close(self, user: str) -> None:
        for view in reversed(self.views(user)):
            self.slack.control("close", user=user, view_id=view["id"])

    def home(self, user: str) -> Message:
        """Open App Home, and return the page that is published then."""
        before = self.slack.look("home", as_=user)["view"]
        self.slack.control("open_home", user=user, tab="home")
        return self.home_after(user, before)

    def home_after(self, user: str, before: Message | None) -> Message:
        """Wait until App Home is another than `before`."""

        def now() -> Any:
            return self.slack.look("home", as_=user)["view"]

        wait_until(lambda: now() and (before is None or now()["hash"] != before["hash"]), "App Home is published")
        view: Message = now()
        return view


def buttons(message: Message, label: str) -> list[tuple[Message, Message]]:
    """Return the buttons with a label, each with its block."""
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return [(row, one) for row in rows for one in row["elements"] if one["text"]["text"] == label]


def labels(message: Message) -> list[str]:
    """Return what can be pressed."""
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return [one["text"]["text"] for row in rows for one in row["elements"]]


def initial(view: Message, field: str) -> str:
    """Return what an input starts with."""
    text: str = next(block for block in view["blocks"] if block.get("block_id") == field)["element"]["initial_value"]
    return text
