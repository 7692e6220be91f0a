"""files.*: the three-step upload, and looking files up."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.playground import files
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.playground import Playground
from bot.playground.web_api.call import Call


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal: step one."""
    length = call.args.integer("length", 0, low=0, high=10**12)
    announced = files.announce(
        call.workspace, call.args.required("filename"), length, call.args.text("alt_txt") or call.args.text("alt_text")
    )
    call.playground.uploads[announced.file_id] = announced
    return {"upload_url": f"{call.origin}/upload/{announced.file_id}", "file_id": announced.file_id}


async def serve_upload(request: Request) -> Response:
    """Take the bytes: step two. The address itself is the permission, once."""
    playground: Playground = request.app.state.playground
    announced = playground.uploads.get(request.path_params["file_id"])
    if announced is None:
        return PlainTextResponse("No upload was announced here.", 404)
    content = await request.body()
    if len(content) != announced.length:
        return PlainTextResponse(f"{announced.length} bytes were announced, {len(content)} came.", 400)
    del playground.uploads[announced.file_id]
    workspace = playground.workspaces[announced.team_id]
    origin = f"{request.url.scheme}://{request.url.netloc}"
    files.store(workspace, announced, workspace.bot, content, origin)
    playground.store.commit()
    return PlainTextResponse(f"OK - {len(content)}")


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: step three shares the files in a channel, when one is named."""
    wanted = call.args.json("files", list) or []
    if not wanted:
        raise SlackError("invalid_arguments", "The argument 'files' is missing.")
    records = []
    for entry in wanted:
        record = call.workspace.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
        if record is None:
            raise SlackError("file_not_found")
        title = str(entry.get("title") or record["name"])
        records.append(call.workspace.save_file(record | {"title": title}))
    channels = call.args.words("channels") or call.args.words("channel_id")
    for channel_id in channels:
        call.args.values["channel"] = channel_id
        files.share(
            call.workspace,
            records,
            call.joined_channel(),
            call.bot,
            call.args.text("initial_comment"),
            thread_ts=call.args.ts("thread_ts", "invalid_thread_ts"),
        )
    return {"files": [call.workspace.files[record["id"]] for record in records]}


def info(call: Call) -> Json:
    """files.info."""
    record = call.workspace.files.get(call.args.required("file", "file_not_found"))
    if record is None:
        raise SlackError("file_not_found")
    return {"file": record, "comments": [], "response_metadata": {"next_cursor": ""}}


def delete(call: Call) -> Json:
    """files.delete: the bot's own only."""
    record = call.workspace.files.get(call.args.required("file", "file_not_found"))
    if record is None:
        raise SlackError("file_not_found")
    if record["user"] != call.bot.id:
        raise SlackError("cant_delete_file")
    call.workspace.remove_file(record["id"])
    return {}


async def serve_file(request: Request) -> Response:
    """Serve a file's `url_private` to whoever holds the workspace's bot token."""
    playground: Playground = request.app.state.playground
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    workspace = playground.workspace_of_token(token)
    if workspace is None or workspace.team.id != request.path_params["team_id"]:
        return PlainTextResponse("This file needs the bot's token.", 403)
    content = workspace.file_contents.get(request.path_params["file_id"])
    if content is None:
        return PlainTextResponse("There is no such file.", 404)
    return Response(content, headers=files.download_headers(workspace.files[request.path_params["file_id"]]))
