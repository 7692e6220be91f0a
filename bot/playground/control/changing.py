"""What changes around the bot: channels, people, user groups."""

from dataclasses import replace
from typing import Any

from bot.playground import membership, rooms
from bot.playground.changes import PersonChanged
from bot.playground.control.request import ControlRequest
from bot.playground.entities import Channel, Json
from bot.playground.errors import SlackError
from bot.playground.ids import derived_id
from bot.playground.page_views import channel_view, person_view, user_group_view
from bot.playground.user_groups import create_group, set_members

CHANNEL_ACTS = ("create", "rename", "archive", "unarchive", "make_private", "make_public", "remove")


def channel(call: ControlRequest) -> Json:
    """Make, rename, archive, hide or show a channel, or remove somebody from it."""
    act = call.args.required("act")
    if act not in CHANNEL_ACTS:
        raise SlackError("invalid_arguments", f"act is one of {', '.join(CHANNEL_ACTS)}.")
    changed = _create(call) if act == "create" else _change(call, act)
    return {"channel": channel_view(call.workspace, changed, call.actor.id)}


def _create(call: ControlRequest) -> Channel:
    name, is_private = call.args.required("name"), call.args.flag("is_private")
    return rooms.create(call.workspace, call.actor, name, is_private=is_private)


def _change(call: ControlRequest, act: str) -> Channel:
    workspace, person = call.workspace, call.actor
    target = call.joined_channel(person)
    if act == "rename":
        return rooms.rename(workspace, target, person, call.args.required("name"))
    if act == "archive":
        return rooms.archive(workspace, target, person)
    if act == "unarchive":
        return rooms.unarchive(workspace, target, person)
    if act == "remove":
        return membership.leave(workspace, target, workspace.person(call.args.required("member")))
    return rooms.set_private(workspace, target, person, is_private=act == "make_private")


def person(call: ControlRequest) -> Json:
    """Change what a profile says."""
    fields: dict[str, Any] = {key: call.args.text(key) for key in ("real_name", "title") if call.args.has(key)}
    if call.args.has("is_admin"):
        fields["is_admin"] = call.args.flag("is_admin")
    changed = call.workspace.save_person(replace(call.actor, **fields))
    call.workspace.announce(PersonChanged(changed))
    return {"person": person_view(call.workspace, changed)}


def user_group(call: ControlRequest) -> Json:
    """Make a user group, or replace its members."""
    workspace, handle = call.workspace, call.args.required("handle").removeprefix("@")
    members = tuple(workspace.person(ref).id for ref in call.args.words("members"))
    known = next((group for group in workspace.user_groups.values() if group.handle == handle), None)
    if known is None:
        group_id = derived_id("S", workspace.team.id, handle)
        known = create_group(workspace, group_id, handle, call.args.text("name") or handle.title(), call.actor.id)
    return {"user_group": user_group_view(set_members(workspace, known, members, call.actor.id))}
