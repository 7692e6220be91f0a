"""What a person types, turned into what Slack stores."""

import re
from collections.abc import Mapping

# Slack's own tokens may be typed as they are: a mention, a channel, a group or special mention, a link.
_TOKEN = re.compile(
    r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+(?:\|[^<>]*)?|![a-z]+(?:\^[^<>]*)?(?:\|[^<>]*)?|(?:https?|mailto):[^<>\s]+(?:\|[^<>]*)?)>"
)
_LINK = re.compile(r"https?://[^\s<>|`]+[^\s<>|`.,;:!?)\]'\"]")
_MENTION = re.compile(r"(?<![\w@/.-])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_CHANNEL = re.compile(r"(?<![\w#/&])#([a-z0-9][a-z0-9_-]*)", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def stored_text(typed: str, *, mentions: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Return `typed` as Slack stores it.

    `mentions` maps a lower-case handle to its token (`<@U…>`, `<!subteam^S…>`), `channels` a channel name to its id.
    Names that are in neither stay text, and so does everything inside code.
    """
    parts: list[str] = []
    end = 0
    for match in re.finditer(f"{_TOKEN.pattern}|{_CODE.pattern}", typed, re.DOTALL):
        parts.append(_plain(typed[end : match.start()], mentions, channels))
        parts.append(match.group() if _TOKEN.fullmatch(match.group()) else escape(match.group()))
        end = match.end()
    parts.append(_plain(typed[end:], mentions, channels))
    return "".join(parts)


def escape(text: str) -> str:
    """Return `text` with the three characters escaped that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, mentions: Mapping[str, str], channels: Mapping[str, str]) -> str:
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        parts.append(_names(text[end : match.start()], mentions, channels))
        parts.append(f"<{escape(match.group())}>")
        end = match.end()
    parts.append(_names(text[end:], mentions, channels))
    return "".join(parts)


def _names(text: str, mentions: Mapping[str, str], channels: Mapping[str, str]) -> str:
    def mention(match: re.Match[str]) -> str:
        # A handle may end in punctuation that belongs to the sentence: "ask @maya."
        name = match.group(1)
        stripped = name.rstrip("._-")
        token = mentions.get(name.lower())
        if token is not None:
            return token
        token = mentions.get(stripped.lower())
        return match.group() if token is None else token + name[len(stripped) :]

    def channel(match: re.Match[str]) -> str:
        name = match.group(1).lower()
        return f"<#{channels[name]}|{name}>" if name in channels else match.group()

    return _CHANNEL.sub(channel, _MENTION.sub(mention, escape(text)))
