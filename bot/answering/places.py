"""What may be used in an answer, by who will read it: everybody in a conversation, or one person alone.

What is said in private may be used where every reader is in that private channel. What the whole team may know is for
its members: where a guest or somebody from another company reads along, only what was said where they are, too.
What was said in public is for everybody as long as its channel is public: that is looked at each time.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from bot.answering.retrieval import Place
from bot.slack.memberships import Conversation, Everybody, UnreadableError
from storage.channels import private_channels_with_chunks
from storage.database import Database
from storage.knowledge import Chunk, chunks_by_id, readable_chunks

logger = logging.getLogger(__name__)


class Memberships(Protocol):
    """Who is where. Each raises `UnreadableError`."""

    def members(self, channel_id: str, *, fresh: bool = False) -> frozenset[str]: ...
    def conversation(self, channel_id: str, *, fresh: bool = False) -> Conversation: ...
    def everybody(self) -> Everybody: ...


@dataclass(frozen=True)
class Audience:
    """Who will read an answer: one person alone where `only` is set, else whoever can read the conversation."""

    team_id: str
    channel_id: str
    only: str = ""


@dataclass(frozen=True)
class Scope:
    """What may be used for an audience.

    `outsiders`: readers who are no full members of the workspace; None where that can't be told, so that there may be
    any. `is_certain`: False where something could not be read and was left out for it. `is_public`: whoever is in the
    team can read along. `readers`: who does, None where that is not told one by one.
    """

    audience: Audience
    place: Place
    outsiders: frozenset[str] | None = frozenset()
    is_certain: bool = True
    is_public: bool = False
    readers: frozenset[str] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether what the team knows may not be used as it is."""
        return self.outsiders is None or bool(self.outsiders)


