"""Conversations of an export as documents to answer from: redacted, with the question as their title."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.collecting.candidates import redactions_in
from bot.collecting.exports.conversations import Rebuilt, guesses
from bot.collecting.exports.layout import Conversation
from bot.collecting.redaction.redacting import redact_sources
from bot.knowledge.splitting import split_plain
from bot.slack.messages import SlackMessage
from bot.slack.mrkdwn import shorten
from storage.knowledge import NewDocument

LONGEST_TITLE = 120


@dataclass(frozen=True)
class Told:
    """A conversation as it may be stored, None when nothing of it may, and what was replaced in it."""

    source: str
    document: NewDocument | None
    redactions: tuple[dict[str, Any], ...] = ()


def documents(channel: Rebuilt, conversation: Conversation, *, team_id: str, region: str) -> list[Told]:
    """Return a channel's threads, and outside them its questions with their answers, one document each.

    A thread whose first message is missing is none: nobody knows any more what it was about.
    """
    talks = [thread for thread in channel.threads if not thread[0].is_reply]
    by_question: dict[str, list[SlackMessage]] = {}
    for exchange in guesses(channel):
        by_question.setdefault(exchange.question.ts, [exchange.question]).extend(exchange.answers)
    talks += [tuple(said) for said in by_question.values()]
    return [_told(talk, conversation, team_id, region) for talk in talks]


def _told(talk: Sequence[SlackMessage], conversation: Conversation, team_id: str, region: str) -> Told:
    source = f"slack-export:{conversation.id}:{talk[0].ts}"
    said = [message for message in talk if message.is_said]
    texts = redact_sources(*(message.text for message in said), region=region)
    spoken = [text.text for text in texts if text.text]
    if len(spoken) < 2 or not talk[0].is_said or not texts[0].text:
        return Told(source, None)
    title = shorten(" ".join(texts[0].text.split()), LONGEST_TITLE)
    document = NewDocument(
        team_id=team_id,
        source=source,
        title=title,
        channel_id=conversation.id if conversation.is_private else None,
        chunks=tuple(split_plain("\n\n".join(spoken))),
        people=tuple(sorted({message.user_id for message in said})),
        said_in=conversation.id,
    )
    return Told(source, document, redactions_in(*(text.replaced for text in texts)))
