"""Who may do what: reviewers are a Slack user group, admins are the workspace's own and those named in the settings."""

import time
from collections.abc import Callable

from slack_sdk import WebClient

CACHE_SECONDS = 30.0


class Roles:
    """Answers at the moment of an act, from Slack, remembered for half a minute."""

    def __init__(
        self,
        client: WebClient,
        *,
        reviewers: str,
        admin_ids: frozenset[str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._reviewers = reviewers
        self._admin_ids = admin_ids
        self._monotonic = monotonic
        self._groups: tuple[float, frozenset[str] | None] | None = None
        self._admins: dict[str, tuple[float, bool]] = {}

    def is_reviewer(self, user_id: str) -> bool:
        """Return whether somebody is in the reviewers' group; where there is no such group, admins review."""
        members = self._reviewer_ids()
        return self.is_admin(user_id) if members is None else user_id in members

    def is_admin(self, user_id: str) -> bool:
        """Return whether somebody is an admin of the workspace or named as one in the settings."""
        if user_id in self._admin_ids:
            return True
        known = self._admins.get(user_id)
        if known is None or self._monotonic() - known[0] > CACHE_SECONDS:
            user = self._client.users_info(user=user_id)["user"]
            known = (self._monotonic(), bool(user.get("is_admin") or user.get("is_owner")))
            self._admins[user_id] = known
        return known[1]

    def _reviewer_ids(self) -> frozenset[str] | None:
        if self._groups is None or self._monotonic() - self._groups[0] > CACHE_SECONDS:
            groups = self._client.usergroups_list(include_users=True)["usergroups"]
            members = [frozenset(group.get("users", ())) for group in groups if group["handle"] == self._reviewers]
            self._groups = (self._monotonic(), members[0] if members else None)
        return self._groups[1]
