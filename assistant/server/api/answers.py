"""Questions and searches."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant.server.api.access import require
from assistant.server.api.errors import request_id_of
from assistant.server.api.events import (
    EventStream,
    event_data,
    event_name,
    sse,
    unless_left,
    with_errors,
)
from assistant.server.api.schemas import (
    AnswerBody,
    AnswerRequest,
    SearchBody,
    SearchRequest,
    error_responses,
)
from assistant.server.api.state import api_of
from assistant.types import Event, to_plain

router = APIRouter(prefix="/v1", tags=["questions"], dependencies=[Depends(require("ask"))])

_STREAMED = (
    'event: retrieved\ndata: {"evidence": [...], "rewritten": null}\n\n'
    'event: token\ndata: {"text": "The Hwasong-15"}\n\n'
    'event: drafted\ndata: {"statements": ["The Hwasong-15 reached 4,500 km."]}\n\n'
    'event: verified\ndata: {"statement": {...}, "citations": [...]}\n\n'
    'event: finished\ndata: {"answer": {...}}\n\n'
)


@router.post(
    "/answers",
    response_model=None,
    summary="Answer a question, or refuse and say why",
    responses={
        200: {
            "model": AnswerBody,
            "description": "The whole answer; a refusal is an answer. As events if asked for.",
            "content": {"text/event-stream": {"example": _STREAMED}},
        },
        **error_responses(400, 401, 403, 413, 422, 429, 502, 503),
    },
)
async def answer(body: AnswerRequest, request: Request) -> Response:
    """Answer from the articles alone; each statement is cited to exact characters and checked.

    With `stream` or `Accept: text/event-stream` the answer comes as events: `retrieved`,
    `token` (of the draft, which is not verified yet), `drafted` (its statements), `verified`
    (each with what it cites) and, last, `finished` with the whole answer, or `error`. A `token`
    after a `drafted` begins a second draft, which takes the first one's place.
    """
    api = api_of(request)
    where = body.where.to_filter() if body.where else None
    history = [turn.to_turn() for turn in body.turns]
    streamed = body.stream or "text/event-stream" in request.headers.get("accept", "")
    ticket = api.answers.admit(body.question)
    if streamed:
        lines = _lines(api.answers.stream(ticket, body.question, history, where))
        told = with_errors(lines, request_id_of(request), event="error")
        return EventStream(told, left=ticket.leave)
    with ticket:
        found = await unless_left(
            request, api.answers.answer(ticket, body.question, history, where)
        )
    return JSONResponse(found.to_dict())


async def _lines(events: AsyncGenerator[Event]) -> AsyncGenerator[str]:
    async with aclosing(events):
        async for event in events:
            yield sse(event_data(event), event=event_name(event))


@router.post(
    "/search",
    response_model=SearchBody,
    summary="Find passages, without an answer",
    responses=error_responses(400, 401, 403, 413, 422, 503),
)
async def search(body: SearchRequest, request: Request) -> dict[str, Any]:
    """Return the passages that fit best by meaning and by words, best first."""
    where = body.where.to_filter() if body.where else None
    found = await run_in_threadpool(
        api_of(request).assistant.search, body.question, k=body.k, where=where
    )
    return {"question": body.question, "passages": to_plain(found)}
