"""An export goes into the review queue and, on request, into what Timbre answers from. Again, it adds nothing twice."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.collecting.exports.archive import Archive
from bot.collecting.exports.conversations import Ticks, proposals, rebuild
from bot.collecting.exports.days import read_messages
from bot.collecting.exports.documents import documents
from bot.collecting.exports.layout import Conversation, Layout
from bot.collecting.exports.report import Report
from bot.collecting.exports.storing import Store, Wanted
from bot.slack.messages import SlackMessage
from storage.database import Database
from storage.people import opted_out


def import_export(
    database: Database,
    archive: Archive,
    layout: Layout,
    channels: Sequence[Conversation],
    wanted: Wanted,
    *,
    now: Callable[[], datetime],
    on_progress: Callable[[int, int, str], None] = lambda _done, _total, _note: None,
) -> Report:
    """Store what the channels of an export hold, one channel after the other, and return what became of it."""
    report = Report(channels=len(channels), direct_messages=layout.direct, refused=[*archive.refused, *layout.refused])
    store = Store(database, wanted, report, now)
    with database.reading() as session:
        quiet = opted_out(session, team_id=wanted.team_id)
    total, done = sum(len(channel.days) for channel in channels), 0
    for channel in channels:
        messages: list[SlackMessage] = []
        for day in read_messages(archive, channel, report, bots=layout.bots, opted_out=quiet):
            messages += day
            done += 1
            on_progress(done, total, f"#{channel.name}")
        rebuilt = rebuild(messages)
        report.threads += len(rebuilt.threads)
        store.propose(channel, proposals(rebuilt, Ticks(wanted.approve_emoji, layout.bots)))
        if wanted.with_knowledge:
            store.put(documents(rebuilt, channel, team_id=wanted.team_id, region=wanted.region))
    return report
