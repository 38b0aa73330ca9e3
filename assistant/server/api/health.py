"""Is it alive, is it ready, what did it count?"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant.errors import AssistantError
from assistant.server.api.access import require
from assistant.server.api.schemas import HealthBody, error_responses
from assistant.server.api.state import api_of
from assistant.server.metrics import CONTENT_TYPE

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=HealthBody, summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Say so, and look at nothing."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    response_model=HealthBody,
    summary="Can it answer questions?",
    responses={503: {"model": HealthBody, "description": "Not now; `detail` says why."}},
)
async def readyz(request: Request) -> Response:
    """Look whether index and keys can be read; models are loaded before the server listens.

    A chat model on another server is not asked. With a Chroma server `detail` tells how far this
    process is behind it; one that could not reach it when it last looked is not ready.
    """
    api = api_of(request)
    if api.admission.closing:
        return JSONResponse({"status": "closing", "detail": "It is shutting down."}, 503)
    try:
        await run_in_threadpool(api.assistant.index.version)
        await run_in_threadpool(api.keys.keys)
    except AssistantError as error:
        return JSONResponse({"status": "not ready", "detail": str(error)}, 503)
    following = await run_in_threadpool(api.assistant.following)
    if following is not None and following.error:
        return JSONResponse({"status": "not ready", "detail": str(following)}, 503)
    return JSONResponse({"status": "ready", "detail": str(following) if following else ""})


@router.get(
    "/metrics",
    response_class=Response,
    dependencies=[Depends(require("ask"))],
    summary="Counters for Prometheus",
    responses={
        200: {"content": {"text/plain": {"example": "assistant_queue_waiting 0.0\n"}}},
        **error_responses(401, 403),
    },
)
async def metrics(request: Request) -> Response:
    """Return requests, seconds by stage, tokens, refusals, verdicts and the queue."""
    return Response(api_of(request).metrics.render(), media_type=CONTENT_TYPE)
