"""The OpenAI-compatible door: the assistant as a model called `article-assistant`."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from assistant.server.api import examples
from assistant.server.api.access import require
from assistant.server.api.conversation import (
    MODEL,
    MODEL_BODY,
    ChatRequest,
    ModelBody,
    ModelsBody,
    read_conversation,
)
from assistant.server.api.errors import ApiError, request_id_of
from assistant.server.api.events import EventStream, sse, unless_left, with_errors
from assistant.server.api.schemas import error_responses
from assistant.server.api.state import api_of
from assistant.server.api.text import disarm, disarm_piece, render_sources
from assistant.types import Answer, Event, Finished, Token, Usage

_DONE = sse("[DONE]")
_EXAMPLE = {
    "id": "chatcmpl-6b1f",
    "object": "chat.completion",
    "created": MODEL_BODY["created"],
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": f"{examples.STATED} [1]\n\nSources:\n[1] “{examples.QUOTE}” — …",
            },
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1567, "completion_tokens": 33, "total_tokens": 1600},
    "citations": [examples.CITATION],
    "answer": examples.ANSWER,
}

router = APIRouter(prefix="/v1", tags=["openai"], dependencies=[Depends(require("ask"))])


@router.get(
    "/models",
    response_model=ModelsBody,
    summary="List the one model",
    responses=error_responses(401, 403),
)
async def list_models() -> dict[str, Any]:
    """Return the assistant as OpenAI's clients list models."""
    return {"object": "list", "data": [MODEL_BODY]}


@router.get(
    "/models/{model}",
    response_model=ModelBody,
    summary="Describe the model",
    responses=error_responses(401, 403, 404),
)
async def get_model(model: str) -> dict[str, Any]:
    """Return the model of this name."""
    _check_model(model)
    return MODEL_BODY


@router.post(
    "/chat/completions",
    response_model=None,
    summary="Answer the last message of a conversation",
    responses={
        200: {
            "description": "A chat completion, with the whole Answer in the field `answer` and "
            "its citations in `citations`. With `stream`: chunks, the last one with both.",
            "content": {
                "application/json": {"example": _EXAMPLE},
                "text/event-stream": {"example": "data: {...}\n\ndata: [DONE]\n\n"},
            },
        },
        **error_responses(400, 401, 403, 404, 413, 422, 429, 502, 503),
    },
)
async def complete(body: ChatRequest, request: Request) -> Response:
    """Answer as a chat model does, from the articles alone.

    The last user message is the question, earlier ones are turns; system messages are left
    aside. Sampling parameters are accepted and ignored. A stream holds only what was verified,
    so its text comes when the answer is checked; `"draft": true` shows the draft before, as
    `reasoning_content`.
    """
    _check_model(body.model)
    api = api_of(request)
    question, history = read_conversation(body)
    where = body.where.to_filter() if body.where else None
    listed = api.options.source_list if body.source_list is None else body.source_list
    ticket = api.answers.admit(question)
    if body.stream:
        events = api.answers.stream(ticket, question, history, where)
        lines = _chunks(_Reply(body, listed=listed), events)
        told = with_errors(lines, request_id_of(request))
        return EventStream(told, left=ticket.leave)
    with ticket:
        found = await unless_left(request, api.answers.answer(ticket, question, history, where))
    return JSONResponse(_completion(found, listed=listed))


async def _chunks(reply: _Reply, events: AsyncGenerator[Event]) -> AsyncGenerator[str]:
    async with aclosing(events):
        yield reply.chunk({"role": "assistant", "content": ""})
        async for event in events:
            if isinstance(event, Token) and reply.draft:
                yield reply.chunk({"reasoning_content": disarm_piece(event.text)})
            elif isinstance(event, Finished):
                for piece in reply.pieces(event.answer):
                    yield reply.chunk({"content": piece})
                for chunk in reply.last(event.answer):
                    yield chunk
        yield _DONE


class _Reply:
    """Writes the chunks of one streamed completion."""

    def __init__(self, body: ChatRequest, *, listed: bool) -> None:
        self.draft = body.draft
        self._listed = listed
        self._usage = bool(body.stream_options and body.stream_options.include_usage)
        self._head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": MODEL,
        }

    def pieces(self, answer: Answer) -> list[str]:
        """Cut the text where clients may show it: after each statement, then the sources."""
        if answer.refusal is not None:
            return [_text(answer, listed=self._listed)]
        texts = [
            statement.told + "".join(f" [{number}]" for number in statement.citations)
            for statement in answer.statements
        ]
        spaced = [text if index == 0 else f" {text}" for index, text in enumerate(texts)]
        sources = render_sources(answer) if self._listed else ""
        return [disarm(piece) for piece in (*spaced, sources) if piece]

    def chunk(self, delta: dict[str, Any], *, finish: str | None = None, **extra: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self._usage else {}
        return sse(self._head | {"choices": [choice]} | usage | extra)

    def last(self, answer: Answer) -> list[str]:
        """End the message, with the citations, and then the usage if that was asked for."""
        chunks = [self.chunk({}, finish="stop", **_extra(answer))]
        if self._usage:
            chunks.append(sse(self._head | {"choices": [], "usage": _usage(answer.usage)}))
        return chunks


def _completion(answer: Answer, *, listed: bool) -> dict[str, Any]:
    message = {"role": "assistant", "content": _text(answer, listed=listed), "refusal": None}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _usage(answer.usage),
    } | _extra(answer)


def _extra(answer: Answer) -> dict[str, Any]:
    plain = answer.to_dict()
    return {"citations": plain["citations"], "answer": plain}


def _text(answer: Answer, *, listed: bool) -> str:
    return disarm(answer.text + (render_sources(answer) if listed else ""))


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _check_model(name: str) -> None:
    if name != MODEL:
        raise ApiError(
            404,
            "model_not_found",
            "This server has no model of that name.",
            hint=f"Its only model is {MODEL!r}.",
            param="model",
        )
