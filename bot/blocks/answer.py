"""An answer, with its sources and a thumb up and down."""

from collections.abc import Sequence

from bot.answering.answerer import Source
from bot.blocks.layout import Block, context, section
from bot.slack.mrkdwn import SECTION_LIMIT, escape, shorten

FEEDBACK = "answer_feedback"
TITLE_LIMIT = 80


def answer(text: str, sources: Sequence[Source], *, answer_id: int) -> list[Block]:
    """Return the blocks of an answer; a refusal has neither sources nor buttons."""
    blocks = [section(escape(part)) for part in _parts(text)]
    return [*blocks, _sources(sources), _feedback(answer_id)] if sources else blocks


def failure(error_id: str) -> list[Block]:
    """Return the blocks that say a question could not be answered."""
    return [section(failure_text(error_id))]


def failure_text(error_id: str) -> str:
    """Return what to tell somebody whose question could not be answered."""
    return (
        ":warning: I couldn't answer that just now. Please ask again in a minute; "
        f"if it stays so, tell an admin `{error_id}`."
    )


def _parts(text: str) -> list[str]:
    """Cut a long answer at line ends, or at words, into what one section holds."""
    parts: list[str] = []
    # Escaping can make a text up to five times longer.
    limit = SECTION_LIMIT // 5 if any(sign in text for sign in "&<>") else SECTION_LIMIT
    while len(text) > limit:
        cut = max(text.rfind("\n", 0, limit), text.rfind(" ", 0, limit))
        cut = cut if cut > 0 else limit
        parts.append(text[:cut])
        text = text[cut:].lstrip()
    return [*parts, text]


def _sources(sources: Sequence[Source]) -> Block:
    lines = "\n".join(_source(source) for source in sources[:10])
    return context(f"*Sources*\n{lines}")


def _source(source: Source) -> str:
    title = escape(shorten(source.title, TITLE_LIMIT))
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
