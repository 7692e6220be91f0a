"""Filling a workspace: team, app, people, user groups, channels, a silent history. Doing it twice changes nothing."""

import hashlib
from dataclasses import replace
from typing import Any

from bot.playground.changes import Reseeded
from bot.playground.control.acting import typed
from bot.playground.control.request import ControlRequest
from bot.playground.entities import Channel, Json, Message, Person, UserGroup
from bot.playground.errors import SlackError
from bot.playground.ids import derived_id, normal_ts
from bot.playground.keys import refuse_unknown
from bot.playground.page_views import person_view
from bot.playground.subscriptions import checked_names
from bot.playground.workspace import Workspace

# Colours that keep white initials readable on them; who has none gets one by name.
_COLORS = ("#2f7d6b", "#8a4f9e", "#b5532a", "#2d6a9f", "#7a6a1f", "#a13f5d", "#4b5fa8", "#3f7a3a", "#96572f", "#0f6f8c")

_KEYS = {
    "team": "id name domain",
    "app": "name real_name title color commands shortcuts guide events",
    "app.commands": "command description usage_hint should_escape url",
    "app.shortcuts": "callback_id name type description",
    "people": "id name real_name display_name title color is_admin",
    "user_groups": "id handle name members",
    "channels": "id name is_private topic purpose members",
    "messages": "key channel user text thread ts reactions",
}


def seed(call: ControlRequest) -> Json:
    """Add and update what is listed; raises SlackError for a reference to somebody or something that isn't there."""
    workspace = _team(call)
    _app(workspace, call.object("app"))
    people = {entry["name"]: _person(workspace, entry) for entry in _entries(call, "people", "name")}
    groups = {entry["handle"]: _user_group(workspace, entry) for entry in _entries(call, "user_groups", "handle")}
    channels = {entry["name"]: _channel(workspace, entry) for entry in _entries(call, "channels", "name")}
    messages = _messages(workspace, _entries(call, "messages", "text"))
    workspace.announce(Reseeded())
    return {
        "team": vars(workspace.team),
        "bot": person_view(workspace, workspace.bot),
        "people": people,
        "user_groups": groups,
        "channels": channels,
        "messages": messages,
    }


def _entries(call: ControlRequest, name: str, key: str) -> list[Json]:
    return _checked(name, call.args.json(name, list) or [], key)


def _checked(name: str, entries: Any, key: str) -> list[Json]:
    """Return a list of objects that each have a `key`; raises SlackError for anything else."""
    if not isinstance(entries, list):
        raise SlackError("invalid_arguments", f"{name} is a list.")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get(key), str) or not entry[key]:
            raise SlackError("invalid_arguments", f"{name}[{index}] is an object with a {key!r}.")
        refuse_unknown(entry, _KEYS[name].split(), f"{name}[{index}]")
    return entries


def _people(workspace: Workspace, refs: Any) -> tuple[str, ...]:
    """Return the ids of a list of people; raises SlackError for anything else."""
    if not isinstance(refs, list):
        raise SlackError("invalid_arguments", "Members, and those who reacted, are lists of names.")
    return tuple(dict.fromkeys(workspace.person(str(ref)).id for ref in refs))


def _team(call: ControlRequest) -> Workspace:
    raw = call.args.values.get("team")
    if not isinstance(raw, dict):
        return call.workspace
    refuse_unknown(raw, _KEYS["team"].split(), "team")
    if not isinstance(raw.get("id", ""), str):
        raise SlackError("invalid_arguments", "A team's id is text.")
    name = str(raw.get("name") or "Playground")
    domain = str(raw.get("domain") or "".join(c if c.isalnum() else "-" for c in name.lower()))
    workspaces = call.playground.workspaces.values()
    known = next((w for w in workspaces if w.team.domain == domain or w.team.id == raw.get("id")), None)
    if known is None:
        untouched = next((w for w in workspaces if not w.channels and len(w.people) == 1), None)
        if untouched is not None and raw.get("id") in (None, untouched.team.id):
            known = untouched
        else:
            if untouched is not None:
                call.playground.remove_workspace(untouched)
            return call.playground.add_workspace(name, domain, raw.get("id"))
    known.save_team(replace(known.team, name=name, domain=domain))
    return known


