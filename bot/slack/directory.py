"""What the people of a workspace are called."""

from typing import Any

from slack_sdk import WebClient

PAGE = 200


class Directory:
    """Asks Slack anew each time: it is asked only when somebody mistyped a name."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def names(self) -> list[str]:
        """Return every handle and display name, in lower case."""
        found: list[str] = []
        cursor = ""
        while True:
            page = self._client.users_list(limit=PAGE, cursor=cursor)
            found += [name for user in page["members"] if not user.get("deleted") for name in _names(user)]
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return sorted(set(found))


def _names(user: dict[str, Any]) -> list[str]:
    names = (user.get("name"), (user.get("profile") or {}).get("display_name"))
    return [str(name).lower() for name in names if name]
