"""The messages of one exported conversation, and which of them are never collected."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from bot.collecting.exchanges import without
from bot.collecting.exports.archive import Archive, MemberError, Refused, printable
from bot.collecting.exports.layout import Conversation
from bot.collecting.exports.report import Report, Skip
from bot.slack.exported import LONGEST_MESSAGE, ExportError, read_exported
from bot.slack.messages import SlackMessage


def read_messages(
    archive: Archive,
    conversation: Conversation,
    report: Report,
    *,
    bots: Collection[str],
    opted_out: Collection[str],
) -> Iterator[list[SlackMessage]]:
    """Yield the messages of one day after the other; those that are never collected stand there empty.

    A file that can't be read goes into the report, and the next ones are read.
    """
    seen: set[str] = set()
    for name in conversation.days:
        try:
            messages = list(_day(archive.load(name), name, report))
        except MemberError as err:
            report.refused.append(Refused(printable(name), str(err)))
            messages = []
        fresh = list({message.ts: message for message in reversed(messages) if message.ts not in seen}.values())[::-1]
        report.skip(Skip.TWICE, len(messages) - len(fresh))
        seen.update(message.ts for message in fresh)
        report.messages += len(fresh)
        yield without([_collectable(message, report, bots, opted_out) for message in fresh], opted_out)


def _day(document: object, name: str, report: Report) -> Iterator[SlackMessage]:
    if not isinstance(document, list):
        raise MemberError("is not a list of messages")
    problems = []
    for number, payload in enumerate(document, start=1):
        try:
            yield read_exported(payload)
        except ExportError as err:
            problems.append(f"message {number}: {err}")
    if problems:
        report.skip(Skip.UNREADABLE, len(problems))
        more = f" (and {len(problems) - 1} more messages)" if len(problems) > 1 else ""
        report.refused.append(Refused(printable(name), f"{problems[0]}{more}; the others were read"))


def _collectable(
    message: SlackMessage, report: Report, bots: Collection[str], opted_out: Collection[str]
) -> SlackMessage:
    """Return a message, emptied when nobody may learn from it, and count why."""
    if message.user_id in bots:
        message = replace(message, is_from_bot=True)
    if message.is_notice:
        report.skip(Skip.NOTICE)
    elif message.is_from_bot:
        report.skip(Skip.BOT)
    elif not message.user_id:
        report.skip(Skip.NOBODY)
    elif message.user_id in opted_out:
        report.skip(Skip.OPTED_OUT)
    elif not message.text.strip():
        report.skip(Skip.NO_TEXT)
    elif len(message.text) > LONGEST_MESSAGE:
        report.skip(Skip.TOO_LONG)
        return replace(message, text="")
    return message
