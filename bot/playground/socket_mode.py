"""Socket Mode: the websocket that a bot opens to get its envelopes."""

import asyncio
import json
import logging

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.arguments import strict_json
from bot.playground.delivery import MAX_CONNECTIONS
from bot.playground.entities import Json
from bot.playground.playground import Playground

logger = logging.getLogger(__name__)

_HOST = "playground"
_END = None  # in a link's queue: close the connection


class SocketLink:
    """One connection. Frames go out in the order they were put, from one task."""

    def __init__(self, socket: WebSocket, playground: Playground) -> None:
        self._socket = socket
        self._playground = playground
        self._frames: asyncio.Queue[Json | None] = asyncio.Queue()

    def put(self, frame: Json) -> None:
        self._frames.put_nowait(frame)

    def warn(self, reason: str) -> None:
        """Send Slack's `disconnect` message, which asks the bot to open another connection."""
        self.put({"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}})

    def end(self) -> None:
        """Close once everything put before is sent."""
        self._frames.put_nowait(_END)

    async def pump(self) -> None:
        """Send what is put until told to end."""
        while (frame := await self._frames.get()) is not _END:
            self._playground.traffic.record("to_bot", "socket", _frame_name(frame), frame)
            await self._socket.send_text(json.dumps(frame))
        await self._socket.close(1000)


async def serve_link(socket: WebSocket) -> None:
    """Serve one Socket Mode connection from hello to close."""
    playground: Playground = socket.app.state.playground
    if not playground.tickets.redeem(socket.query_params.get("ticket", "")):
        await socket.close(4001)
        return
    await socket.accept()
    link = SocketLink(socket, playground)
    pump = asyncio.create_task(link.pump())
    try:
        if len(playground.delivery.links) >= MAX_CONNECTIONS:
            link.warn("too_many_websockets")
            link.end()
        else:
            link.put(_hello(playground))
            playground.delivery.add(link)
        await _receive(socket, playground)
    except WebSocketDisconnect:
        logger.debug("A Socket Mode connection was lost")
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)
        playground.delivery.remove(link)


async def _receive(socket: WebSocket, playground: Playground) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            answer = strict_json(message.get("text") or "")
        except ValueError:
            logger.warning("The bot sent a frame that is not JSON")
            continue
        if not isinstance(answer, dict) or "envelope_id" not in answer:
            continue
        playground.traffic.record("from_bot", "socket", "ack", answer)
        payload = answer.get("payload")
        if isinstance(payload, str):
            payload = {"text": payload}
        playground.delivery.acknowledge(str(answer["envelope_id"]), payload if isinstance(payload, dict) else None)


def _hello(playground: Playground) -> Json:
    return {
        "type": "hello",
        "num_connections": len(playground.delivery.links) + 1,
        "debug_info": {"host": _HOST, "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": playground.app_id},
    }


def _frame_name(frame: Json) -> str:
    payload = frame.get("payload", {})
    detail = payload.get("command") or payload.get("event", {}).get("type") or payload.get("type") or ""
    return f"{frame['type']} {detail}".strip()
