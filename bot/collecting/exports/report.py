"""What became of an export, as the command tells it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.collecting.exports.archive import Refused


class Skip(StrEnum):
    """Why a message, or a proposal made of several, was left out."""

    BOT = "bot"
    NOTICE = "notice"
    NOBODY = "nobody"
    NO_TEXT = "no_text"
    OPTED_OUT = "opted_out"
    TOO_LONG = "too_long"
    TWICE = "twice"
    UNREADABLE = "unreadable"


@dataclass
class Report:
    """Counts. `proposed`: new pairs; `nominated`: those of them, and of earlier imports, that somebody newly ticked."""

    channels: int = 0
    direct_messages: int = 0
    messages: int = 0
    threads: int = 0
    proposed: int = 0
    nominated: int = 0
    already_known: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    def skip(self, why: Skip, count: int = 1) -> None:
        """Count what was left out."""
        if count:
            self.skipped[why.value] += count

    def count_replaced(self, redactions: Iterable[Mapping[str, Any]]) -> None:
        """Count what placeholders stand for in something that was stored."""
        for one in redactions:
            self.replaced[str(one["kind"])] += int(one["count"])

    def document(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "channels": self.channels,
            "direct_messages": self.direct_messages,
            "messages": self.messages,
            "threads": self.threads,
            "proposed": self.proposed,
            "nominated": self.nominated,
            "already_known": self.already_known,
            "skipped": dict(sorted(self.skipped.items())),
            "documents": {name: self.documents[name] for name in ("changed", "unchanged", "removed")},
            "replaced": dict(sorted(self.replaced.items())),
            "refused": [{"file": one.file, "reason": one.reason} for one in self.refused],
        }

    def lines(self) -> list[str]:
        """Return the report as a person reads it."""
        said = [
            f"{_count(self.messages, 'message')} in {_count(self.channels, 'channel')}, "
            f"{_count(self.threads, 'thread')}.",
            f"{_count(self.proposed, 'pair')} proposed for review, {self.already_known} known before; "
            f"people's reactions nominate {self.nominated}.",
        ]
        if self.documents:
            told = ", ".join(f"{count} {what}" for what, count in sorted(self.documents.items()) if count)
            said.append(f"Documents to answer from: {told or 'none'}.")
        if self.skipped:
            said.append(f"Left out: {_listed(self.skipped)}.")
        if self.direct_messages:
            said.append(f"Left out: {_count(self.direct_messages, 'direct conversation')}, as always.")
        if self.replaced:
            said.append(f"Replaced by placeholders: {_listed(self.replaced)}.")
        if self.refused:
            said.append(f"{_count(len(self.refused), 'file')} refused.")
        return said


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.most_common())
