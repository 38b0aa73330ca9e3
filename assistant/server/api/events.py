"""Server-sent events, and work that ends when the client leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.errors import AssistantError
from assistant.server.api.errors import error_body, internal_error
from assistant.types import Drafted, Event, Finished, Retrieved, Verified, to_plain

T = TypeVar("T")

PING_S = 10.0
_PING = ": still here\n\n"
_CLOSING: set[asyncio.Future[None]] = set()


class ClientLeftError(Exception):
    """Nobody waits for the response any more."""


class EventStream(StreamingResponse):
    """A stream of server-sent events that is closed for certain, also if it was never begun."""

    media_type = "text/event-stream"

    def __init__(self, lines: AsyncGenerator[str], *, left: Callable[[], None]) -> None:
        self._iterator = with_pings(lines)
        self._left = left
        super().__init__(
            self._iterator, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; however that ends, close their source and leave the queue."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left()
            # In a task of its own: this one may be cancelled, which ends every wait in it.
            closing = asyncio.ensure_future(self._iterator.aclose())
            _CLOSING.add(closing)
            closing.add_done_callback(_CLOSING.discard)


async def with_pings(lines: AsyncGenerator[str], *, every_s: float = PING_S) -> AsyncGenerator[str]:
    """Yield the lines, and a comment whenever nothing came for a while: proxies hang up else."""
    coming: asyncio.Task[str] | None = None
    try:
        while True:
            if coming is None:
                coming = asyncio.ensure_future(_next(lines))
            done, _ = await asyncio.wait({coming}, timeout=every_s)
            if not done:
                yield _PING
                continue
            try:
                line = coming.result()
            except StopAsyncIteration:
                return
            finally:
                coming = None
            yield line
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})
        await lines.aclose()


async def _next(lines: AsyncGenerator[str]) -> str:
    return await anext(lines)


async def with_errors(
    lines: AsyncGenerator[str], request_id: str | None, *, event: str | None = None
) -> AsyncGenerator[str]:
    """Yield the lines; an error is the last of them, since the status was sent before."""
    try:
        async with aclosing(lines):
            async for line in lines:
                yield line
    except AssistantError as error:
        yield sse(error_body(error, request_id), event=event)
    except Exception:
        yield sse(error_body(internal_error(), request_id), event=event)
        raise


def sse(data: Any, *, event: str | None = None) -> str:
    """Write one event. JSON has no line breaks, so that one data line holds it."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {text}\n\n"


def event_name(event: Event) -> str:
    """Return the name under which an event is sent."""
    return type(event).__name__.lower()


def event_data(event: Event) -> dict[str, Any]:
    """Return an event's JSON form."""
    if isinstance(event, Finished):
        return {"answer": event.answer.to_dict()}
    if isinstance(event, Verified):
        return {
            "statement": event.statement.to_dict(),
            "citations": to_plain(event.citations),
        }
    if isinstance(event, Drafted):
        return {"statements": list(event.statements)}
    if isinstance(event, Retrieved):
        return {"evidence": to_plain(event.evidence), "rewritten": event.rewritten}
    return {"text": event.text}


async def unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, and cancel it when the client disconnects.

    Raises:
        ClientLeftError: the client disconnected.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientLeftError
    finally:
        for task in (working, leaving):
            task.cancel()


async def _left(request: Request) -> None:
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return
