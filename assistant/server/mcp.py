"""The assistant as an MCP server: tools to ask and search, articles as resources."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    ListResourcesResult,
    PaginatedRequestParams,
    Resource,
    TextContent,
    ToolAnnotations,
)
from pydantic import Field
from sse_starlette.sse import AppStatus
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.routing import Route

from assistant.errors import ArticleNotFoundError, AssistantError
from assistant.server.api.access import check_access
from assistant.server.api.errors import ApiError, error_response
from assistant.server.api.schemas import AnswerBody, ArticleBody, ArticlesBody, SearchBody
from assistant.server.api.state import Api, ApiOptions
from assistant.server.api.text import render_sources
from assistant.types import Finished, Retrieved, SearchFilter, Turn, Verified, to_plain

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from assistant.admission import Admission
    from assistant.assistant import Assistant

NAME = "article-assistant"
_SCHEME = "article"
_INSTRUCTIONS = (
    "Answers questions over a corpus of articles, and only from them. `ask` gives statements with "
    "citations and verdicts, or a refusal that says why; do not add to it from memory. `search` "
    "finds passages without writing an answer."
)
_LAST_WORDS_S = 1.0
"""Longest that an answer which is finished takes to be sent."""
_LISTED = 500
_CURSOR = re.compile(r"[0-9]{1,9}")

Question = Annotated[str, Field(description="One question about the articles.")]
Sources = Annotated[
    list[str] | None, Field(description="Search only articles of these sources, by exact name.")
]


class ArticleServer(MCPServer[Any]):
    """An MCP server whose list of resources is the list of articles as it is now."""

    def __init__(self, api: Api) -> None:
        super().__init__(NAME, title="Article assistant", instructions=_INSTRUCTIONS)
        self._api = api

    async def list_resources(self) -> list[Resource]:
        """List the articles."""
        found = await run_in_threadpool(self._api.assistant.articles)
        return [
            Resource(
                uri=f"{_SCHEME}://{item.article_id}",
                name=item.title,
                title=item.title,
                description=item.source,
                mime_type="text/plain",
            )
            for item in found
        ]

    async def _handle_list_resources(
        self,
        ctx: ServerRequestContext[Any],  # noqa: ARG002
        params: PaginatedRequestParams | None,
    ) -> ListResourcesResult:
        """List a part of them, which the package cannot: a cursor is how many came before."""
        cursor = params.cursor if params and params.cursor else "0"
        if not _CURSOR.fullmatch(cursor):
            raise MCPError(INVALID_PARAMS, "The cursor is none that this server gave.")
        begin = int(cursor)
        found = await self.list_resources()
        end = begin + _LISTED
        more = str(end) if end < len(found) else None
        return ListResourcesResult(resources=found[begin:end], next_cursor=more)


def build_server(api: Api) -> ArticleServer:
    """Return the MCP server of an assistant; questions go through the queue of its API."""
    server = ArticleServer(api)
    assistant = api.assistant
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(title="Ask the articles", annotations=reads)
    async def ask(
        question: Question,
        context: Context[Any, Any],
        earlier_questions: Annotated[
            list[str] | None, Field(description="Earlier questions that this one leans on.")
        ] = None,
        sources: Sources = None,
    ) -> Annotated[CallToolResult, AnswerBody]:
        """Answer a question from the articles: cited statements with verdicts, or a refusal."""
        history = [Turn(earlier) for earlier in earlier_questions or ()]
        with _tool_errors():
            ticket = api.answers.admit(question)
            with ticket:
                events = api.answers.stream(ticket, question, history, _filter(sources))
                try:
                    async for event in events:
                        if isinstance(event, Retrieved):
                            await context.report_progress(1, 3, "evidence found")
                        elif isinstance(event, Verified):
                            await context.report_progress(2, 3, "statement verified")
                        elif isinstance(event, Finished):
                            answer = event.answer
                finally:
                    await events.aclose()
        return _result(answer.text + render_sources(answer), answer.to_dict())

    @server.tool(title="Search the articles", annotations=reads)
    async def search(
        question: Question,
        limit: Annotated[int, Field(ge=1, le=50, description="Most passages.")] = 5,
        sources: Sources = None,
    ) -> Annotated[CallToolResult, SearchBody]:
        """Find the passages that fit a question best, without writing an answer."""
        with _tool_errors():
            found = await run_in_threadpool(
                assistant.search, question, k=limit, where=_filter(sources)
            )
        text = "\n\n".join(
            f"{item.article.title} ({item.article.article_id}, characters {item.start} to "
            f"{item.end})\n{item.text}"
            for item in found
        )
        return _result(
            text or "No passage was found.", {"question": question, "passages": to_plain(found)}
        )

    @server.tool(title="Get an article", annotations=reads)
    async def get_article(
        article_id: Annotated[str, Field(description="The id, or its first digits.")],
    ) -> Annotated[CallToolResult, ArticleBody]:
        """Return one whole article with its metadata."""
        with _tool_errors():
            article = await run_in_threadpool(assistant.article, article_id)
        return _result(
            f"{article.title}\n\n{article.text}", {"article_id": article.id, **to_plain(article)}
        )

    @server.tool(title="List the articles", annotations=reads)
    async def list_articles(
        limit: Annotated[int, Field(ge=1, le=1000, description="Most articles.")] = 100,
        offset: Annotated[int, Field(ge=0, description="Articles to pass over.")] = 0,
    ) -> Annotated[CallToolResult, ArticlesBody]:
        """List the articles by title, with their ids."""
        with _tool_errors():
            found = await run_in_threadpool(assistant.articles)
        part = found[offset : offset + limit]
        lines = [f"{item.article_id}  {item.title}" for item in part]
        return _result(
            "\n".join([f"{len(found)} articles", *lines]),
            {"total": len(found), "articles": to_plain(part)},
        )

    @server.resource(
        f"{_SCHEME}://{{article_id}}",
        name="article",
        title="An article",
        description="The text of an article; the offsets of citations count its characters.",
        mime_type="text/plain",
    )
    async def article(article_id: str) -> str:
        try:
            return (await run_in_threadpool(assistant.article, article_id)).text
        except ArticleNotFoundError as error:
            raise ResourceNotFoundError(str(error)) from error

    return server


def serve_stdio(assistant: Assistant) -> None:
    """Serve one client over standard input and output until it hangs up."""
    import anyio

    from assistant.server.logs import configure_logs

    configure_logs("plain")

    async def run() -> None:
        api = Api.of(assistant, ApiOptions.of(assistant.settings))
        await build_server(api).run_stdio_async()

    anyio.run(run)


def include_mcp(app: FastAPI, *, path: str = "/mcp") -> None:
    """Add MCP over streamable HTTP to an app that has the API; the app's guards check hosts.

    No session is kept between requests, so that any replica can serve any of them.
    """
    api: Api = app.state.api
    server = build_server(api)
    server.streamable_http_app(
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    app.state.mcp = server
    app.router.routes.append(
        Route(path, _Guarded(api, StreamableHTTPASGIApp(server.session_manager)))
    )


@asynccontextmanager
async def mcp_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run what serves MCP."""
    async with app.state.mcp.session_manager.run():
        yield


