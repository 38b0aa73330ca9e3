"""The articles: list, get, add, delete."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi import Path as InPath
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from assistant.errors import ArticleNotFoundError
from assistant.server.api import examples
from assistant.server.api.access import require
from assistant.server.api.errors import ApiError
from assistant.server.api.schemas import (
    AddedBody,
    ArticleBody,
    ArticlesBody,
    RemovedBody,
    error_responses,
)
from assistant.server.api.state import api_of
from assistant.server.originals import MEDIA_TYPE, send_original
from assistant.types import AddReport, to_plain

if TYPE_CHECKING:
    from assistant.assistant import Assistant

router = APIRouter(prefix="/v1/articles", tags=["articles"])

_reading = Depends(require("ask"))
_managing = Depends(require("manage"))
_PIECE_BYTES = 1 << 20
_NOTHING_KEPT = "Nothing was added; mend the source and send it again."

ArticleId = Annotated[
    str,
    InPath(
        description="The id of an article, or its first digits if only one article has them.",
        examples=[examples.ARTICLE_ID],
        max_length=64,
    ),
]


@router.get(
    "",
    response_model=ArticlesBody,
    dependencies=[_reading],
    summary="List the articles",
    responses=error_responses(401, 403, 422, 503),
)
async def list_articles(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most articles.")] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9, description="Articles to pass over.")] = 0,
) -> dict[str, Any]:
    """List the indexed articles by title."""
    found = await run_in_threadpool(api_of(request).assistant.articles)
    return {"total": len(found), "articles": to_plain(found[offset : offset + limit])}


@router.get(
    "/{article_id}",
    response_model=ArticleBody,
    dependencies=[_reading],
    summary="Get one article with its text",
    responses=error_responses(401, 403, 404, 422, 503),
)
async def get_article(article_id: ArticleId, request: Request) -> dict[str, Any]:
    """Return an article. The offsets of citations count the characters of its text."""
    article = await run_in_threadpool(api_of(request).assistant.article, article_id)
    return {"article_id": article.id, **to_plain(article)}


@router.get(
    "/{article_id}/original",
    response_class=Response,
    dependencies=[_reading],
    summary="Get the file that an article was read from",
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "The file as it was added."},
        **error_responses(401, 403, 404, 422, 503),
    },
)
async def get_original(article_id: ArticleId, request: Request) -> Response:
    """Return the file as it was added, to be saved."""
    return await send_original(api_of(request).assistant, article_id)


@router.post(
    "",
    status_code=201,
    response_model=AddedBody,
    dependencies=[_managing],
    summary="Add articles from a file or a web page",
    responses=error_responses(400, 401, 403, 409, 413, 422, 503, 507),
)
async def add_article(
    request: Request,
    file: Annotated[
        UploadFile | None, File(description="Text, Markdown, HTML, PDF or DOCX, with its suffix.")
    ] = None,
    url: Annotated[
        str | None,
        Form(description="A page of a public address.", examples=["https://example.com/story"]),
    ] = None,
) -> dict[str, Any]:
    """Store a file or a page in the corpus and index it; it is found from then on."""
    assistant = api_of(request).assistant
    if (file is None) == (url is None):
        raise ApiError(
            400,
            "file_or_url",
            "The form has to hold a file or a url, and not both.",
            hint="curl -F file=@story.pdf …, or curl -F url=https://example.com/story …",
        )
    if url is not None:
        if not url.startswith(("http://", "https://")):
            raise ApiError(
                422,
                "source_error",
                "The url is no http or https address.",
                hint="Write it in full, such as https://example.com/story.",
                param="url",
            )
        report = await run_in_threadpool(_add, assistant, url)
    else:
        assert file is not None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _file_name(file.filename)
            with path.open("wb") as kept:
                while piece := await file.read(_PIECE_BYTES):
                    await run_in_threadpool(kept.write, piece)
            report = await run_in_threadpool(_add, assistant, path)
    if report.failed and not (report.added or report.unchanged):
        raise ApiError(422, "source_error", report.failed[0].reason, hint=_NOTHING_KEPT)
    return {
        "added": list(report.added),
        "unchanged": list(report.unchanged),
        "failed": to_plain(report.failed),
    }


@router.delete(
    "/{article_id}",
    response_model=RemovedBody,
    dependencies=[_managing],
    summary="Delete an article",
    responses=error_responses(401, 403, 404, 409, 422, 503, 507),
)
async def delete_article(article_id: ArticleId, request: Request) -> dict[str, Any]:
    """Delete an article's files from the corpus; it is not found any more from then on.

    The whole id is needed: first digits are too easily those of another article.
    """
    assistant = api_of(request).assistant
    whole = await run_in_threadpool(assistant.article_id, article_id)
    if whole != article_id:
        raise ArticleNotFoundError(
            f"No article has the id {article_id!r}.", hint="Give all digits of the id."
        )
    await run_in_threadpool(assistant.remove, whole)
    return {"removed": whole}


def _add(assistant: Assistant, source: str | Path) -> AddReport:
    report = assistant.add(source)
    assistant.refresh()
    return report


def _file_name(given: str | None) -> str:
    """Keep the last part of the name, without what a file system refuses."""
    name = (given or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in name if letter.isprintable()).strip(". ")
    suffix = Path(kept).suffix[:10]
    stem = kept[: len(kept) - len(Path(kept).suffix)].encode("utf-8", "replace")[:120]
    return f"{stem.decode('utf-8', 'ignore') or 'upload'}{suffix}"
