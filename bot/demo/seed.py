"""The demo's company in the words of the playground's control API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.blocks.teaching import TEACH
from bot.demo.content import Channel, Company, Conversation, DemoContent, Question

# What docs/slack-manifest.yaml subscribes to: the demo hears no more than the app does that people make from it.
EVENTS = (
    "app_mention",
    "message.im",
    "message.channels",
    "message.groups",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
    "app_home_opened",
    "file_deleted",
    "member_joined_channel",
    "member_left_channel",
    "user_change",
    "team_join",
)
FIRST_QUESTION = timedelta(hours=7, minutes=30)
"""How long after midnight the working day's first question may come."""
QUESTIONS_A_DAY = 6
SATURDAY = 5
BETWEEN_QUESTIONS = timedelta(minutes=90)
LONGEST_WAIT_S = 35 * 60
"""Seconds by which a question comes later than it might."""
REPLY_AFTER_S = (70, 13 * 60)
"""Seconds until the next reply, at least and at most."""


def showcase(content: DemoContent) -> Question:
    """Return the question the demo and the tour ask before and after: a document answers it, no conversation does.

    The first, which the starter model can answer.
    """
    return next(question for question in content.questions if question.document)


def channel_of(company: Company, channel_id: str) -> Channel:
    """Return a channel by its id."""
    return next(channel for channel in company.channels if channel.id == channel_id)


def approver_of(company: Company, conversation: Conversation) -> str:
    """Return the id of a reviewer who can read a conversation and did not write its good reply."""
    members = channel_of(company, conversation.channel).members
    return next(
        user_id
        for user_id in company.user_group.members
        if user_id in members and user_id != conversation.good_reply.author
    )


def reply_key(conversation: Conversation, number: int) -> str:
    """Return the key a conversation's reply, counted from 1, is seeded under."""
    return f"{conversation.id}/{number}"


def good_reply_key(conversation: Conversation) -> str:
    """Return the key the reply worth approving is seeded under."""
    return reply_key(conversation, conversation.replies.index(conversation.good_reply) + 1)


def workspace_seed(content: DemoContent, *, history_until: datetime | None) -> dict[str, Any]:
    """Return what makes a playground the company of `content`, in the control API's words.

    With `history_until`, the conversations were held in the weeks before it, in the hours and days of its time zone in
    which people work, silently: no event tells of them.
    """
    company = content.company
    asked = showcase(content)
    return {
        "team": {"id": company.team.id, "name": company.team.name, "domain": company.team.domain},
        "app": {
            "name": "timbre",
            "real_name": "Timbre",
            "commands": [
                {
                    "command": "/timbre",
                    "description": "Ask, review, learn, compare, roll back",
                    "usage_hint": "[help|ask|status|review|gaps|channels|opt-out|forget|retrain|rollback]",
                    "should_escape": True,
                }
            ],
            "shortcuts": [{"callback_id": TEACH, "name": "Teach Timbre this answer"}],
            "events": list(EVENTS),
            "guide": {"channel": channel_of(company, asked.channel).name, "question": asked.text},
        },
        "people": [
            {
                "id": person.id,
                "name": person.name,
                "real_name": person.real_name,
                "display_name": person.real_name,
                "title": person.title,
                "color": person.color,
                "is_admin": person.role == "admin",
            }
            for person in company.people
        ],
        "user_groups": [
            {
                "id": company.user_group.id,
                "handle": company.user_group.handle,
                "name": company.user_group.name,
                "members": list(company.user_group.members),
            }
        ],
        "channels": [
            {
                "id": channel.id,
                "name": channel.name,
                "is_private": channel.private,
                "topic": channel.topic,
                "members": [*channel.members, "timbre"],
            }
            for channel in company.channels
        ],
        "messages": list(_history(content, history_until)) if history_until else [],
    }


def _history(content: DemoContent, until: datetime) -> Iterator[dict[str, Any]]:
    for conversation, slot in zip(content.conversations, _slots(len(content.conversations), until), strict=True):
        # The same conversation always waits as long; no two of them do.
        rng = Random(conversation.id)  # noqa: S311  repeatable by design, no secret
        said_at = slot + timedelta(seconds=rng.uniform(0, LONGEST_WAIT_S))
        place = {"channel": conversation.channel}
        asked = conversation.question
        yield {**place, "key": conversation.id, "user": asked.author, "text": asked.text, "ts": _ts(said_at)}
        for number, reply in enumerate(conversation.replies, start=1):
            said_at += timedelta(seconds=rng.uniform(*REPLY_AFTER_S))
            yield {
                **place,
                "key": reply_key(conversation, number),
                "thread": conversation.id,
                "user": reply.author,
                "text": reply.text,
                "ts": _ts(said_at),
            }


def _slots(count: int, until: datetime) -> list[datetime]:
    """Return `count` times at which somebody might ask, ascending, the last on the working day before `until`."""
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    slots: list[datetime] = []
    while len(slots) < count:
        midnight -= timedelta(days=1)
        if midnight.weekday() < SATURDAY:
            first = midnight + FIRST_QUESTION
            slots += [first + BETWEEN_QUESTIONS * number for number in reversed(range(QUESTIONS_A_DAY))]
    return slots[count - 1 :: -1]


def _ts(at: datetime) -> str:
    return f"{at.timestamp():.6f}"
