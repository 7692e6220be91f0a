"""An exchange in Slack becomes a candidate: what may be stored of it, with where it stands."""

from collections.abc import Callable
from typing import Any

from bot.collecting.exchanges import Exchange
from bot.collecting.redaction.placeholders import Replacement
from bot.collecting.redaction.redacting import redact, redact_sources
from storage.pairs import Candidate, Origin


def candidate_of(
    exchange: Exchange,
    *,
    team_id: str,
    channel_id: str,
    is_private: bool,
    region: str,
    permalink: Callable[[], str],
    origin: Origin | None = None,
) -> Candidate | None:
    """Return an exchange as it may be stored, None when either side says nothing, as a picture alone does.

    `permalink` is asked for only where there is something to store. The unredacted text goes no further than this.
    """
    question, *answers = redact_sources(
        exchange.question.text, *(message.text for message in exchange.answers), region=region
    )
    answer = "\n\n".join(part.text for part in answers if part.text)
    if not question.text or not answer:
        return None
    first = exchange.answers[0]
    return Candidate(
        team_id=team_id,
        channel_id=channel_id,
        channel_is_private=is_private,
        thread_ts=first.thread_ts,
        question_ts=exchange.question.ts,
        answer_ts=first.ts,
        question=question.text,
        answer=answer,
        asked_by=exchange.question.user_id,
        answered_by=first.user_id,
        permalink=permalink(),
        origin=origin or (Origin.THREAD if exchange.in_thread else Origin.CHANNEL),
        answer_parts=tuple(message.ts for message in exchange.answers),
        redactions=redactions_in(question.replaced, *(part.replaced for part in answers)),
        file_count=sum(len(message.file_names) for message in exchange.answers),
    )


def edited_text(question: str, answer: str, *, region: str) -> tuple[str, str, tuple[dict[str, Any], ...]]:
    """Return what a reviewer typed as it may be stored, and what was replaced in it."""
    asked, said = redact(question.strip(), answer.strip(), region=region)
    return asked.text, said.text, redactions_in(asked.replaced, said.replaced)


def redactions_in(*replaced: tuple[Replacement, ...]) -> tuple[dict[str, Any], ...]:
    """Return what was replaced in the texts of one pair: kind, placeholder and count, each placeholder once."""
    counts: dict[tuple[str, str], int] = {}
    for one in (replacement for text in replaced for replacement in text):
        counts[one.kind.value, one.placeholder] = counts.get((one.kind.value, one.placeholder), 0) + one.count
    return tuple({"kind": kind, "placeholder": name, "count": count} for (kind, name), count in counts.items())
