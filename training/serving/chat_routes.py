"""`POST /v1/chat/completions`: from the request to the model thread and back, whole or as a stream."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from training.serving.completions import DONE, Completion, error_event
from training.serving.engine import Engine
from training.serving.errors import GenerationFailed
from training.serving.generation import Event, Failed, Finished, Generation, Piece
from training.serving.metrics import Metrics
from training.serving.requests import ChatRequest, parse


class ChatRoutes:
    """Answers chats with `engine`."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine, self._metrics = engine, metrics

    async def complete(self, request: Request) -> Response:
        """Answer a chat. Generation stops when the client goes away."""
        asked_at = time.perf_counter()
        chat = parse(ChatRequest, await request.body())
        self._engine.check_model(chat.model)
        messages = [message.to_message() for message in chat.messages]
        prompt = await run_in_threadpool(self._engine.encode, messages)

        def counted(event: Event) -> None:
            if isinstance(event, Finished):
                seconds = time.perf_counter() - asked_at
                self._metrics.count_answer(chat.model, prompt_tokens=len(prompt), finished=event, seconds=seconds)
            mailbox.deliver(event)

        mailbox = Mailbox(asyncio.get_running_loop())
        generation = self._engine.submit(chat.model, prompt, chat.sampling(), counted, stream=chat.stream)
        completion = Completion(f"chatcmpl-{uuid.uuid4().hex}", chat.model, int(time.time()), len(prompt))
        if chat.stream:
            include_usage = chat.stream_options is not None and chat.stream_options.include_usage
            stream = _stream(generation, mailbox, completion, include_usage=include_usage)
            return _GenerationStream(stream, generation)
        finished = await _finished(request, generation, mailbox)
        return JSONResponse(completion.whole(finished))


class Mailbox:
    """Carries events from the model thread to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def deliver(self, event: Event) -> None:
        """Put an event in. Called on the model thread, which no client may break."""
        try:
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)
        except RuntimeError:
            # The loop is closed: the server is gone, and with it whoever waited.
            return

    async def next(self) -> Event:
        """Wait for the next event."""
        return await self._events.get()


class _GenerationStream(StreamingResponse):
    """Server-sent events. However the response ends, even before its first byte, the generation ends with it."""

    def __init__(self, events: AsyncIterator[str], generation: Generation) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
        self._generation = generation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._generation.cancel()


async def _stream(
    generation: Generation, mailbox: Mailbox, completion: Completion, *, include_usage: bool
) -> AsyncIterator[str]:
    yield completion.opening()
    while True:
        match await mailbox.next():
            case Piece(text):
                yield completion.piece(text)
            case Finished() as finished:
                yield completion.closing(finished)
                if include_usage:
                    yield completion.usage_event(finished)
                yield DONE
                return
            case Failed(message):
                yield error_event(GenerationFailed(message))
                return


async def _finished(request: Request, generation: Generation, mailbox: Mailbox) -> Finished:
    """Wait for the whole answer, or for the client to leave."""
    answer = asyncio.ensure_future(mailbox.next())
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise GenerationFailed("The client closed the connection.")
        outcome = answer.result()
    finally:
        generation.cancel()
        answer.cancel()
        gone.cancel()
    if isinstance(outcome, Finished):
        return outcome
    raise GenerationFailed(outcome.message if isinstance(outcome, Failed) else "The answer ended early.")


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
