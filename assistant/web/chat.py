"""What happens when somebody asks, clicks or types on the chat page."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.types import ArticleReference, SearchFilter
from assistant.web.asking import answer_turn, history_of
from assistant.web.conversations import (
    ConversationMissingError,
    Conversations,
    filter_from_plain,
)
from assistant.web.exporting import conversation_as_json, conversation_as_markdown
from assistant.web.limits import RateLimit, Turnstile
from assistant.web.rendering.answers import render_turn
from assistant.web.rendering.articles import EMPTY_PANE, render_article, render_evidence
from assistant.web.rendering.chrome import (
    render_conversations,
    render_filters,
    render_past,
    render_title,
    render_welcome,
)
from assistant.web.sessions import Session, Sessions, Visitor
from assistant.web.turns import TurnView, places_of

if TYPE_CHECKING:
    from assistant.assistant import Assistant

logger = logging.getLogger(__name__)

Update = dict[str, Any]
"""New values by the names of the chat page's parts; parts that are not named stay as they are."""


@dataclass
class Chat:
    """The chat page of one assistant, for all its visitors. Gradio's parts are only names here."""

    assistant: Assistant
    conversations: Conversations
    sessions: Sessions
    turnstile: Turnstile
    questions: RateLimit

    async def open_page(self, conversation_id: str, request: Any) -> Update:
        """Draw a page that was just loaded, with its conversation if the address names one."""
        visitor, session = self.sessions.of(request)
        articles = await asyncio.to_thread(self.assistant.articles)
        update = {"filters": render_filters(session.where, articles), "pane": EMPTY_PANE}
        try:
            shown = await asyncio.to_thread(self._show, visitor, session, conversation_id, articles)
            return update | shown
        except AssistantError as error:
            return update | self._show(visitor, session, "", articles) | say(str(error))

    async def ask(self, question: str, request: Any) -> AsyncGenerator[Update, None]:
        """Answer a question, drawing it while it comes."""
        visitor, session = self.sessions.of(request)
        question = question.strip()
        if not question:
            yield {}
            return
        if session.live is not None and session.live.is_live:
            yield say("One answer at a time: stop it first.")
            return
        if not self.questions.allows(visitor.name):
            yield say(
                f"That is more than {self.questions.per_minute} questions a minute. Wait a little."
            )
            return
        view = TurnView(secrets.token_urlsafe(9), question, where=session.where)
        if session.live is not None:
            session.past.append(session.live)
        session.live, session.stop, session.reads_article = view, asyncio.Event(), False
        begun = {"box": "", "past": render_past(session.past)}
        begun |= self._begin(visitor, session, question)
        async for update in self._answer(visitor, session, view, begun):
            yield update

    async def _answer(
        self, visitor: Visitor, session: Session, asked: TurnView, begun: Update
    ) -> AsyncGenerator[Update, None]:
        """Draw one answer while it comes and keep it, whatever becomes of the page meanwhile."""
        conversation_id = session.conversation_id
        history = history_of(session.past)
        drawn: object = None
        view = asked
        answers = answer_turn(self.assistant, self.turnstile, asked, history, session.stop)
        try:
            async for view in answers:
                if not view.is_live:
                    self._keep(visitor, conversation_id, view)
                if session.live is None or session.live.turn_id != view.turn_id:
                    return  # the page shows another conversation by now
                session.live = view
                update: Update = {"live": render_turn(view)} | begun
                begun = {}
                if (view.evidence, view.answer) != drawn and not session.reads_article:
                    drawn = (view.evidence, view.answer)
                    update["pane"] = render_evidence(view)
                if not view.is_live:
                    update |= self._listing(visitor, session)
                yield update
        finally:
            await answers.aclose()
            if view.is_live:
                view = dataclasses.replace(view, stage="stopped")
                self._keep(visitor, conversation_id, view)
                if session.live is not None and session.live.turn_id == view.turn_id:
                    session.live = view

    def _keep(self, visitor: Visitor, conversation_id: str, view: TurnView) -> None:
        try:
            self.conversations.add(visitor.name, conversation_id, view)
        except ConversationMissingError:
            logger.debug("the conversation was deleted while an answer was on its way")

    async def ask_again(
        self, data: Mapping[str, Any], request: Any
    ) -> AsyncGenerator[Update, None]:
        """Ask an example, or an earlier question once more."""
        _, session = self.sessions.of(request)
        question = str(data.get("question", ""))
        if data.get("act") == "again":
            view = session.turn(str(data.get("turn", "")))
            question = view.question if view else ""
        async for update in self.ask(question, request):
            update.pop("box", None)
            yield update

    async def stop(self, request: Any) -> Update:
        """End the answer that this page waits for."""
        _, session = self.sessions.of(request)
        session.stop.set()
        return {}

    async def act(self, data: Mapping[str, Any], request: Any) -> Update:
        """Do what a button of the page asks for."""
        visitor, session = self.sessions.of(request)
        act = str(data.get("act", ""))
        found = getattr(self, f"_act_{act}", None)
        if found is None:
            return {}
        try:
            update: Update = await found(visitor, session, data)
        except AssistantError as error:
            return say(str(error))
        return update

    async def _act_open(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        view = session.turn(str(data.get("turn", "")))
        places = places_of(view) if view else ()
        chosen = next((item for item in places if str(item.number) == str(data.get("n"))), None)
        if view is None or chosen is None:
            return {}
        article = await asyncio.to_thread(self.assistant.article, chosen.article_id)
        session.reads_article = True
        return {"pane": render_article(article, places, chosen, view.turn_id)}

    async def _act_article(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        view = session.turn(str(data.get("turn", "")))
        article = await asyncio.to_thread(self.assistant.article, str(data.get("article", "")))
        session.reads_article = True
        places = places_of(view) if view else ()
        return {"pane": render_article(article, places, None, view.turn_id if view else None)}

    async def _act_evidence(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        session.reads_article = False
        view = session.turn(str(data.get("turn", ""))) or session.live
        return {"pane": render_evidence(view) if view else EMPTY_PANE}

    async def _act_edit(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        view = session.turn(str(data.get("turn", "")))
        return {"box": view.question, **letter(focus=True)} if view else {}

    async def _act_rate(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        turn_id, up = str(data.get("turn", "")), data.get("up") == "yes"
        self.conversations.rate(visitor.name, turn_id, up=up)
        return self._redraw(visitor, session, turn_id)

    async def _act_comment(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        turn_id = str(data.get("turn", ""))
        view = self.conversations.turn(visitor.name, turn_id)
        comment = str(data.get("comment", "")).strip()
        self.conversations.rate(visitor.name, turn_id, up=bool(view.rated), comment=comment)
        return self._redraw(visitor, session, turn_id) | say("Thank you; your comment is kept.")

    async def _act_new(self, visitor: Visitor, session: Session, _: Mapping[str, Any]) -> Update:
        session.stop.set()
        articles = await asyncio.to_thread(self.assistant.articles)
        return self._show(visitor, session, "", articles) | letter(conversation="", focus=True)

    async def _act_conversation(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        session.stop.set()
        chosen = str(data.get("id", ""))
        articles = await asyncio.to_thread(self.assistant.articles)
        return self._show(visitor, session, chosen, articles) | letter(conversation=chosen)

    async def _act_search(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        words = str(data.get("words", ""))[:200]
        found = self.conversations.found(visitor.name, words)
        return {"list": render_conversations(found, session.conversation_id, words)}

    async def _act_rename(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        self.conversations.rename(visitor.name, str(data.get("id", "")), str(data.get("said", "")))
        return self._listing(visitor, session)

    async def _act_delete(
        self, visitor: Visitor, session: Session, data: Mapping[str, Any]
    ) -> Update:
        self.conversations.delete(visitor.name, str(data.get("id", "")))
        session.stop.set()
        articles = await asyncio.to_thread(self.assistant.articles)
        shown = self._show(visitor, session, "", articles)
        return shown | letter(conversation="", say="The conversation is deleted.")

    async def _act_export(self, visitor: Visitor, _: Session, data: Mapping[str, Any]) -> Update:
        chosen = str(data.get("id", ""))
        title = self.conversations.get(visitor.name, chosen).title
        turns = self.conversations.turns(visitor.name, chosen)
        if data.get("form") == "json":
            kind, suffix, whole = "application/json", "json", conversation_as_json(title, turns)
        else:
            kind, suffix, whole = "text/markdown", "md", conversation_as_markdown(title, turns)
        return letter(save={"name": f"conversation.{suffix}", "type": kind, "text": whole})

    async def _act_filter(self, _: Visitor, session: Session, data: Mapping[str, Any]) -> Update:
        articles = await asyncio.to_thread(self.assistant.articles)
        try:
            where = _read_filter(data.get("said"), articles)
        except ValueError:
            problem = "Dates are written as YYYY-MM-DD."
            return {"filters": render_filters(session.where, articles, problem, opened=True)}
        session.where = where
        return {"filters": render_filters(where, articles, opened=True)}

    async def _act_unfilter(self, _: Visitor, session: Session, __: Mapping[str, Any]) -> Update:
        session.where = SearchFilter()
        articles = await asyncio.to_thread(self.assistant.articles)
        return {"filters": render_filters(session.where, articles)}

    def _begin(self, visitor: Visitor, session: Session, question: str) -> Update:
        """Make the conversation that a first question begins."""
        if session.conversation_id:
            return {}
        session.conversation_id = self.conversations.begin(visitor.name, question).conversation_id
        return self._listing(visitor, session) | letter(conversation=session.conversation_id)

    def _show(
        self,
        visitor: Visitor,
        session: Session,
        conversation_id: str,
        articles: list[ArticleReference],
    ) -> Update:
        """Put a kept conversation on the page, or an empty one."""
        turns = self.conversations.turns(visitor.name, conversation_id) if conversation_id else []
        session.conversation_id, session.reads_article = conversation_id, False
        session.past, session.live = turns[:-1], turns[-1] if turns else None
        if session.live:
            live = render_turn(session.live)
        else:
            live = render_welcome(len(articles), self.assistant.example_questions())
        return {
            "past": render_past(session.past),
            "live": live,
            "pane": render_evidence(session.live) if session.live else EMPTY_PANE,
        } | self._listing(visitor, session)

    def _listing(self, visitor: Visitor, session: Session) -> Update:
        current = None
        if session.conversation_id:
            current = self.conversations.get(visitor.name, session.conversation_id)
        found = self.conversations.found(visitor.name)
        return {
            "list": render_conversations(found, session.conversation_id, ""),
            "title": render_title(current),
        }

    def _redraw(self, visitor: Visitor, session: Session, turn_id: str) -> Update:
        kept = self.conversations.turn(visitor.name, turn_id)
        if session.live is not None and session.live.turn_id == turn_id:
            session.live = _rated(session.live, kept)
            return {"live": render_turn(session.live)}
        session.past = [
            _rated(view, kept) if view.turn_id == turn_id else view for view in session.past
        ]
        return {"past": render_past(session.past)}


def letter(**said: Any) -> Update:
    """Address the page itself: say, save, conversation, page, focus."""
    return {"courier": json.dumps(said | {"nonce": secrets.token_hex(4)}, ensure_ascii=False)}


def say(words: str) -> Update:
    """Show a short notice."""
    return letter(say=words)


def _rated(view: TurnView, kept: TurnView) -> TurnView:
    return dataclasses.replace(view, rated=kept.rated, note=kept.note)


def _read_filter(said: Any, articles: list[ArticleReference]) -> SearchFilter:
    """Read what the filter form says; unknown sources and articles are left out."""
    given = said if isinstance(said, Mapping) else {}
    sources = {item.source for item in articles}
    known = {item.article_id for item in articles}
    return filter_from_plain(
        {
            "sources": [name for name in given.get("source", ()) if name in sources],
            "published_from": next(iter(given.get("from", ())), ""),
            "published_to": next(iter(given.get("to", ())), ""),
            "article_ids": [name for name in given.get("article", ()) if name in known],
        }
    )
