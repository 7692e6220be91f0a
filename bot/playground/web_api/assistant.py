"""assistant.threads.*: what an agent shows while it works, and what it offers."""

from bot.playground import messaging, statuses
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.web_api.call import Call

MAX_LOADING_MESSAGES = 10
MAX_PROMPTS = 4
MAX_TITLE = 255


def set_status(call: Call) -> Json:
    """assistant.threads.setStatus: an empty status clears it."""
    channel = call.joined_channel("channel_id")
    thread_ts = call.args.required_ts("thread_ts", "invalid_thread_ts")
    if not channel.is_direct:
        thread_ts = messaging.thread_root(call.workspace, channel, thread_ts).ts
    loading = call.args.words("loading_messages")
    if len(loading) > MAX_LOADING_MESSAGES:
        raise SlackError("invalid_arguments", f"There are at most {MAX_LOADING_MESSAGES} loading messages.")
    statuses.set_status(call.workspace, channel.id, thread_ts, call.args.text("status"), tuple(loading))
    return {}


def set_suggested_prompts(call: Call) -> Json:
    """assistant.threads.setSuggestedPrompts: in a direct conversation, or in one of its threads."""
    channel = call.joined_channel("channel_id")
    if not channel.is_direct:
        raise SlackError("method_not_supported_for_channel_type")
    prompts = call.args.json("prompts", list) or []
    wrong = [p for p in prompts if not (isinstance(p, dict) and p.get("title") and p.get("message"))]
    if wrong or len(prompts) > MAX_PROMPTS:
        raise SlackError("invalid_arguments", f"There are at most {MAX_PROMPTS} prompts, each with title and message.")
    thread_ts = call.args.ts("thread_ts", "invalid_thread_ts") or ""
    statuses.set_prompts(call.workspace, channel.id, thread_ts, call.args.text("title"), tuple(prompts))
    return {}


def set_title(call: Call) -> Json:
    """assistant.threads.setTitle: kept on the thread's first message."""
    channel = call.joined_channel("channel_id")
    if not channel.is_direct:
        raise SlackError("method_not_supported_for_channel_type")
    title = call.args.required("title")
    if len(title) > MAX_TITLE:
        raise SlackError("invalid_arguments", f"A title has at most {MAX_TITLE} characters.")
    thread_ts = call.args.required_ts("thread_ts", "invalid_thread_ts")
    root = messaging.thread_root(call.workspace, channel, thread_ts)
    messaging.refresh(call.workspace, root, extra=root.extra | {"assistant_app_thread": {"title": title}})
    return {}
