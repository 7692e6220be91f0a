"""Who may do what: reviewers are a Slack user group, admins are the workspace's own and those named in the settings."""

import time
from collections.abc import Callable

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

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

    def has_reviewers(self) -> bool:
        """Return whether the reviewers' group exists."""
        return self._reviewer_ids() is not None

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
            known = (self._monotonic(), self._is_workspace_admin(user_id))
            self._admins[user_id] = known
        return known[1]

    def _is_workspace_admin(self, user_id: str) -> bool:
        try:
            user = self._client.users_info(user=user_id)["user"]
        except SlackApiError as err:
            # Somebody from another company, in a shared channel.
            if err.response["error"] in ("user_not_found", "user_not_visible"):
                return False
            raise
        return bool(user.get("is_admin") or user.get("is_owner"))

    def _reviewer_ids(self) -> frozenset[str] | None:
        if self._groups is None or self._monotonic() - self._groups[0] > CACHE_SECONDS:
            self._groups = (self._monotonic(), self._group_members())
        return self._groups[1]

    def _group_members(self) -> frozenset[str] | None:
        try:
            groups = self._client.usergroups_list(include_users=True)["usergroups"]
        except SlackApiError as err:
            # Workspaces on Slack's free plan have no user groups.
            if err.response["error"] == "plan_upgrade_required":
                return None
            raise
        members = (frozenset(group.get("users", ())) for group in groups if group["handle"] == self._reviewers)
        return next(members, None)
