"""What an export holds: whose conversations, where their days are, and which of them are private."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from bot.collecting.exports.archive import Archive, ArchiveError, MemberError, Refused, printable
from bot.slack.exported import ExportedChannel, ExportError, read_channels, read_people

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.json")
DIRECT = re.compile(r"D[A-Z0-9]{6,}|mpdm-.*")
PUBLIC_LIST, PRIVATE_LIST, DIRECT_LISTS, PEOPLE_LIST = (
    "channels.json",
    "groups.json",
    ("dms.json", "mpims.json"),
    "users.json",
)
LISTS = (PUBLIC_LIST, PRIVATE_LIST, *DIRECT_LISTS)
SLACKBOT = "USLACKBOT"
FEW = 8
"""How many names a message lists."""

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Conversation:
    """A channel. `days`: the names of its files, earliest first."""

    id: str
    name: str
    is_private: bool
    days: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """An export's conversations. `direct`: how many direct messages and group messages it has, which nobody imports."""

    conversations: tuple[Conversation, ...]
    direct: int
    bots: frozenset[str]
    team_ids: frozenset[str]
    refused: tuple[Refused, ...]

    def chosen(self, names: Sequence[str]) -> tuple[Conversation, ...]:
        """Return the conversations with these names or ids, all when none is named. Raises `ArchiveError`."""
        if not names:
            return self.conversations
        by_name = {conversation.name: conversation for conversation in self.conversations}
        by_id = {conversation.id: conversation for conversation in self.conversations}
        found = {}
        for name in (given.removeprefix("#") for given in names):
            one = by_name.get(name) or by_id.get(name)
            if one is None:
                raise ArchiveError(f"the export has no channel {printable(name)}{_hint(name, list(by_name))}")
            found[one.id] = one
        return tuple(found.values())


def read_layout(archive: Archive) -> Layout:
    """Return what an export holds. Raises `ArchiveError` when it is no export of Slack's."""
    base = _base(archive)
    refused: list[Refused] = []
    lists = {name: _read(archive, base, name, refused, read_channels) for name in LISTS}
    people = _read(archive, base, PEOPLE_LIST, refused, read_people)
    days = _days(archive.names, base)
    conversations = _conversations(lists[PUBLIC_LIST], lists[PRIVATE_LIST], days)
    direct = [channel for name in DIRECT_LISTS for channel in lists[name]]
    # A group's folder bears its name, a person's the conversation's id.
    known = {channel.name for channel in conversations}
    known |= {name for channel in direct for name in (channel.id, channel.name)}
    unknown = sorted(days.keys() - known)
    unlisted = [folder for folder in unknown if DIRECT.fullmatch(folder)]
    if strange := [folder for folder in unknown if folder not in unlisted]:
        before = "" if archive.is_whole else " before the cut"
        refused.append(Refused(_few(strange), f"no list{before} names such a channel, so nobody knows who may read it"))
    if not archive.is_whole and base + PEOPLE_LIST not in archive.names:
        refused.append(Refused(PEOPLE_LIST, "lies behind the cut, so bots may stand among the proposals"))
    return Layout(
        conversations=tuple(conversations),
        direct=len({channel.id for channel in direct}) + len(unlisted),
        bots=frozenset({person.id for person in people if person.is_bot} | {SLACKBOT}),
        team_ids=frozenset(person.team_id for person in people if person.team_id),
        refused=tuple(refused),
    )


def _days(names: Iterable[str], base: str) -> dict[str, list[str]]:
    """Return the files that hold a day of a conversation, by their folder, earliest first."""
    days: dict[str, list[str]] = defaultdict(list)
    for name in sorted(name for name in names if name.startswith(base)):
        folder, _, file = name.removeprefix(base).rpartition("/")
        if DAY.fullmatch(file):
            days[folder].append(name)
    return days


def _base(archive: Archive) -> str:
    """Return the folder that the lists lie in, "" or ending in a slash: some tools pack an export with its folder."""
    homes = [name.rpartition("/")[0] for name in archive.names if name.rpartition("/")[2] in LISTS]
    top = [home for home in homes if "/" not in home]
    if not top and not archive.is_whole:
        raise ArchiveError(
            f"{archive.path}: the zip is cut off before channels.json, which says what is public, "
            "so nothing in it can be imported; download it again"
        )
    if not top:
        raise ArchiveError("the zip holds no channels.json or groups.json, so it is no export that Slack made")
    home = min(top, key=len)
    return f"{home}/" if home else ""


def _read(
    archive: Archive, base: str, name: str, refused: list[Refused], reader: Callable[[Any], list[Entry]]
) -> list[Entry]:
    if base + name not in archive.names:
        return []
    try:
        return reader(archive.load(base + name))
    except (MemberError, ExportError) as err:
        refused.append(Refused(name, str(err)))
        return []


def _conversations(
    public: Sequence[ExportedChannel], private: Sequence[ExportedChannel], days: dict[str, list[str]]
) -> list[Conversation]:
    """Return the channels that have a name. One in both lists is private: what is said there must not get out."""
    hidden = {channel.id for channel in private} | {channel.name for channel in private}
    found: dict[str, Conversation] = {}
    for channel in (*public, *private):
        if channel.name and not DIRECT.fullmatch(channel.name):
            is_private = channel.is_private or channel.id in hidden or channel.name in hidden
            found[channel.id] = Conversation(channel.id, channel.name, is_private, tuple(days.get(channel.name, ())))
    return list(found.values())


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {printable(near[0])}?" if near else "."
    return f"{hint} It has {_few(sorted(known))}"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(printable(name) for name in names[:FEW]) + more
