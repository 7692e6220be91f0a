"""usergroups.*: groups of people, and who is in them."""

from typing import Any

from bot.playground import user_groups
from bot.playground.entities import Json, UserGroup
from bot.playground.errors import SlackError
from bot.playground.ids import fresh_id
from bot.playground.payloads import user_group_payload
from bot.playground.web_api.call import Call


def list_all(call: Call) -> Json:
    """usergroups.list: disabled ones only when asked for."""
    with_users, with_disabled = call.args.flag("include_users"), call.args.flag("include_disabled")
    groups = [group for group in call.workspace.user_groups.values() if with_disabled or not group.disabled]
    return {"usergroups": [user_group_payload(call.workspace, group, with_users=with_users) for group in groups]}


def create(call: Call) -> Json:
    """usergroups.create."""
    name = call.args.required("name")
    handle = call.args.text("handle") or "-".join(name.lower().split())
    group = user_groups.create_group(call.workspace, fresh_id("S"), handle, name, call.bot.id)
    if call.args.has("description"):
        group = _changed(call, group, description=call.args.text("description"))
    return _answer(call, group)


def update(call: Call) -> Json:
    """usergroups.update: what is not sent stays."""
    group = _group(call)
    fields = {key: call.args.text(key) for key in ("name", "handle", "description") if call.args.has(key)}
    return _answer(call, _changed(call, group, **fields))


def enable(call: Call) -> Json:
    """usergroups.enable."""
    return _answer(call, _changed(call, _group(call), disabled=0))


def disable(call: Call) -> Json:
    """usergroups.disable."""
    return _answer(call, _changed(call, _group(call), disabled=call.workspace.seconds()))


def users_list(call: Call) -> Json:
    """usergroups.users.list."""
    return {"users": list(_group(call).members)}


def users_update(call: Call) -> Json:
    """usergroups.users.update: the members are replaced."""
    group = _group(call)
    members = call.args.words("users")
    if not members or not set(members) <= set(call.workspace.people):
        raise SlackError("invalid_users")
    return _answer(call, user_groups.set_members(call.workspace, group, tuple(members), call.bot.id))


def _group(call: Call) -> UserGroup:
    group = call.workspace.user_groups.get(call.args.required("usergroup", "no_such_subteam"))
    if group is None:
        raise SlackError("no_such_subteam")
    return group


def _changed(call: Call, group: UserGroup, **fields: Any) -> UserGroup:
    return user_groups.change_group(call.workspace, group, call.bot.id, **fields)


def _answer(call: Call, group: UserGroup) -> Json:
    return {"usergroup": user_group_payload(call.workspace, group, with_users=True)}
