"""What happens when somebody asks, clicks or types on the chat page."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.admission import Admission
from assistant.errors import AssistantError
from assistant.types import SearchFilter
from assistant.web.acts import FORGOTTEN, Acts
from assistant.web.asking import Record, Unrecorded, answer_turn, history_of
from assistant.web.conversations import ConversationMissingError, Conversations
from assistant.web.drawing import ChatPage
from assistant.web.filters import without_missing
from assistant.web.limits import AtOnce, RateLimit
from assistant.web.rendering.articles import render_evidence
from assistant.web.rendering.filters import render_filters
from assistant.web.sessions import Session, Sessions, Visitor
from assistant.web.turns import TurnView
from assistant.web.updates import Update, letter, say

if TYPE_CHECKING:
    from assistant.assistant import Assistant

_GONE = "This conversation was deleted meanwhile: the answer is not kept."

ASKING_PARTS = ("live", "pane", "box", "list", "title", "courier")
"""Parts that change while an answer comes.

Gradio builds each of them anew for every update, whether it changes or not: few keep it fast.
"""

_ANSWERS_AT_ONCE = 4
"""Of one person, over all pages. The rewriting of a follow-up takes no place in the queue, so that
its evidence does not wait; this bounds what one person can have rewritten."""

ACTING_PARTS = (*ASKING_PARTS, "past", "filters")
"""Parts that change when a button is pressed."""


@dataclass
class Chat:
    """The chat page of one assistant, for all its visitors. Gradio's parts are only names here."""

    assistant: Assistant
    conversations: Conversations
    sessions: Sessions
    admission: Admission
    questions: RateLimit
    has_login: bool = True
    """Without one, everybody counts as one person."""

    record: Callable[[str], Record] = lambda _question: Unrecorded()
    """Begins to count a question for the server's figures and log."""

    answers: AtOnce = field(default_factory=lambda: AtOnce(_ANSWERS_AT_ONCE))
    page: ChatPage = field(init=False)
    acts: Acts = field(init=False)

    def __post_init__(self) -> None:
        self.page = ChatPage(self.assistant, self.conversations)
        self.acts = Acts(self.assistant, self.conversations, self.page)

    async def open_page(self, conversation_id: str, request: Any) -> Update:
        """Draw a page that was just loaded, with its conversation if the address names one."""
        visitor, session = self.sessions.of(request)
        try:
            articles = await asyncio.to_thread(self.assistant.articles)
        except AssistantError as error:
            return self.page.unreadable(visitor, session, str(error))
        failed: Update = {}
        try:
            shown = await asyncio.to_thread(
                self.page.show, visitor, session, conversation_id, articles
            )
        except AssistantError as error:
            shown = await asyncio.to_thread(self.page.show, visitor, session, "", articles)
            failed = letter(say=str(error), conversation="")
        if session.live is not None and session.live.where:
            session.where = without_missing(session.live.where, articles)  # a reload keeps it
        return shown | failed | {"filters": render_filters(session.where, articles)}

    async def ask(
        self,
        question: str,
        request: Any,
        *,
        conversation_id: str = "",
        where: SearchFilter | None = None,
    ) -> AsyncGenerator[Update, None]:
        """Answer a question, drawing it while it comes.

        `conversation_id` is the conversation that the page shows: a server that began anew since
        it was loaded goes on with it. `where` is searched instead of what the page's filters say.
        """
        visitor, session = self.sessions.of(request)
        if not session.drawings and conversation_id:
            with contextlib.suppress(ConversationMissingError):
                await asyncio.to_thread(self.page.show, visitor, session, conversation_id, ())
        question = question.strip()
        answering = session.live if session.live is not None and session.live.is_live else None
        if not question or (answering and answering.question == question):
            yield {}  # nothing, or Enter pressed twice
            return
        if answering:
            yield say("One answer at a time: stop it first.")
            return
        with self.answers.one(visitor.name) as may_ask:
            refused = self._refuse(visitor, may_ask=may_ask)
            if refused:
                yield say(refused)
                return
            async with aclosing(self._ask(visitor, session, question, where)) as updates:
                async for update in updates:
                    yield update

    def _refuse(self, visitor: Visitor, *, may_ask: bool) -> str:
        """Say why somebody may not ask now; nothing if he may."""
        if not may_ask:
            who = "You wait" if self.has_login else "People here wait"
            return (
                f"{who} for {self.answers.limit} answers already, on other pages: stop one first."
            )
        if not self.questions.allows(visitor.name):
            whose = "" if self.has_login else " from all who are here"
            most = f"{self.questions.per_minute} questions a minute{whose}"
            return f"That is more than {most}. Wait a little."
        return ""

    async def _ask(
        self, visitor: Visitor, session: Session, question: str, where: SearchFilter | None
    ) -> AsyncGenerator[Update, None]:
        narrowed = session.where if where is None else where
        view = TurnView(secrets.token_urlsafe(9), question, where=narrowed)
        if session.live is not None:
            session.past.append(session.live)
        session.live, session.stop, session.reads_article = view, asyncio.Event(), False
        begun = {"box": ""} | self._begin(visitor, session, question)
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
        record = self.record(asked.question)
        answers = answer_turn(self.assistant, self.admission, asked, history, session.stop, record)
        try:
            async for view in answers:
                is_kept = view.is_live or self._keep(visitor, conversation_id, view)
                async with session.page_lock:  # held until Gradio has sent the update
                    if session.live is None or session.live.turn_id != view.turn_id:
                        return  # the page shows another conversation by now
                    session.live = view
                    update = self.page.live(session) | begun
                    begun = {}
                    pane = (view.evidence, view.cited, view.answer)
                    if pane != drawn and not session.reads_article:
                        drawn = pane
                        update["pane"] = render_evidence(view)
                    if not view.is_live:
                        update |= self.page.listing(visitor, session)
                    if not is_kept:
                        update |= letter(say=_GONE, conversation="")
                    yield update
        finally:
            await answers.aclose()
            if view.is_live:
                view = dataclasses.replace(view, stage="stopped")
                self._keep(visitor, conversation_id, view)
                if session.live is not None and session.live.turn_id == view.turn_id:
                    session.live = view

    def _keep(self, visitor: Visitor, conversation_id: str, view: TurnView) -> bool:
        """Keep a turn; False if its conversation was deleted meanwhile."""
        try:
            self.conversations.add(visitor.name, conversation_id, view)
        except ConversationMissingError:
            return False
        return True

    async def ask_again(
        self, data: Mapping[str, Any], request: Any
    ) -> AsyncGenerator[Update, None]:
        """Ask an example, or an earlier question once more, where it was asked then."""
        _, session = self.sessions.of(request)
        question, where = str(data.get("question", "")), None
        if data.get("act") == "again":
            view = session.turn(str(data.get("turn", "")))
            if view is None:
                yield say(FORGOTTEN)
                return
            question, where = view.question, view.where
        async for update in self.ask(question, request, where=where):
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
        act = self.acts.named(str(data.get("act", "")))
        if act is None:
            return {}
        try:
            return await act(visitor, session, data)
        except AssistantError as error:
            return say(str(error))

    def _begin(self, visitor: Visitor, session: Session, question: str) -> Update:
        """Make the conversation that a first question begins."""
        if session.conversation_id:
            return {}
        session.conversation_id = self.conversations.begin(visitor.name, question).conversation_id
        return self.page.listing(visitor, session) | letter(begun=session.conversation_id)
