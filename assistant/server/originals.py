"""The files that articles were read from, as downloads that no browser opens by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant.errors import ArticleNotFoundError

if TYPE_CHECKING:
    from assistant.assistant import Assistant

MEDIA_TYPE = "application/octet-stream"


async def send_original(assistant: Assistant, article_id: str) -> Response:
    """Answer with the file of an article; raises what `Assistant.original` raises."""
    original = await run_in_threadpool(assistant.original, article_id)
    return Response(
        original.content,
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(original.name, safe='')}",
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


def originals_router() -> APIRouter:
    """Make the page's own way to the files; who may read the page may have them."""
    router = APIRouter()

    @router.get("/originals/{article_id}", include_in_schema=False)
    async def original(article_id: str, request: Request) -> Response:
        try:
            return await send_original(request.app.state.assistant, article_id)
        except ArticleNotFoundError as error:
            return PlainTextResponse(str(error), 404)

    return router
