"""Slack's export as typed values: its lists of channels and people, and its messages, none of it taken on trust."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, StringConstraints, TypeAdapter, ValidationError

from bot.slack.messages import SlackMessage, read_message

LONGEST_MESSAGE = 40_000
"""Where Slack itself cuts a message, in characters."""


def _clean(value: object) -> object:
    """Return text without what no database takes, such as half of a surrogate pair."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_clean)]
Id = Annotated[Text, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
# Sorted as text, times are in order only when they are of one length; they are until the year 2286.
Ts = Annotated[Text, StringConstraints(pattern=r"^[0-9]{10}\.[0-9]{6}$")]


class ExportError(ValueError):
    """Something in an export is not as Slack writes it; the message says what, and repeats nothing that was said."""


class ExportedChannel(BaseModel):
    """A conversation in channels.json, groups.json, dms.json or mpims.json. Direct messages have no name."""

    id: Id
    name: Text = ""
    is_private: bool = False


class ExportedPerson(BaseModel):
    """Somebody in users.json."""

    id: Id
    team_id: Id | None = None
    is_bot: bool = False


class _Edited(BaseModel):
    ts: Text | None = None


class _File(BaseModel):
    name: Text | None = None


class _Reaction(BaseModel):
    name: Text
    users: tuple[Id, ...] = ()
    count: int = 0


class _Message(BaseModel):
    ts: Ts
    type: Text = "message"
    subtype: Text | None = None
    thread_ts: Ts | None = None
    user: Id | None = None
    bot_id: Text | None = None
    text: Text | None = None
    edited: _Edited | None = None
    files: tuple[_File, ...] | None = None
    reactions: tuple[_Reaction, ...] | None = None


Value = TypeVar("Value")
_CHANNELS, _PEOPLE = TypeAdapter(list[ExportedChannel]), TypeAdapter(list[ExportedPerson])
_MESSAGE = TypeAdapter(_Message)


def read_channels(document: Any) -> list[ExportedChannel]:
    """Return the conversations in one of an export's lists. Raises `ExportError`."""
    return _checked(_CHANNELS, document)


def read_people(document: Any) -> list[ExportedPerson]:
    """Return the people in users.json. Raises `ExportError`."""
    return _checked(_PEOPLE, document)


def read_exported(payload: Any) -> SlackMessage:
    """Return a message of a day's file. Raises `ExportError`."""
    if not isinstance(payload, dict):
        raise ExportError("is no message")
    message = _checked(_MESSAGE, payload)
    fields = message.model_dump()
    # Until 2018 a file was a message of its own, whose text Slack wrote.
    if message.type != "message" or "file" in payload:
        fields["subtype"] = "file"
    return read_message(fields)


def _checked(adapter: TypeAdapter[Value], document: Any) -> Value:
    try:
        return adapter.validate_python(document)
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ExportError(f"{where}: {first['msg']}") from None
