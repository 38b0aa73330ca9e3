"""What happens on the page of articles: search, read, add, remove, look at the index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from assistant.doctor import examine
from assistant.errors import AssistantError, UserError
from assistant.web.adding import Addition, sources_of
from assistant.web.drawing import draw_welcome
from assistant.web.filters import without_missing
from assistant.web.limits import RateLimit
from assistant.web.rendering.adding import Adding, render_adding
from assistant.web.rendering.articles import render_article
from assistant.web.rendering.corpus import (
    Health,
    TableView,
    render_health,
    render_table,
    render_timeline,
)
from assistant.web.rendering.filters import render_filters
from assistant.web.sent import count_of
from assistant.web.sessions import Sessions, Visitor
from assistant.web.updates import Update, say

if TYPE_CHECKING:
    from assistant.assistant import Assistant

CORPUS_PARTS = (
    "table", "timeline", "reader", "health", "filters", "adding", "files", "urls", "live",
    "courier",
)  # fmt: skip
"""Parts of the page that change when articles are read, added or removed."""

_AT_ONCE = 100
_REDRAW_S = 0.2
_TITLE_CHARS = 200


@dataclass
class CorpusPage:
    """The page of articles of one assistant, for all its visitors."""

    assistant: Assistant
    sessions: Sessions
    changes: RateLimit
    suffixes: tuple[str, ...]
    _adding: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="adding")
    )
    """One addition after the other, and none in the threads that draw pages."""

    _additions: dict[str, list[Addition]] = field(default_factory=dict)
    """What each person adds, and what became of it, until a page has shown that."""

    _examination: asyncio.Future[Any] | None = None
    """What "Check now" waits for; whoever presses it meanwhile gets the same."""

    async def open_page(self, request: Any) -> Update:
        """Draw the page."""
        _, session = self.sessions.of(request)
        session.table = TableView()
        return await self._drawn(request) | {"health": render_health(None), "reader": ""}

    async def act(self, data: Mapping[str, Any], request: Any) -> Update:
        """Do what a button of the page asks for."""
        self.sessions.visitor(request)
        try:
            return await self._act(str(data.get("act")), data, request)
        except AssistantError as error:
            failed = {"health": render_health(None)} if data.get("act") == "check" else {}
            return failed | say(str(error))

    async def _act(self, act: str, data: Mapping[str, Any], request: Any) -> Update:
        article_id = str(data.get("article", ""))
        update: Update = {}
        match act:
            case "table":
                _, session = self.sessions.of(request)
                session.table = _table_view(data)
                update = {"table": (await self._drawn(request))["table"]}
            case "read" | "article":
                article = await asyncio.to_thread(self.assistant.article, article_id)
                begin = count_of(data.get("begin"))
                update = {"reader": render_article(article, (), None, None, begin=begin)}
            case "evidence":
                update = {"reader": ""}
            case "check":
                self._check_change(self.sessions.visitor(request))
                findings = await self._examined()
                looked = datetime.now(UTC).astimezone()
                update = {"health": render_health(findings, looked)}
            case "remove":
                update = await self._remove(article_id, request)
        return update

    async def add(
        self, files: Sequence[str] | None, urls: str, request: Any
    ) -> AsyncGenerator[Update, None]:
        """Add uploaded files and web pages and draw how far that is.

        What was begun goes on when the page is closed; `follow` draws it where it is opened again.
        """
        visitor = self.sessions.visitor(request)
        sources = sources_of(files or (), urls, self.suffixes)
        try:
            self._check_change(self.sessions.editor(request))
            if len(sources) > _AT_ONCE:
                raise UserError(f"More than {_AT_ONCE} sources at once: add them in parts.")
            if not sources:
                raise UserError("Choose files, or write the address of a web page.")
        except UserError as error:
            yield say(str(error))
            return
        others = self._additions.get(visitor.name, [])
        unfinished = [one for one in others if not one.seen().finished]
        addition = Addition(self.assistant, sources)
        self._additions[visitor.name] = [*unfinished, addition]
        asyncio.get_running_loop().run_in_executor(self._adding, addition.run)
        async for update in self.follow(request):
            yield update
        yield {"files": None, "urls": ""}

    async def follow(self, request: Any) -> AsyncGenerator[Update, None]:
        """Draw what this person is adding, on whatever page, until it is done."""
        name = self.sessions.visitor(request).name
        additions = self._additions.get(name, [])
        drawn: list[Adding] = []
        while additions:
            seen = [one.seen() for one in additions]
            if seen != drawn:
                drawn = seen
                yield {"adding": "".join(map(render_adding, seen))}
            if all(one.finished for one in seen):
                if self._additions.get(name) is additions:
                    del self._additions[name]
                yield await self._changed(request)
                return
            await asyncio.sleep(_REDRAW_S)
            additions = self._additions.get(name, additions)
        yield {}

    async def _examined(self) -> Any:
        if self._examination is None or self._examination.done():
            self._examination = asyncio.ensure_future(asyncio.to_thread(self._examine))
        return await asyncio.shield(self._examination)

    async def _remove(self, article_id: str, request: Any) -> Update:
        visitor = self.sessions.editor(request)
        self._check_change(visitor)
        title = (await asyncio.to_thread(self.assistant.article, article_id)).title
        await asyncio.to_thread(self.assistant.remove, article_id)
        drawn = await self._changed(request)
        return drawn | {"reader": ""} | say(f"Removed “{title[:_TITLE_CHARS]}”.")

    def _check_change(self, visitor: Visitor) -> None:
        if not self.changes.allows(visitor.name):
            most = f"{self.changes.per_minute} changes and checks a minute"
            raise UserError(f"That is more than {most}. Wait a little.")

    async def _changed(self, request: Any) -> Update:
        """Draw the page anew, and the chat's where that tells of the articles."""
        visitor, session = self.sessions.of(request)
        drawn = await self._drawn(request)
        if session.live is not None or session.conversation_id:
            return drawn
        articles = await asyncio.to_thread(self.assistant.articles)
        return drawn | await asyncio.to_thread(draw_welcome, self.assistant, articles, visitor)

    async def _drawn(self, request: Any) -> Update:
        visitor, session = self.sessions.of(request)
        entries = await asyncio.to_thread(self.assistant.entries)
        articles = await asyncio.to_thread(self.assistant.articles)
        session.where = without_missing(session.where, articles)
        return {
            "table": render_table(entries, session.table, may_edit=visitor.may_edit),
            "timeline": render_timeline(entries),
            "filters": render_filters(session.where, articles, session.filter_words),
        }

    def _examine(self) -> list[Health]:
        return [
            Health(item.ok, item.subject, item.message, item.remedy)
            for item in examine(self.assistant.settings, self.assistant)
        ]


def _table_view(data: Mapping[str, Any]) -> TableView:
    return TableView(
        words=str(data.get("words", ""))[:200],
        source=str(data.get("source", "")),
        sort=str(data.get("sort", "title")),
        page=count_of(data.get("page"), default=1),
    )
