"""The HTTP API: routers, their errors, and what surrounds every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Request

from assistant.server.api import answers, articles, completions, health
from assistant.server.api.errors import API_PATHS, ApiError, add_error_responses
from assistant.server.api.middleware import ApiMiddleware, upload_limit
from assistant.server.api.state import Api, ApiOptions

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant

__all__ = ["API_PATHS", "Api", "ApiOptions", "api_lifespan", "include_api"]

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_GRACE_S = 10.0
_BODY_BYTES = 1_000_000
"""Largest request that is not an article."""


def include_api(app: FastAPI, assistant: Assistant, options: ApiOptions) -> Api:
    """Add the routes of the API and everything they need; to be called before the web is mounted.

    `app.state.api` holds what they share. `ApiMiddleware` is added here, so that guards which
    are added later see a request first.
    """
    api = app.state.api = Api.of(assistant, options)
    for module in (answers, articles, completions, health):
        app.include_router(module.router)
    app.add_api_route("/v1/{rest:path}", _refuse_unknown, methods=_METHODS, include_in_schema=False)
    add_error_responses(app)
    app.add_middleware(
        ApiMiddleware,
        metrics=api.metrics,
        limits={"/v1/articles": upload_limit(assistant.settings.source_bytes)},
        limit=_BODY_BYTES,
        tracing=assistant.tracing,
    )
    return api


async def _refuse_unknown(request: Request) -> None:
    # Else the web chat, which takes every path that is left, would answer.
    raise ApiError(
        404,
        "not_found",
        f"There is no {request.method} {request.url.path}.",
        hint="See /openapi.json for paths and methods.",
    )


@asynccontextmanager
async def api_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Admit nobody any more at the end, and let those at work finish."""
    api: Api = app.state.api
    try:
        yield
    finally:
        await api.admission.close(grace_s=_GRACE_S)
