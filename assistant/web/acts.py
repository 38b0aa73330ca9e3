"""What the buttons and forms of the chat page ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.types import SearchFilter
from assistant.web.conversations import ConversationMissingError, Conversations
from assistant.web.drawing import ChatPage
from assistant.web.exporting import conversation_as_json, conversation_as_markdown
from assistant.web.feedback import rate
from assistant.web.filters import filter_from_form, listed_articles, words_of_form
from assistant.web.rendering.articles import EMPTY_PANE, render_article, render_evidence
from assistant.web.rendering.filters import render_filters
from assistant.web.sent import count_of
from assistant.web.sessions import Session, Visitor
from assistant.web.turns import places_of, places_with
from assistant.web.updates import Update, letter, say

if TYPE_CHECKING:
    from assistant.assistant import Assistant

Act = Callable[[Visitor, Session, Mapping[str, Any]], Awaitable[Update]]

FORGOTTEN = "The server does not know this page any more: load it again to go on."
"""Said where a page names a turn that its session has not."""


@dataclass
class Acts:
    """Each act of the chat page, by its name in `data-act`."""

    assistant: Assistant
    conversations: Conversations
    page: ChatPage

    def named(self, name: str) -> Act | None:
        """Return the act of this name if there is one."""
        acts: dict[str, Act] = {
            "open": self._open,
            "article": self._article,
            "evidence": self._evidence,
            "edit": self._edit,
            "rate": self._rate,
            "comment": self._comment,
            "new": self._new,
            "conversation": self._conversation,
            "search": self._search,
            "rename": self._rename,
            "delete": self._delete,
            "export": self._export,
            "filter": self._filter,
            "unfilter": self._unfilter,
            "redraw": self._redraw,
            "whole": self._whole,
        }
        return acts.get(name)

    async def _open(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        view = session.turn(str(data.get("turn", "")))
        if view is None:
            return say(FORGOTTEN)
        key = str(data.get("n"))
        places = places_with(view, key)
        chosen = next((item for item in places if item.key == key), None)
        if chosen is None:  # of a draft that was written anew
            return {}
        article = await asyncio.to_thread(self.assistant.article, chosen.article_id)
        session.reads_article = True
        return {"pane": render_article(article, places, chosen, view.turn_id)}

    async def _article(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        view = session.turn(str(data.get("turn", "")))
        article = await asyncio.to_thread(self.assistant.article, str(data.get("article", "")))
        session.reads_article = True
        places = places_of(view) if view else ()
        turn_id = view.turn_id if view else None
        begin = count_of(data.get("begin"))
        return {"pane": render_article(article, places, None, turn_id, begin=begin)}

    async def _evidence(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        session.reads_article = False
        view = session.turn(str(data.get("turn", ""))) or session.live
        return {"pane": render_evidence(view) if view else EMPTY_PANE}

    async def _edit(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        view = session.turn(str(data.get("turn", "")))
        return {"box": view.question, **letter(focus=True)} if view else say(FORGOTTEN)

    async def _rate(self, visitor: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        turn_id, up = str(data.get("turn", "")), data.get("up") == "yes"
        rate(self.conversations, visitor.name, turn_id, up=up)
        return self.page.redraw(visitor, session, turn_id)

    async def _comment(self, visitor: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        turn_id = str(data.get("turn", ""))
        view = self.conversations.turn(visitor.name, turn_id)
        comment = str(data.get("comment", "")).strip()
        rate(self.conversations, visitor.name, turn_id, up=bool(view.rated), comment=comment)
        return self.page.redraw(visitor, session, turn_id) | say("Thank you; your comment is kept.")

    async def _new(self, visitor: Visitor, session: Session, _: Mapping[str, Any]) -> Update:
        session.words = ""  # or the list would not show the new one
        return await self._show(visitor, session, "") | letter(focus=True)

    async def _conversation(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        try:
            return await self._show(visitor, session, str(data.get("id", "")))
        except ConversationMissingError as error:  # another page deleted it
            shown = await self._show(visitor, session, "")
            return shown | letter(say=str(error), conversation="")

    async def _show(self, visitor: Visitor, session: Session, conversation_id: str) -> Update:
        """Put another conversation on the page, one after the other as they are asked for."""
        session.stop.set()
        async with session.page_lock:
            return await asyncio.to_thread(self.page.show, visitor, session, conversation_id)

    async def _search(self, visitor: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        session.words = str(data.get("words", ""))[:200]
        return self.page.listing(visitor, session)

    async def _rename(self, visitor: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        self.conversations.rename(visitor.name, str(data.get("id", "")), str(data.get("said", "")))
        return self.page.listing(visitor, session)

    async def _delete(self, visitor: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        self.conversations.delete(visitor.name, str(data.get("id", "")))
        shown = await self._show(visitor, session, "")
        return shown | letter(conversation="", say="The conversation is deleted.")

    async def _export(self, visitor: Visitor, _: Session, data: Mapping[str, Any]) -> Update:
        chosen = str(data.get("id", ""))
        title = self.conversations.get(visitor.name, chosen).title
        turns = self.conversations.turns(visitor.name, chosen)
        if data.get("form") == "json":
            kind, suffix, whole = "application/json", "json", conversation_as_json(title, turns)
        else:
            kind, suffix, whole = "text/markdown", "md", conversation_as_markdown(title, turns)
        return letter(save={"name": f"conversation.{suffix}", "type": kind, "text": whole})

    async def _filter(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        articles = await asyncio.to_thread(self.assistant.articles)
        serial = count_of(data.get("serial"))
        if serial < session.filter_serial:  # a later change of the form overtook this one
            return {}
        session.filter_serial = serial
        shown = listed_articles(articles, session.where, session.filter_words)
        problem = ""
        try:
            session.where = filter_from_form(data.get("said"), articles, session.where, shown)
        except ValueError:
            problem = "Dates are written as YYYY-MM-DD."
        session.filter_words = words = words_of_form(data.get("said"))
        drawn = render_filters(session.where, articles, words, problem, opened=True, serial=serial)
        return {"filters": drawn}

    async def _unfilter(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        session.where, session.filter_words = SearchFilter(), ""
        session.filter_serial = max(session.filter_serial, count_of(data.get("serial")))
        articles = await asyncio.to_thread(self.assistant.articles)
        return {"filters": render_filters(session.where, articles)}

    async def _redraw(self, _: Visitor, session: Session, __: Mapping[str, Any]) -> Update:
        return self.page.past(session)

    async def _whole(self, visitor: Visitor, session: Session, _: Mapping[str, Any]) -> Update:
        async with session.page_lock:
            return await asyncio.to_thread(self.page.whole, visitor, session)
