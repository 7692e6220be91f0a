"""conversations.*: looking into channels, joining and opening them."""

from bot.playground.entities import Channel, Json, Message
from bot.playground.errors import SlackError
from bot.playground.membership import join as join_channel
from bot.playground.membership import leave as leave_channel
from bot.playground.membership import open_direct
from bot.playground.pages import cursor_to, numbered_page, position_of
from bot.playground.payloads import channel_payload, message_payload
from bot.playground.scope_names import FAMILIES
from bot.playground.scopes import demand
from bot.playground.web_api.call import Call

_KIND_BY_TYPE = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def list_all(call: Call) -> Json:
    """conversations.list: public channels, and the private ones the bot is in."""
    kinds = wanted_kinds(call)
    visible = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in kinds
        and call.workspace.may_see(call.bot.id, channel)
        and not (channel.is_archived and call.args.flag("exclude_archived"))
    ]
    page, cursor = numbered_page(visible, call.args.text("cursor"), _limit(call, 100, "invalid_limit"))
    channels = [channel_payload(call.workspace, channel, call.bot.id) for channel in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def wanted_kinds(call: Call) -> set[str]:
    """Return the kinds of conversation that `types` asks for; raises SlackError `invalid_types` or `missing_scope`."""
    types = call.args.words("types") or ["public_channel"]
    if not set(types) <= set(_KIND_BY_TYPE):
        raise SlackError("invalid_types")
    kinds = {_KIND_BY_TYPE[kind] for kind in types}
    for kind in kinds:
        demand(call.workspace.app.granted, [f"{FAMILIES[kind]}:read"])
    return kinds


def info(call: Call) -> Json:
    """conversations.info."""
    channel = call.visible_channel()
    payload = channel_payload(call.workspace, channel, call.bot.id)
    if not call.args.flag("include_num_members"):
        payload.pop("num_members", None)
    return {"channel": payload}


def history(call: Call) -> Json:
    """conversations.history: the channel's top level, newest first."""
    channel = call.joined_channel()
    limit = _limit(call, 100, "invalid_limit")
    messages = _public(call, _window(call, channel, None))
    position = position_of(call.args.text("cursor"))
    if position is not None:
        messages = [message for message in messages if message.ts < position]
    page = messages[::-1][:limit]
    has_more = len(messages) > limit
    answer: Json = {
        "messages": [_payload(call, message) for message in page],
        "has_more": has_more,
        "pin_count": len(call.workspace.pins.get(channel.id, [])),
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    if has_more:
        answer["response_metadata"] = {"next_cursor": cursor_to(page[-1].ts)}
    return answer


def replies(call: Call) -> Json:
    """conversations.replies: the thread's first message, then its replies; a reply's own ts gives that reply."""
    channel = call.joined_channel()
    ts = call.args.required_ts("ts", "thread_not_found")
    first = call.workspace.log(channel.id).get(ts)
    if first is None or first.visible_to is not None:
        raise SlackError("thread_not_found")
    limit = _limit(call, 1000, "invalid_limit")
    found = _public(call, _window(call, channel, ts))
    position = position_of(call.args.text("cursor"))
    if position is not None:
        found = [message for message in found if message.ts > position]
    page = found[:limit]
    has_more = len(found) > limit
    answer: Json = {
        "messages": [_payload(call, message) for message in [first, *page]],
        "has_more": has_more,
    }
    if has_more:
        answer["response_metadata"] = {"next_cursor": cursor_to(page[-1].ts)}
    return answer


def members(call: Call) -> Json:
    """conversations.members."""
    channel = call.visible_channel()
    page, cursor = numbered_page(channel.members, call.args.text("cursor"), _limit(call, 100, "invalid_limit"))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def open_conversation(call: Call) -> Json:
    """conversations.open: the direct conversation with one person or several, made when there is none."""
    if call.args.has("channel"):
        channel = call.joined_channel()
    else:
        ids = call.args.words("users")
        if not ids:
            raise SlackError("users_list_not_supplied")
        if len(ids) > 8:
            raise SlackError("too_many_users")
        if not set(ids) <= set(call.workspace.people):
            raise SlackError("user_not_found")
        if ids == [call.bot.id]:
            raise SlackError("cannot_dm_bot")
        demand(call.workspace.app.granted, ["im:write" if len(ids) == 1 else "mpim:write"])
        known = len(call.workspace.channels)
        channel = open_direct(call.workspace, call.bot, *(call.workspace.people[user_id] for user_id in ids))
        if len(call.workspace.channels) > known:
            return _opened(call, channel)
    return {"no_op": True, "already_open": True, **_opened(call, channel)}


def _opened(call: Call, channel: Channel) -> Json:
    whole = channel_payload(call.workspace, channel, call.bot.id)
    return {"channel": whole if call.args.flag("return_im") else {"id": channel.id}}


def join(call: Call) -> Json:
    """conversations.join: public channels only."""
    channel = call.visible_channel()
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    already = call.bot.id in channel.members
    channel = join_channel(call.workspace, channel, call.bot)
    answer: Json = {"channel": channel_payload(call.workspace, channel, call.bot.id)}
    if already:
        answer |= {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return answer


def leave(call: Call) -> Json:
    """conversations.leave."""
    channel = call.visible_channel()
    if call.bot.id not in channel.members:
        return {"not_in_channel": True}
    leave_channel(call.workspace, channel, call.bot)
    return {}


def _limit(call: Call, default: int, error: str) -> int:
    return call.args.integer("limit", default, low=1, high=1000, error=error)


def _window(call: Call, channel: Channel, thread_ts: str | None) -> list[Message]:
    """Return what lies between `oldest` and `latest`; the ends themselves only when `inclusive`."""
    oldest = call.args.ts("oldest", "invalid_ts_oldest")
    latest = call.args.ts("latest", "invalid_ts_latest")
    log = call.workspace.log(channel.id)
    found = log.top_level() if thread_ts is None else log.replies(thread_ts)
    inclusive = call.args.flag("inclusive")
    return [
        message
        for message in found
        if (oldest is None or message.ts > oldest or (inclusive and message.ts == oldest))
        and (latest is None or message.ts < latest or (inclusive and message.ts == latest))
    ]


def _payload(call: Call, message: Message) -> Json:
    """Return a message, with its metadata only when the bot asks for that."""
    payload = message_payload(call.workspace, message)
    if not call.args.flag("include_all_metadata"):
        payload.pop("metadata", None)
    return payload


def _public(_call: Call, messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.visible_to is None]
