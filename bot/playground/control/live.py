"""The live feed as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from bot.playground.arguments import Arguments
from bot.playground.control.request import ControlRequest
from bot.playground.entities import Json
from bot.playground.feed import Feed
from bot.playground.playground import Playground

HEARTBEAT_S = 15.0


async def serve_events(request: Request) -> StreamingResponse:
    """Stream what happens from where the reader left off, as far as they may see it."""
    playground: Playground = request.app.state.playground
    call = ControlRequest(playground, Arguments(dict(request.query_params)))
    viewer = call.viewer
    cursor = request.headers.get("last-event-id") or call.args.text("after") or None
    stream = _stream(
        playground.feed,
        cursor,
        viewer=viewer.id if viewer else None,
        team_id=call.workspace.team.id,
        with_traffic=call.args.flag("traffic"),
    )
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _stream(
    feed: Feed, cursor: str | None, *, viewer: str | None, team_id: str, with_traffic: bool
) -> AsyncIterator[str]:
    bell = feed.subscribe()
    try:
        position = feed.position(cursor)
        if position is None:
            position = feed.position(None) or 0
            yield _event(feed, position, {"type": "reset"})
        else:
            yield ": here\n\n"  # so that a reader knows it is heard from now on
        while not feed.closed:
            bell.clear()
            for item in feed.after(position):
                position = item.number
                if item.team_id not in (None, team_id) or (item.is_traffic and not with_traffic):
                    continue
                data = item.render(viewer)
                if data is not None:
                    yield _event(feed, position, data)
            try:
                await asyncio.wait_for(bell.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        feed.unsubscribe(bell)


def _event(feed: Feed, number: int, data: Json) -> str:
    return f"id: {feed.cursor_of(number)}\ndata: {json.dumps(data)}\n\n"
