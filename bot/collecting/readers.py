"""Who may review, and who may read what was said in private channels: asked at the moment of the act."""

import logging
from collections.abc import Iterable
from typing import Protocol

from slack_sdk.errors import SlackApiError

from storage.pairs import Pair

logger = logging.getLogger(__name__)


class RoleCheck(Protocol):
    """Who reviews."""

    def is_reviewer(self, user_id: str) -> bool: ...


class Memberships(Protocol):
    """Who is in which conversation."""

    def members(self, channel_id: str) -> frozenset[str]: ...


class PairReaders:
    """Answers for one workspace. Where memberships can't be read, nobody may."""

    def __init__(self, roles: RoleCheck, memberships: Memberships) -> None:
        self._roles = roles
        self._memberships = memberships

    def is_reviewer(self, user_id: str) -> bool:
        """Return whether somebody reviews."""
        return self._roles.is_reviewer(user_id)

    def may_read(self, user_id: str, pair: Pair) -> bool:
        """Return whether somebody may read a pair: one from a private channel is for its members."""
        return not pair.channel_is_private or self._is_member(user_id, pair.channel_id)

    def channels_of(self, user_id: str, channel_ids: Iterable[str]) -> list[str]:
        """Return those of some private channels that somebody is in."""
        return [channel_id for channel_id in channel_ids if self._is_member(user_id, channel_id)]

    def _is_member(self, user_id: str, channel_id: str) -> bool:
        try:
            return user_id in self._memberships.members(channel_id)
        except (SlackApiError, OSError) as err:
            logger.warning("the members of %s can't be read, so its pairs are shown to nobody: %s", channel_id, err)
            return False
