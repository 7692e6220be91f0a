"""users.*, usergroups.*, bots.info, team.info, auth.test: who is here."""

from dataclasses import replace

from bot.playground.changes import UserGroupChanged
from bot.playground.entities import Json, Person
from bot.playground.errors import SlackError
from bot.playground.messaging import SLACKBOT
from bot.playground.pages import numbered_page
from bot.playground.payloads import channel_payload, person_payload, team_payload, user_group_payload
from bot.playground.web_api.call import Call


def auth_test(call: Call) -> Json:
    """auth.test."""
    return {
        "url": f"{call.origin}/",
        "team": call.workspace.team.name,
        "user": call.bot.name,
        "team_id": call.workspace.team.id,
        "user_id": call.bot.id,
        "bot_id": call.workspace.app.bot_id,
        "is_enterprise_install": False,
    }


def users_info(call: Call) -> Json:
    """users.info. Slackbot, who stands behind tombstones, is known though nobody sees it here."""
    if call.args.text("user") == SLACKBOT.id:
        return {"user": person_payload(call.workspace, SLACKBOT)}
    return {"user": person_payload(call.workspace, call.person())}


def users_profile_get(call: Call) -> Json:
    """users.profile.get."""
    person = call.person() if call.args.has("user") else call.bot
    return {"profile": person_payload(call.workspace, person)["profile"]}


def users_list(call: Call) -> Json:
    """users.list: everybody on one page when no limit is asked for."""
    limit = call.args.integer("limit", 1000, low=1, high=1000, error="invalid_limit")
    people: list[Person] = list(call.workspace.people.values())
    page, cursor = numbered_page(people, call.args.text("cursor"), limit)
    return {
        "members": [person_payload(call.workspace, person) for person in page],
        "cache_ts": call.workspace.seconds(),
        "response_metadata": {"next_cursor": cursor},
    }


def users_lookup_by_email(call: Call) -> Json:
    """users.lookupByEmail."""
    email = call.args.required("email", "users_not_found")
    for person in call.workspace.people.values():
        payload = person_payload(call.workspace, person)
        if payload["profile"].get("email") == email:
            return {"user": payload}
    raise SlackError("users_not_found")


def users_conversations(call: Call) -> Json:
    """users.conversations: those that the bot, or `user`, is in and the bot may see."""
    user_id = call.person().id if call.args.has("user") else call.bot.id
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    types = call.args.words("types") or ["public_channel"]
    if not set(types) <= set(kinds):
        raise SlackError("invalid_types")
    wanted = {kinds[kind] for kind in types}
    found = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in wanted and user_id in channel.members and call.workspace.may_see(call.bot.id, channel)
    ]
    limit = call.args.integer("limit", 100, low=1, high=1000, error="invalid_limit")
    page, cursor = numbered_page(found, call.args.text("cursor"), limit)
    channels = [channel_payload(call.workspace, channel, call.bot.id) for channel in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def users_get_presence(call: Call) -> Json:
    """users.getPresence: everybody is always there."""
    call.person()
    return {"presence": "active"}


def usergroups_list(call: Call) -> Json:
    """usergroups.list."""
    with_users = call.args.flag("include_users")
    groups = call.workspace.user_groups.values()
    return {"usergroups": [user_group_payload(call.workspace, group, with_users=with_users) for group in groups]}


def usergroups_users_list(call: Call) -> Json:
    """usergroups.users.list."""
    group = call.workspace.user_groups.get(call.args.required("usergroup", "no_such_subteam"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def usergroups_users_update(call: Call) -> Json:
    """usergroups.users.update: the members are replaced."""
    group = call.workspace.user_groups.get(call.args.required("usergroup", "no_such_subteam"))
    if group is None:
        raise SlackError("no_such_subteam")
    members = call.args.words("users")
    if not members or not set(members) <= set(call.workspace.people):
        raise SlackError("invalid_users")
    group = call.workspace.save_user_group(replace(group, members=tuple(dict.fromkeys(members))))
    call.workspace.announce(UserGroupChanged(group))
    return {"usergroup": user_group_payload(call.workspace, group, with_users=True)}


def bots_info(call: Call) -> Json:
    """bots.info: there is one bot."""
    app = call.workspace.app
    if call.args.has("bot") and call.args.text("bot") != app.bot_id:
        raise SlackError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": call.bot.real_name, "updated": call.bot.updated}
    return {"bot": bot | {"app_id": app.id, "user_id": app.bot_user_id, "icons": {}}}


def team_info(call: Call) -> Json:
    """team.info."""
    return {"team": team_payload(call.workspace.team, origin=call.origin)}
