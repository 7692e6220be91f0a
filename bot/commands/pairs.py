"""The commands that look at pairs, and bring them out and in."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.collecting.lineage import lineage, listed
from bot.collecting.pair_files import CHANNEL as FROM_FILE
from bot.collecting.pair_files import export_pairs, import_pairs
from bot.collecting.provenance import provenance_file
from bot.commands.opening import CommandError, open_database, open_kept, open_settings, team_of
from bot.console import note, print_json, say
from bot.slack.mrkdwn import shorten
from storage.clock import utc_now
from storage.listing import PairFilter, list_pairs
from storage.pairs import Origin, PairStatus

WIDTH = 70
ORIGINS = {
    Origin.THREAD: "a thread",
    Origin.CHANNEL: "a channel, outside threads",
    Origin.EXPORT: "a Slack export",
    Origin.FILE: "a file",
    Origin.CORRECTION: "a correction of an answer of Timbre's",
}
FEW = 20
"""How many refused lines are printed; JSON has them all."""
_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]+")


def pairs_list(data: Path | None, limit: int, before: int | None, as_json: bool, **wanted: Any) -> None:
    """List pairs, the newest first."""
    database = open_database(open_kept(data))
    with database.reading() as session:
        chosen = pair_filter(**wanted)
        pairs = list_pairs(session, chosen, team_id=team_of(database), before=before, limit=limit)
    database.close()
    if as_json:
        rows = [{**listed(pair), "question": pair.question, "answer": pair.answer} for pair in pairs]
        print_json({"pairs": rows, "next": pairs[-1].id if len(pairs) == limit else None})
        return
    for pair in pairs:
        private = " private" if pair.channel_is_private else ""
        say(f"{pair.id:>6}  {pair.status.value:<9}  {pair.channel_id}{private}  {_line(pair.question)}")
    if not pairs:
        note("timbre: no pair matches")
    elif len(pairs) == limit:
        note(f"timbre: there may be more; go on with --before {pairs[-1].id}")


def pairs_show(data: Path | None, pair_id: int, as_json: bool) -> None:
    """Print a pair with all that is known of it."""
    database = open_database(open_kept(data))
    try:
        with database.reading() as session:
            found = lineage(session, pair_id)
    except KeyError as err:
        raise CommandError(f"there is no pair {pair_id}; `timbre pairs list` has their numbers") from err
    finally:
        database.close()
    if as_json:
        print_json(found)
        return
    for line in _told(found):
        say(line)


def pairs_export(data: Path | None, out: Path, include_private: bool, **wanted: Any) -> None:
    """Write pairs as chats."""
    database = open_database(open_kept(data))
    chosen = replace(pair_filter(**wanted), with_private=include_private)
    count = export_pairs(database, chosen, out, team_id=team_of(database))
    database.close()
    say(f"{count} pairs in {out}, and where they come from in {provenance_file(out)}")


def pairs_import(data: Path | None, file: Path, as_json: bool) -> None:
    """Put a file's pairs into the review queue; exit 2 when a line was refused, after importing the others."""
    settings = open_settings(data)
    database = open_database(settings)
    try:
        done = import_pairs(database, file, team_id=team_of(database), region=settings.phone_region, now=utc_now)
    finally:
        database.close()
    if as_json:
        print_json(
            {
                "proposed": done.proposed,
                "already_known": done.already_known,
                "left_out": done.left_out,
                "without_system": done.without_system,
                "refused": done.refused,
            }
        )
    else:
        counts = f"{done.proposed} pairs proposed for review, {done.already_known} known before"
        say(f"{counts}, {len(done.refused)} lines refused.")
        if done.left_out:
            say(f"{done.left_out} were erased since, or are of people who opted out, and are left out.")
        if done.without_system:
            say(f"{done.without_system} had a system message, which is left out: Timbre writes its own.")
    for line in done.refused[:FEW]:
        note(f"timbre: {line}")
    if len(done.refused) > FEW:
        note(f"timbre: and {len(done.refused) - FEW} more; --json lists them all")
    if done.refused:
        raise SystemExit(2)


def pair_filter(
    *,
    status: str | None,
    channel: str | None,
    since: datetime | None,
    until: datetime | None,
    reviewer: str | None,
) -> PairFilter:
    """Return what to look for. Raises `CommandError` for a status there is not, or for a channel's name."""
    if status is not None and status not in list(PairStatus):
        raise CommandError(f"there is no status {status}; choose {', '.join(PairStatus)}")
    if channel is not None and channel != FROM_FILE and not _CHANNEL_ID.fullmatch(channel):
        raise CommandError(
            f"{channel} is no channel's id: give the id, like C0123456789, which Slack shows in the channel's details, "
            f"or {FROM_FILE} for pairs from a file"
        )
    return PairFilter(
        status=PairStatus(status) if status else None,
        channel_id=channel,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        reviewer=reviewer,
    )


def _line(text: str) -> str:
    return shorten(" ".join(text.split()), WIDTH)


def _told(found: dict[str, Any]) -> list[str]:
    lines = [
        f"pair {found['id']}: {found['status']}, from {ORIGINS[Origin(found['origin'])]}",
        f"where      {found['channel']}{' (private)' * found['channel_is_private']} {found['permalink']}".rstrip(),
        f"asked      by {found['asked_by'] or 'nobody known'}",
        f"answered   by {found['answered_by'] or 'nobody known'}, {found['answered_at'] or 'nobody knows when'}",
        f"found      {found['created_at']}",
        f"decided    {found['decided_at'] or 'not yet'}",
        f"hash       {found['hash']}",
    ]
    if found["edited_by"]:
        lines.append(f"edited     by {found['edited_by']}")
    if found["replaced_by"]:
        lines.append(f"replaced   by pair {found['replaced_by']}")
    lines += [f"placeholder {one['placeholder']} stands {one['count']} times" for one in found["replaced"]]
    lines += [_review(one) for one in found["reviews"]]
    lines += [
        f"duplicate  of pair {one['id']} ({one['similarity']:.2f}): {one['decision'] or 'nobody decided'}"
        for one in found["near_duplicates"]
    ]
    lines += [_use(one) for one in found["uses"]]
    return [*lines, "", f"Q: {found['question']}", f"A: {found['answer']}"]


def _review(one: dict[str, Any]) -> str:
    taken_back = f", taken back {one['taken_back_at']}" if one["taken_back_at"] else ""
    words = "" if one["on_these_words"] else ", on other words"
    return f"review     {one['verdict']} by {one['by']}, {one['via']}, {one['at']}{taken_back}{words}"


def _use(one: dict[str, Any]) -> str:
    voice = f", voice {one['adapter']}" if one["adapter"] else ""
    dataset = f", dataset {one['dataset_sha256'][:12]}" if one["dataset_sha256"] else ""
    return f"used       in run {one['run']} ({one['status']}) for {one['split']}{dataset}{voice}"
