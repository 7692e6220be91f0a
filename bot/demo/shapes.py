"""What the demo content is made of. The JSON files in `bot/demo/content/` look like these dataclasses."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["member", "reviewer", "admin"]


@dataclass(frozen=True)
class Team:
    """The Slack workspace."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True)
class Person:
    """Somebody at the company. `id` looks like a Slack user id, `name` is the handle; `color` is #rrggbb."""

    id: str
    name: str
    real_name: str
    role: Role
    title: str
    color: str


@dataclass(frozen=True)
class UserGroup:
    """A Slack user group, such as @reviewers, and the user ids in it."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel and the user ids of its members. `name` has no leading #."""

    id: str
    name: str
    private: bool
    topic: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Company:
    """The team with everybody and every place in it."""

    team: Team
    people: tuple[Person, ...]
    user_group: UserGroup
    channels: tuple[Channel, ...]

    def person_named(self, name: str) -> Person:
        """Return the person with the handle `name`; KeyError if there is none."""
        return {person.name: person for person in self.people}[name]

    def channel_named(self, name: str) -> Channel:
        """Return the channel called `name`, written without #; KeyError if there is none."""
        return {channel.name: channel for channel in self.channels}[name]


@dataclass(frozen=True)
class Asked:
    """The message that starts a thread; `author` is a user id."""

    author: str
    text: str


@dataclass(frozen=True)
class Reply:
    """A reply in a thread; `good` when a reviewer would approve it as the answer. `author` is a user id."""

    author: str
    text: str
    good: bool


@dataclass(frozen=True)
class Conversation:
    """A question and what was replied, in the order it was said, in the channel with the id `channel`.

    Each of `facts` stands, spelt the same, in the good reply and in one paragraph of the document called `document`.
    """

    id: str
    channel: str
    question: Asked
    replies: tuple[Reply, ...]
    facts: tuple[str, ...]
    document: str

    @property
    def good_reply(self) -> Reply:
        """The one reply worth approving."""
        return next(reply for reply in self.replies if reply.good)


@dataclass(frozen=True)
class Document:
    """A knowledge document. `channel` is the id of the private channel it belongs to, None when all may see it.

    `paragraphs` are the body without title and front matter; each can be understood on its own.
    """

    name: str
    title: str
    paragraphs: tuple[str, ...]
    channel: str | None

    @property
    def text(self) -> str:
        """The body: paragraphs parted by an empty line."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True)
class Question:
    """A question that no conversation answers. Without `document` nothing else does either, and Timbre must say so."""

    text: str
    channel: str
    facts: tuple[str, ...]
    document: str | None


@dataclass(frozen=True)
class DemoContent:
    """Everything the demo needs to be a company."""

    company: Company
    house_style: str
    documents: tuple[Document, ...]
    conversations: tuple[Conversation, ...]
    questions: tuple[Question, ...]

    @property
    def house_style_summary(self) -> str:
        """The house style's first paragraph: the voice in a few words, short enough for every prompt."""
        return paragraphs_of(self.house_style)[1]


def paragraphs_of(markdown: str) -> list[str]:
    """Return the blocks of `markdown` that empty lines part, headings included."""
    return [block.strip() for block in markdown.split("\n\n") if block.strip()]