def _app(workspace: Workspace, entry: Json) -> None:
    if not entry:
        return
    refuse_unknown(entry, _KEYS["app"].split(), "app")
    app, bot = workspace.app, workspace.bot
    commands, shortcuts = app.commands, app.shortcuts
    if "commands" in entry:
        commands = tuple(_checked("app.commands", entry["commands"], "command"))
    if "shortcuts" in entry:
        listed = _checked("app.shortcuts", entry["shortcuts"], "callback_id")
        shortcuts = tuple({"type": "message", **shortcut} for shortcut in listed)
    guide = entry.get("guide", app.guide)
    if guide is not None and not (isinstance(guide, dict) and {"channel", "question"} <= guide.keys()):
        raise SlackError("invalid_arguments", "app.guide is an object with a 'channel' and a 'question'.")
    events = app.events
    if "events" in entry:
        events = None if entry["events"] is None else checked_names(entry["events"])
    workspace.save_app(replace(app, commands=commands, shortcuts=shortcuts, guide=guide, events=events))
    fields: dict[str, Any] = {key: str(entry[key]) for key in ("name", "real_name", "title", "color") if key in entry}
    workspace.save_person(replace(bot, **fields))


def _person(workspace: Workspace, entry: Json) -> str:
    name = entry["name"]
    known = next((person for person in workspace.people.values() if person.name == name), None)
    if known is None:
        person_id = str(entry.get("id") or derived_id("U", workspace.team.id, name))
        color = _COLORS[hashlib.sha256(name.encode()).digest()[0] % len(_COLORS)]
        known = Person(person_id, name, name.title(), color=color)
    elif known.is_bot:
        raise SlackError("invalid_arguments", f"{name!r} is the bot's name; describe it under 'app'.")
    told = ("real_name", "display_name", "title", "color")
    fields: dict[str, Any] = {key: str(entry[key]) for key in told if key in entry}
    if "is_admin" in entry:
        fields["is_admin"] = bool(entry["is_admin"])
    return workspace.save_person(replace(known, **fields)).id


def _user_group(workspace: Workspace, entry: Json) -> str:
    handle = entry["handle"]
    known = next((group for group in workspace.user_groups.values() if group.handle == handle), None)
    if known is None:
        group_id = str(entry.get("id") or derived_id("S", workspace.team.id, handle))
        known = UserGroup(group_id, handle, handle.title())
    members = _people(workspace, entry["members"]) if "members" in entry else known.members
    return workspace.save_user_group(replace(known, name=str(entry.get("name", known.name)), members=members)).id


def _channel(workspace: Workspace, entry: Json) -> str:
    name = entry["name"]
    known = next((c for c in workspace.channels.values() if c.name == name and not c.is_direct), None)
    if known is None:
        channel_id = str(entry.get("id") or derived_id("C", workspace.team.id, name))
        known = Channel(channel_id, name, "channel", created=workspace.seconds())
    fields: dict[str, Any] = {key: str(entry[key]) for key in ("topic", "purpose") if key in entry}
    if "is_private" in entry:
        fields["kind"] = "group" if entry["is_private"] else "channel"
    listed = _people(workspace, entry.get("members", []))
    # Who joined since the first seed stays.
    members = tuple(dict.fromkeys((*known.members, *listed)))
    creator = known.creator or next(iter(members), "")
    return workspace.save_channel(replace(known, members=members, creator=creator, **fields)).id


def _messages(workspace: Workspace, entries: list[Json]) -> dict[str, str]:
    seeded: dict[str, str] = {}
    for entry in entries:
        key = str(entry.get("key") or _key(entry))
        ts = workspace.seeded_ts(key)
        if ts is None:
            ts = _message(workspace, entry, seeded).ts
            workspace.save_seeded(key, ts)
        seeded[key] = ts
    return seeded


def _message(workspace: Workspace, entry: Json, seeded: dict[str, str]) -> Message:
    channel = workspace.channel(str(entry.get("channel")))
    author = workspace.person(str(entry.get("user")))
    thread_ts = None
    if entry.get("thread"):
        thread_ts = seeded.get(str(entry["thread"])) or workspace.seeded_ts(str(entry["thread"]))
        if thread_ts is None:
            raise SlackError("thread_not_found", f"No message before has the key {entry['thread']!r}.")
    ts = _ts(workspace, entry, channel)
    reacted = entry.get("reactions") or {}
    if not isinstance(reacted, dict):
        raise SlackError("invalid_arguments", "reactions are {name of the emoji: [names of people]}.")
    reactions = {name: list(_people(workspace, refs)) for name, refs in reacted.items()}
    text = typed(workspace, entry["text"])
    message = Message(channel.id, ts, author.id, text, thread_ts, by_app=author.is_bot, reactions=reactions)
    return workspace.save_message(message)


def _ts(workspace: Workspace, entry: Json, channel: Channel) -> str:
    if "ts" not in entry:
        return workspace.timestamps.next()
    try:
        ts = normal_ts(str(entry["ts"]))
    except ValueError:
        raise SlackError("invalid_arguments", f"{entry['ts']!r} is not a timestamp.") from None
    if ts in workspace.log(channel.id):
        raise SlackError("invalid_arguments", f"#{channel.name} already has a message at {ts}.")
    return ts


def _key(entry: Json) -> str:
    parts = (str(entry.get(key, "")) for key in ("channel", "user", "text", "thread"))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
