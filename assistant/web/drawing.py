"""What the chat page shows of a session."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.types import ArticleReference
from assistant.web.conversations import ConversationMissingError, Conversations
from assistant.web.rendering.answers import render_turn
from assistant.web.rendering.articles import EMPTY_PANE, render_evidence
from assistant.web.rendering.chrome import (
    render_conversations,
    render_past,
    render_title,
    render_unreadable,
    render_welcome,
)
from assistant.web.sessions import Session, Visitor
from assistant.web.turns import TurnView
from assistant.web.updates import Update

if TYPE_CHECKING:
    from assistant.assistant import Assistant


@dataclass
class ChatPage:
    """Draws the chat page.

    Earlier turns are sent when a conversation is opened, not with each question: the page keeps a
    finished turn by itself when the next one begins, and asks for all if it has missed one.
    """

    assistant: Assistant
    conversations: Conversations

    def show(
        self,
        visitor: Visitor,
        session: Session,
        conversation_id: str,
        articles: Sequence[ArticleReference] | None = None,
    ) -> Update:
        """Put a kept conversation on the page, or an empty one.

        `articles` are those of the corpus, where they were read already.
        """
        turns = self.conversations.turns(visitor.name, conversation_id) if conversation_id else []
        session.conversation_id, session.reads_article = conversation_id, False
        session.opening += 1
        session.past, session.live = turns[:-1], turns[-1] if turns else None
        return self.whole(visitor, session, articles)

    def whole(
        self,
        visitor: Visitor,
        session: Session,
        articles: Sequence[ArticleReference] | None = None,
    ) -> Update:
        """Draw all that the page shows; an article that is read stays open."""
        session.listed = {}
        update = self.past(session) | self.listing(visitor, session)
        if not session.reads_article:
            update["pane"] = render_evidence(session.live) if session.live else EMPTY_PANE
        if session.live:
            return update | self.live(session)
        if articles is None:
            articles = self.assistant.articles()
        return update | draw_welcome(self.assistant, articles, visitor)

    def unreadable(self, visitor: Visitor, session: Session, problem: str) -> Update:
        """Draw the page of somebody who comes while the index cannot be read."""
        session.conversation_id, session.past, session.live = "", [], None
        update = self.past(session) | self.listing(visitor, session) | {"pane": EMPTY_PANE}
        return update | {"live": render_unreadable(problem)}

    def past(self, session: Session) -> Update:
        """Draw all earlier turns."""
        session.drawings += 1
        drawn = render_past(session.past, drawing=session.drawings, opening=session.opening)
        return {"past": drawn}

    def live(self, session: Session) -> Update:
        """Draw the last turn."""
        if session.live is None:
            return {}
        after = session.past[-1].turn_id if session.past else None
        drawn = render_turn(session.live, after=after, opening=session.opening)
        return {"live": drawn}

    def listing(self, visitor: Visitor, session: Session) -> Update:
        """Draw the list of conversations that is sought, unless the page shows the same."""
        current = None
        if session.conversation_id:
            try:
                current = self.conversations.get(visitor.name, session.conversation_id)
            except ConversationMissingError:  # deleted on another page; a question begins a new one
                session.conversation_id = ""
        found = self.conversations.found(visitor.name, session.words)
        update = {
            "list": render_conversations(found, session.conversation_id, session.words),
            "title": render_title(current),
        }
        if session.listed == update:
            return {}
        session.listed = update
        return dict(update)

    def redraw(self, visitor: Visitor, session: Session, turn_id: str) -> Update:
        """Draw a turn again that was rated."""
        kept = self.conversations.turn(visitor.name, turn_id)
        if session.live is not None and session.live.turn_id == turn_id:
            session.live = _rated(session.live, kept)
            return self.live(session)
        session.past = [
            _rated(view, kept) if view.turn_id == turn_id else view for view in session.past
        ]
        return self.past(session)


def draw_welcome(
    assistant: Assistant, articles: Sequence[ArticleReference], visitor: Visitor
) -> Update:
    """Draw what stands in the place of the last turn where there is none."""
    examples = assistant.example_questions()
    return {"live": render_welcome(len(articles), examples, may_edit=visitor.may_edit)}


def _rated(view: TurnView, kept: TurnView) -> TurnView:
    return dataclasses.replace(view, rated=kept.rated, note=kept.note)
