"""users.*, bots.info, team.info, auth.test: who is here."""

from bot.playground.entities import Json, Person
from bot.playground.errors import SlackError
from bot.playground.messaging import SLACKBOT
from bot.playground.pages import numbered_page
from bot.playground.payloads import channel_payload, person_payload, team_payload
from bot.playground.web_api.call import Call
from bot.playground.web_api.conversations import wanted_kinds


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
    return {"user": _user(call, SLACKBOT if call.args.text("user") == SLACKBOT.id else call.person())}


def users_profile_get(call: Call) -> Json:
    """users.profile.get."""
    person = call.person() if call.args.has("user") else call.bot
    return {"profile": _user(call, person)["profile"]}


def users_list(call: Call) -> Json:
    """users.list: everybody on one page when no limit is asked for."""
    limit = call.args.integer("limit", 1000, low=1, high=1000, error="invalid_limit")
    people: list[Person] = list(call.workspace.people.values())
    page, cursor = numbered_page(people, call.args.text("cursor"), limit)
    return {
        "members": [_user(call, person) for person in page],
        "cache_ts": call.workspace.seconds(),
        "response_metadata": {"next_cursor": cursor},
    }


def users_lookup_by_email(call: Call) -> Json:
    """users.lookupByEmail."""
    email = call.args.required("email", "users_not_found")
    for person in call.workspace.people.values():
        payload = _user(call, person)
        if payload["profile"].get("email") == email:
            return {"user": payload}
    raise SlackError("users_not_found")


def users_conversations(call: Call) -> Json:
    """users.conversations: those that the bot, or `user`, is in and the bot may see."""
    user_id = call.person().id if call.args.has("user") else call.bot.id
    wanted = wanted_kinds(call)
    found = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in wanted
        and user_id in channel.members
        and call.workspace.may_see(call.bot.id, channel)
        and not (channel.is_archived and call.args.flag("exclude_archived"))
    ]
    limit = call.args.integer("limit", 100, low=1, high=1000, error="invalid_limit")
    page, cursor = numbered_page(found, call.args.text("cursor"), limit)
    channels = [channel_payload(call.workspace, channel, call.bot.id) for channel in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def users_get_presence(call: Call) -> Json:
    """users.getPresence: everybody is always there."""
    call.person()
    return {"presence": "active"}


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


def _user(call: Call, person: Person) -> Json:
    """Return a user object, without the e-mail address where the token's scopes don't reach it."""
    payload = person_payload(call.workspace, person)
    if "users:read.email" not in call.workspace.app.granted:
        payload["profile"].pop("email", None)
    return payload
