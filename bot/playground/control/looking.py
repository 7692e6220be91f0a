"""What a person sees: channels, messages, App Home, modals; and what passes between Slack and the bot."""

from starlette.responses import Response

from bot.playground.control.request import ControlRequest
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.files import download_headers
from bot.playground.page_views import channel_view, message_page, person_view, user_group_view


def state(call: ControlRequest) -> Json:
    """Return everything the page draws but the messages."""
    workspace, viewer = call.workspace, call.viewer
    viewer_id = viewer.id if viewer else None
    visible = [
        channel for channel in workspace.channels.values() if viewer is None or workspace.may_see(viewer.id, channel)
    ]
    visible_ids = {channel.id for channel in visible}
    teams = [vars(other.team) for other in call.playground.workspaces.values()]
    return {
        "cursor": call.playground.feed.cursor,
        "team": vars(workspace.team),
        "teams": teams,
        "me": person_view(workspace, viewer) if viewer else None,
        "bot": person_view(workspace, workspace.bot),
        "people": [person_view(workspace, person) for person in workspace.people.values()],
        "user_groups": [user_group_view(group) for group in workspace.user_groups.values()],
        "channels": [channel_view(workspace, channel, viewer_id) for channel in visible],
        "commands": list(workspace.app.commands),
        "shortcuts": list(workspace.app.shortcuts),
        "guide": workspace.app.guide,
        "statuses": [status for (channel_id, _), status in workspace.statuses.items() if channel_id in visible_ids],
        "prompts": [prompts for (channel_id, _), prompts in workspace.prompts.items() if channel_id in visible_ids],
        "connections": len(call.playground.delivery.links),
    }


def messages(call: ControlRequest) -> Json:
    """Return one page of a channel or a thread."""
    viewer = call.viewer
    channel = call.channel(viewer)
    found, has_more = message_page(
        call.workspace,
        channel,
        viewer.id if viewer else None,
        thread_ts=call.args.ts("thread_ts", "thread_not_found"),
        before=call.args.ts("before", "message_not_found"),
        limit=call.args.integer("limit", 50, low=1, high=1000),
    )
    return {"channel": channel.id, "messages": found, "has_more": has_more}


def home(call: ControlRequest) -> Json:
    """Return somebody's App Home, null when the bot has published none."""
    return {"view": call.workspace.homes.get(_viewer_id(call))}


def views(call: ControlRequest) -> Json:
    """Return the modals somebody has open, the top one last."""
    return {"views": call.workspace.modals.get(_viewer_id(call), [])}


def traffic(call: ControlRequest) -> Json:
    """Return raw frames."""
    after = call.args.integer("after", 0, low=0, high=10**9)
    return {"frames": call.playground.traffic.after(after, call.args.integer("limit", 200, low=1, high=1000))}


def file(call: ControlRequest) -> Response:
    """Return a file's content."""
    file_id = call.args.required("id", "file_not_found")
    if file_id not in call.workspace.files:
        raise SlackError("file_not_found", "There is no such file.")
    return Response(call.workspace.file_contents[file_id], headers=download_headers(call.workspace.files[file_id]))


def _viewer_id(call: ControlRequest) -> str:
    viewer = call.viewer
    if viewer is None:
        raise SlackError("invalid_arguments", "Say whose: ?as=NAME.")
    return viewer.id
