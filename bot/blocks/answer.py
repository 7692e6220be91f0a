"""An answer, with its sources and a thumb up and down."""

import json
from collections.abc import Sequence

from bot.answering.answerer import Source
from bot.blocks.layout import Block, context, section
from bot.slack.mrkdwn import SECTION_LIMIT, escape, fitting, shorten

FEEDBACK = "answer_feedback"
TITLE_LIMIT = 80
CITED = "*Sources*"
READ = "*Read for this answer, which cites none of it*"
SUMMARY_LIMIT = 300
VERIFIED = "Verified answer"
# Slack takes 13,200 characters of blocks in one message; the sources and buttons have to fit in beside the text.
MESSAGE_LIMIT = 13_000


def answer(text: str, sources: Sequence[Source], *, answer_id: int, note: str = "") -> list[Block]:
    """Return the blocks of an answer; a refusal has neither sources nor buttons. `note`: small print above it.

    An answer longer than a message holds is cut: what it rests on and the buttons are never left out.
    """
    ending = [*_sources(sources), _feedback(answer_id)] if sources else []
    beginning = [context(_noted(note))] if note else []
    room = MESSAGE_LIMIT - _characters([*beginning, *ending])
    return [*beginning, *(section(part) for part in _parts(text, room)), *ending]


def summary(text: str) -> str:
    """Return the notification text of an answer."""
    return escape(shorten(" ".join(text.split()), SUMMARY_LIMIT))


def failure(error_id: str) -> list[Block]:
    """Return the blocks that say a question could not be answered."""
    return [section(failure_text(error_id))]


def failure_text(error_id: str) -> str:
    """Return what to tell somebody whose question could not be answered."""
    return (
        ":warning: I couldn't answer that just now. Please ask again in a minute; "
        f"if it stays so, tell an admin `{error_id}`."
    )


def _noted(note: str) -> str:
    """Return small print; of a verified answer it begins with a mark."""
    return (
        f":white_check_mark: *Verified answer*{escape(note.removeprefix(VERIFIED))}"
        if note.startswith(VERIFIED)
        else escape(note)
    )


def _parts(text: str, room: int) -> list[str]:
    """Return a text escaped, in at most `room` characters, cut into what one section holds each."""
    if len(escape(text)) > room:
        text = f"{fitting(text, room - 1)}…"
    parts: list[str] = []
    while text:
        part = fitting(text, SECTION_LIMIT)
        parts.append(escape(part))
        text = text[len(part) :].lstrip()
    return parts


def _sources(sources: Sequence[Source]) -> list[Block]:
    """Return the list of sources, in as many blocks as its lines need."""
    paragraphs = [CITED if all(source.is_cited for source in sources) else READ]
    for line in map(_source, sources):
        if len(paragraphs[-1]) + 1 + len(line) > SECTION_LIMIT:
            paragraphs.append(line)
        else:
            paragraphs[-1] += f"\n{line}"
    return [context(paragraph) for paragraph in paragraphs]


def _characters(blocks: Sequence[Block]) -> int:
    """Return how long blocks are as Slack may count them: as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False))


def _source(source: Source) -> str:
    title = " ".join(source.title.split())
    title = escape(title if len(escape(title)) <= TITLE_LIMIT else f"{fitting(title, TITLE_LIMIT - 1)}…")
    if source.permalink:
        return f"[{source.number}] <{source.permalink}|{title.replace('|', '/')}> · approved answer"
    return f"[{source.number}] {title}"


def _feedback(answer_id: int) -> Block:
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": FEEDBACK,
                "positive_button": {"text": {"type": "plain_text", "text": "Good answer"}, "value": f"{answer_id}:1"},
                "negative_button": {"text": {"type": "plain_text", "text": "Bad answer"}, "value": f"{answer_id}:-1"},
            }
        ],
    }
