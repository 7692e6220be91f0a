"""What a pair says, shown to the letter: whoever approves it has to see what would be learnt."""

import difflib
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from bot.blocks.layout import Block, rich, run
from bot.collecting.redaction.placeholders import PLACEHOLDER, Kind
from bot.slack.mrkdwn import shorten

NAMES = {
    Kind.SECRET: ("secret", "secrets"),
    Kind.CARD: ("card number", "card numbers"),
    Kind.ACCOUNT: ("account number", "account numbers"),
    Kind.ID: ("identity number", "identity numbers"),
    Kind.EMAIL: ("e-mail address", "e-mail addresses"),
    Kind.PHONE: ("phone number", "phone numbers"),
    Kind.PERSON: ("person", "people"),
}
MOST_COMPARED = 1500
"""Words beyond which a difference takes too long to find."""
MOST_RUNS = 60
KEPT_WORDS = 12
"""How many words that did not change are shown on either side of those that did."""

_WORD = re.compile(r"\S+\s*|\s+")
_Change = tuple[str, str]


def quoted(text: str, limit: int) -> Block:
    """Return a text as a quotation of at most `limit` characters, with its placeholders set off."""
    return {"type": "rich_text_quote", "elements": _runs(shorten(text, limit))}


def titled(title: str, text: str, limit: int) -> Block:
    """Return a text under a bold title."""
    return rich({"type": "rich_text_section", "elements": [run(title, bold=True)]}, quoted(text, limit))


def asked_and_answered(question: str, answer: str, *, question_limit: int, answer_limit: int) -> Block:
    """Return a question with its answer quoted below, in one block."""
    asked = run(shorten(question, question_limit), bold=True)
    return rich({"type": "rich_text_section", "elements": [asked]}, quoted(answer, answer_limit))


def changed(title: str, before: str, after: str, limit: int) -> Block:
    """Return how a text changed: what went is struck out, what came is bold."""
    heading = {"type": "rich_text_section", "elements": [run(title, bold=True)]}
    return rich(heading, {"type": "rich_text_quote", "elements": _changed_runs(before, after, limit)})


def answer_changed(question: str, before: str, after: str, *, question_limit: int, answer_limit: int) -> Block:
    """Return what `asked_and_answered` does, with how the answer changed."""
    asked = run(shorten(question, question_limit), bold=True)
    quote = {"type": "rich_text_quote", "elements": _changed_runs(before, after, answer_limit)}
    return rich({"type": "rich_text_section", "elements": [asked]}, quote)


def replacements(redactions: Sequence[dict[str, Any]]) -> str:
    """Return what was replaced in a pair: "1 e-mail address, 2 people"; empty when nothing was."""
    by_kind = sorted((list(Kind).index(Kind(one["kind"])), one["placeholder"]) for one in redactions)
    counts = [(list(Kind)[kind], len({name for _, name in group})) for kind, group in groupby(by_kind, lambda x: x[0])]
    return ", ".join(f"{count} {NAMES[kind][count != 1]}" for kind, count in counts)


def _changed_runs(before: str, after: str, limit: int) -> list[Block]:
    return [run(text, **_STYLES[change]) for change, text in _cut(_collapsed(_changes(before, after)), limit)]


def _runs(text: str) -> list[Block]:
    runs: list[Block] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        runs += [run(text[end : match.start()])] if match.start() > end else []
        runs.append(run(match.group(), code=True))
        end = match.end()
    return [*runs, run(text[end:])] if end < len(text) else runs


_STYLES: dict[str, dict[str, bool]] = {"equal": {}, "delete": {"strike": True}, "insert": {"bold": True}}


def _changes(before: str, after: str) -> Iterator[_Change]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    yield "equal", "".join(old[:start])
    yield from _between(old[start : len(old) - end], new[start : len(new) - end])
    yield "equal", "".join(old[len(old) - end :])


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    if max(len(old), len(new)) > MOST_COMPARED:
        yield "delete", "".join(old)
        yield "insert", "".join(new)
        return
    for kind, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "equal", "".join(new[k:m])
        else:
            yield "delete", "".join(old[i:j])
            yield "insert", "".join(new[k:m])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two lists begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _collapsed(changes: Iterator[_Change]) -> Iterator[_Change]:
    """Shorten long stretches in which nothing changed to the words around what did."""
    found = [(change, text) for change, text in changes if text]
    for number, (change, text) in enumerate(found):
        words = _WORD.findall(text)
        if change == "equal" and len(words) > 3 * KEPT_WORDS and len(found) > 1:
            start = words[:KEPT_WORDS] if number else []
            end = words[-KEPT_WORDS:] if number < len(found) - 1 else []
            text = f"{''.join(start)}… {''.join(end)}"
        yield change, text


def _cut(changes: Iterator[_Change], limit: int) -> Iterator[_Change]:
    """Cut the end off what would not fit, never one side of a change alone."""
    for number, (change, text) in enumerate(changes):
        share = limit if change == "equal" else max(limit // 2, 1)
        yield change, shorten(text, share) if len(text) > share else text
        limit -= min(len(text), share)
        if limit <= 0 or number >= MOST_RUNS:
            yield "equal", "…"
            return
