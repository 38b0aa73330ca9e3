"""What happens on the page of articles: search, read, add, remove, look at the index."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.doctor import examine
from assistant.errors import AssistantError, UserError
from assistant.types import AddReport
from assistant.web.filters import without_missing
from assistant.web.limits import RateLimit
from assistant.web.rendering.articles import render_article
from assistant.web.rendering.corpus import (
    Adding,
    Health,
    Outcome,
    TableView,
    render_adding,
    render_health,
    render_table,
    render_timeline,
)
from assistant.web.rendering.filters import render_filters
from assistant.web.sessions import Sessions, Visitor
from assistant.web.updates import Update, say

if TYPE_CHECKING:
    from assistant.assistant import Assistant

logger = logging.getLogger(__name__)

CORPUS_PARTS = (
    "table", "timeline", "reader", "health", "filters", "adding", "files", "urls", "courier",
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

    async def open_page(self, request: Any) -> Update:
        """Draw the page."""
        drawn = await self._drawn(request, TableView())
        return drawn | {"health": render_health(None), "reader": ""}

    async def act(self, data: Mapping[str, Any], request: Any) -> Update:
        """Do what a button of the page asks for."""
        self.sessions.visitor(request)
        try:
            return await self._act(str(data.get("act")), data, request)
        except AssistantError as error:
            return say(str(error))

    async def _act(self, act: str, data: Mapping[str, Any], request: Any) -> Update:
        article_id = str(data.get("article", ""))
        update: Update = {}
        match act:
            case "table":
                update = {"table": (await self._drawn(request, _table_view(data)))["table"]}
            case "read":
                article = await asyncio.to_thread(self.assistant.article, article_id)
                update = {"reader": render_article(article, (), None, None)}
            case "evidence":
                update = {"reader": ""}
            case "check":
                update = {"health": render_health(await asyncio.to_thread(self._examine))}
            case "remove":
                update = await self._remove(article_id, request)
        return update

    async def add(
        self, files: Sequence[str] | None, urls: str, request: Any
    ) -> AsyncGenerator[Update, None]:
        """Add uploaded files and web pages, one after the other, then bring the index in step."""
        self.sessions.visitor(request)
        outcomes = [Outcome(url, "failed", reason) for url, reason in _refused_urls(urls)]
        outcomes += [
            Outcome(Path(file).name, "failed", f"Only {', '.join(self.suffixes)} files are read.")
            for file in files or ()
            if Path(file).suffix.lower() not in self.suffixes
        ]
        refused = {item.name for item in outcomes}
        sources = [(Path(file).name, file) for file in files or ()]
        sources += [(url, url) for url in urls.split()]
        sources = [(name, source) for name, source in sources if name not in refused]
        try:
            self._check_change(self.sessions.editor(request))
            if len(sources) > _AT_ONCE:
                raise UserError(f"More than {_AT_ONCE} sources at once: add them in parts.")
        except UserError as error:
            yield say(str(error))
            return
        if not sources and not outcomes:
            yield say("Choose files, or write the address of a web page.")
            return
        for index, (name, source) in enumerate(sources):
            state = Adding(f"Reading {name}", index, len(sources) + 1, tuple(outcomes))
            yield {"adding": render_adding(state)}
            outcomes.append(await self._add_one(name, source))
        async for update in self._sync(outcomes, request):
            yield update

    async def _add_one(self, name: str, source: str) -> Outcome:
        try:
            report = await asyncio.to_thread(self.assistant.add, source)
        except AssistantError as error:
            return Outcome(name, "failed", str(error))
        return _outcome(name, report)

    async def _sync(self, outcomes: list[Outcome], request: Any) -> AsyncGenerator[Update, None]:
        at: list[tuple[str, int, int]] = [("Indexing", 0, 0)]

        def note(what: str, done: int, total: int) -> None:
            at[0] = (what, done, total)

        syncing = asyncio.ensure_future(asyncio.to_thread(self.assistant.sync, progress=note))
        while not syncing.done():
            yield {"adding": render_adding(Adding(*at[0], tuple(outcomes)))}
            await asyncio.wait({syncing}, timeout=_REDRAW_S)
        added = sum(item.kind == "added" for item in outcomes)
        failed = sum(item.kind == "failed" for item in outcomes)
        words = f"{added} added, {len(outcomes) - added - failed} already there, {failed} failed"
        try:
            syncing.result()
        except AssistantError as error:
            words += f". The index could not follow: {error}"
        done = Adding(words, 0, 0, tuple(outcomes), finished=True)
        drawn = await self._drawn(request, TableView())
        yield drawn | {"adding": render_adding(done), "files": None, "urls": ""}

    async def _remove(self, article_id: str, request: Any) -> Update:
        visitor = self.sessions.editor(request)
        self._check_change(visitor)
        title = (await asyncio.to_thread(self.assistant.article, article_id)).title
        await asyncio.to_thread(self.assistant.remove, article_id)
        drawn = await self._drawn(request, TableView())
        return drawn | {"reader": ""} | say(f"Removed “{title[:_TITLE_CHARS]}”.")

    def _check_change(self, visitor: Visitor) -> None:
        if not self.changes.allows(visitor.name):
            raise UserError(f"More than {self.changes.per_minute} changes a minute. Wait a little.")

    async def _drawn(self, request: Any, view: TableView) -> Update:
        visitor, session = self.sessions.of(request)
        entries = await asyncio.to_thread(self.assistant.entries)
        articles = await asyncio.to_thread(self.assistant.articles)
        session.where = without_missing(session.where, articles)
        return {
            "table": render_table(entries, view, may_edit=visitor.may_edit),
            "timeline": render_timeline(entries),
            "filters": render_filters(session.where, articles, session.filter_words),
        }

    def _examine(self) -> list[Health]:
        return [
            Health(item.ok, item.subject, item.message, item.remedy)
            for item in examine(self.assistant.settings, self.assistant)
        ]


def _table_view(data: Mapping[str, Any]) -> TableView:
    page = str(data.get("page", "1"))
    return TableView(
        words=str(data.get("words", ""))[:200],
        source=str(data.get("source", "")),
        sort=str(data.get("sort", "title")),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def _refused_urls(urls: str) -> list[tuple[str, str]]:
    """Return the words of the address field that are no addresses, and why.

    A path written there would be read from the server's own disk.
    """
    return [
        (url, "Write a whole address that begins with http:// or https://.")
        for url in urls.split()
        if urlsplit(url).scheme.lower() not in {"http", "https"} or not urlsplit(url).netloc
    ]


def _outcome(name: str, report: AddReport) -> Outcome:
    if report.failed:
        return Outcome(name, "failed", report.failed[0].reason)
    return Outcome(name, "added" if report.added else "unchanged")