class Places:
    """Says what may be used where. Where Slack does not say who reads along, what is in doubt is left out."""

    def __init__(self, database: Database, memberships: Memberships) -> None:
        self._database = database
        self._memberships = memberships

    def scope(self, audience: Audience, *, fresh: bool = False, among: Collection[str] | None = None) -> Scope:
        """Return what may be used for an audience, by who is where now; with `fresh`, Slack is asked anew.

        `among`: the private channels that are looked into; where it is left out, all from which something is known.
        Raises `UnreadableError` where it is not even told who reads along.
        """
        readers = self._readers(audience, fresh=fresh)
        outsiders, knows_people = self._outsiders(audience, readers, fresh=fresh)
        if among is None:
            with self._database.reading() as session:
                among = private_channels_with_chunks(session, team_id=audience.team_id)
        channel_ids, knows_all = self._private_channels(audience, readers, among, fresh=fresh)
        place = Place(audience.team_id, tuple(channel_ids))
        return Scope(audience, place, outsiders, knows_people and knows_all, readers is None, readers)

    def keeps_out(self, scope: Scope, *, fresh: bool = False) -> Callable[[Chunk], bool]:
        """Return what is true of the passages that may not be used in a scope; each channel is looked at once."""
        reads_along = cache(lambda channel_id: self._read_along(scope, channel_id, fresh=fresh))
        return lambda chunk: not self._allows(scope, chunk, reads_along)

    def still_allows(self, audience: Audience, chunk_ids: Collection[int]) -> bool:
        """Return whether every one of some passages may be used for an audience right now.

        Slack is asked anew, about where those passages come from alone.
        """
        if not chunk_ids:
            return True
        with self._database.reading() as session:
            chunks = chunks_by_id(session, chunk_ids)
        among = {chunk.channel_id for chunk in chunks.values() if chunk.channel_id is not None}
        try:
            scope = self.scope(audience, fresh=True, among=among)
        except UnreadableError:
            return False
        return self.allows_all(scope, chunk_ids, fresh=True)

    def allows_all(self, scope: Scope, chunk_ids: Collection[int], *, fresh: bool = False) -> bool:
        """Return whether every one of some passages may be used in a scope; one that is gone may not."""
        place = scope.place
        with self._database.reading() as session:
            chunks = readable_chunks(session, chunk_ids, team_id=place.team_id, channel_ids=place.channel_ids)
        is_kept_out = self.keeps_out(scope, fresh=fresh)
        return len(chunks) == len(set(chunk_ids)) and not any(is_kept_out(chunk) for chunk in chunks.values())

    def may_see(self, user_id: str, channel_id: str) -> bool:
        """Return whether somebody can read a conversation."""
        try:
            is_public = not self._memberships.conversation(channel_id).is_private
            if is_public and user_id in self._memberships.everybody().full:
                return True
            return user_id in self._memberships.members(channel_id)
        except UnreadableError:
            return False

    def is_private(self, channel_id: str) -> bool:
        """Return whether only members read a conversation; where Slack does not say, they alone do."""
        try:
            return self._memberships.conversation(channel_id).is_private
        except UnreadableError:
            return True

    def private_channels_of(self, team_id: str, chunk_ids: Collection[int]) -> frozenset[str] | None:
        """Return the private channels that passages come from; None where one is gone, and may have come from any."""
        with self._database.reading() as session:
            known = private_channels_with_chunks(session, team_id=team_id)
            chunks = readable_chunks(session, chunk_ids, team_id=team_id, channel_ids=known)
        if len(chunks) < len(set(chunk_ids)):
            return None
        private = {chunk.channel_id for chunk in chunks.values() if chunk.channel_id is not None}
        sources = {chunk.said_in for chunk in chunks.values() if chunk.said_in is not None}
        return frozenset(private | {one for one in sources - private if self.is_private(one)})

    def _readers(self, audience: Audience, *, fresh: bool) -> frozenset[str] | None:
        """Return who reads along; None for a public channel, which everybody can."""
        if audience.only:
            return frozenset({audience.only})
        if not self._memberships.conversation(audience.channel_id, fresh=fresh).is_private:
            return None
        return self._memberships.members(audience.channel_id, fresh=fresh)

    def _outsiders(
        self, audience: Audience, readers: frozenset[str] | None, *, fresh: bool
    ) -> tuple[frozenset[str] | None, bool]:
        """Return the readers who are no full members, and whether that could be told."""
        try:
            if not audience.only and self._memberships.conversation(audience.channel_id).is_shared:
                return None, True
            everybody = self._memberships.everybody()
            if readers is None:
                if not everybody.has_guests:
                    return frozenset(), True
                readers = self._memberships.members(audience.channel_id, fresh=fresh)
        except UnreadableError as err:
            logger.warning("whether guests read %s can't be told: %s", audience.channel_id, err)
            return None, False
        return readers - everybody.full - everybody.bots, True

    def _private_channels(
        self, audience: Audience, readers: frozenset[str] | None, among: Collection[str], *, fresh: bool
    ) -> tuple[list[str], bool]:
        """Return the private channels whose passages every reader may read, and whether all could be looked into."""
        found, is_certain = [], True
        for channel_id in among:
            if channel_id == audience.channel_id and not audience.only:
                found.append(channel_id)
            elif readers is not None:
                try:
                    if self._people(readers) <= self._memberships.members(channel_id, fresh=fresh):
                        found.append(channel_id)
                except UnreadableError as err:
                    logger.warning("the members of %s can't be read, so it is left out: %s", channel_id, err)
                    is_certain = False
        return found, is_certain

    def _people(self, readers: frozenset[str]) -> frozenset[str]:
        try:
            return readers - self._memberships.everybody().bots
        except UnreadableError:
            return readers  # a bot among them only makes it less

    def _allows(self, scope: Scope, chunk: Chunk, read_along: Callable[[str], bool]) -> bool:
        if chunk.team_id != scope.place.team_id:
            return False
        if chunk.channel_id is not None:
            return chunk.channel_id in scope.place.channel_ids
        return not scope.is_limited if chunk.said_in is None else read_along(chunk.said_in)

    def _read_along(self, scope: Scope, channel_id: str, *, fresh: bool) -> bool:
        """Return whether everybody in a scope may read what was said in a conversation while that was public."""
        if channel_id == scope.audience.channel_id and not scope.audience.only:
            return True
        try:
            if self._memberships.conversation(channel_id, fresh=fresh).is_private:
                readers = None if scope.readers is None else self._people(scope.readers)
            elif not scope.is_limited:
                return True
            else:
                readers = scope.outsiders
            return readers is not None and readers <= self._memberships.members(channel_id, fresh=fresh)
        except UnreadableError as err:
            logger.warning("who reads %s can't be told, so it is left out: %s", channel_id, err)
            return False
