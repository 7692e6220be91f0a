"""Names of emoji, as far as the playground needs to know them."""

import re

_NAME = re.compile(r"[a-z0-9_+'-]+(?:::skin-tone-[2-6])?")


def is_emoji_name(name: str) -> bool:
    """Say whether `name` can be an emoji's. Slack has thousands and teams add their own: only the form is checked."""
    return len(name) <= 100 and _NAME.fullmatch(name) is not None
