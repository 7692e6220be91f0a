"""What is shown of an answer while it is still being written: never more than may stay, and word by word."""

import re

from bot.slack.mrkdwn import JOINER, at_nobody, escape

_WORDS = re.compile(r"(\s+)")
_TARGET = re.compile(r"\]\(.*")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:).*", re.IGNORECASE)
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_QUOTE = re.compile(r">+")
LINK = "(link)"


def preview(text: str, *, is_whole: bool = False) -> str:
    """Return the part of Markdown that may be shown already, in Slack's Markdown, without links, images or mentions.

    More of the same text begins with the same preview, so that a stream can be added to. The last word is held back
    unless the text `is_whole`. What links there are stand in the answer's last version.
    """
    words = _WORDS.split(text)
    return "".join(map(_shown, words if is_whole else words[:-1]))


def _shown(word: str) -> str:
    if _QUOTE.fullmatch(word):
        return word
    word = _ADDRESS.sub(LINK, _TARGET.sub("]", word.replace("![", "[")))
    # Without a joiner, Slack makes a link of whatever looks like a domain.
    word = _DOMAIN.sub(f".{JOINER}", word.replace("]:", f"]{JOINER}:"))
    return at_nobody(escape(word))