def keep_streams() -> None:
    """Let answers outlast the signal that ends the server: the package would cut them off."""
    AppStatus.enable_automatic_graceful_drain = False


async def end_streams(admission: Admission, *, grace_s: float) -> None:
    """End the streams that are left once the last answer is sent: nobody else does."""
    await admission.close(grace_s=grace_s)
    await asyncio.sleep(_LAST_WORDS_S)
    AppStatus.should_exit = True


class _Guarded:
    """Lets only requests with the scope `ask` through."""

    def __init__(self, api: Api, inner: StreamableHTTPASGIApp) -> None:
        self._api = api
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            check_access(
                self._api.keys,
                "ask",
                Headers(scope=scope),
                keys_required=self._api.options.keys_required,
            )
        except ApiError as error:
            request_id = scope.get("state", {}).get("request_id")
            await error_response(error, request_id)(scope, receive, send)
            return
        await self._inner(scope, receive, send)


@contextmanager
def _tool_errors() -> Iterator[None]:
    """Turn the errors of the tree into tool errors, which a model can read."""
    try:
        yield
    except AssistantError as error:
        raise ToolError(str(error)) from error


def _filter(sources: list[str] | None) -> SearchFilter | None:
    return SearchFilter(sources=tuple(sources)) if sources else None


def _result(text: str, structured: dict[str, Any]) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured
    )
