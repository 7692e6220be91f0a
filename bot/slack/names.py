"""What somebody is called, as plain text: a mention would ping them."""

import time
from collections.abc import Callable

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

CACHE_SECONDS = 600.0
SOMEBODY = "somebody"


class Names:
    """Asks Slack, and remembers for ten minutes."""

    def __init__(self, client: WebClient, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, str]] = {}

    def of(self, user_id: str) -> str:
        """Return what somebody is called, "somebody" where Slack does not say."""
        if not user_id:
            return SOMEBODY
        known = self._known.get(user_id)
        if known is None or self._monotonic() - known[0] > CACHE_SECONDS:
            known = (self._monotonic(), self._read(user_id))
            self._known[user_id] = known
        return known[1]

    def _read(self, user_id: str) -> str:
        try:
            user = self._client.users_info(user=user_id)["user"]
        except (SlackClientError, OSError):
            return SOMEBODY
        profile = user.get("profile") or {}
        return str(profile.get("display_name") or user.get("real_name") or user.get("name") or SOMEBODY)
