"""A visitor of the chat page who needs no browser, over one short article."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from langchain_core.messages import BaseMessage

from assistant.web.chat import Chat
from assistant.web.feedback import Feedback, read_feedback
from assistant.web.updates import Update
from tests.support.scripted import answer_from_first_line

QUESTION = "How long is the Marlow bridge?"
TEXT = (
    "The Marlow bridge is 7.4 kilometres long. It was opened by the mayor in May.\n\n"
    "The Marlow ferry was sold. It carried letters over the river for ninety years."
)


class WaitingModel:
    """A model that can be made to wait before it drafts.

    It writes the `drafts` it is given, one after the other, then the first line it reads.
    """

    def __init__(self) -> None:
        self.may_draft = threading.Event()
        self.may_draft.set()
        self.drafting = 0
        self.drafts: list[str] = []

    def __call__(self, messages: list[BaseMessage]) -> str:
        reply = answer_from_first_line(messages)
        if reply != "yes":
            self.drafting += 1
            assert self.may_draft.wait(10)
            if self.drafts:
                return self.drafts.pop(0)
        return reply


def page(name: str | None = "ann", number: int = 1) -> Any:
    """Return a request as Gradio passes it, from one of a person's open pages."""
    return SimpleNamespace(username=name, session_hash=f"page{number}")


async def asked(chat: Chat, question: str = QUESTION, request: Any = None) -> list[Update]:
    """Ask, and return all that is drawn until the answer is there."""
    return [update async for update in chat.ask(question, request or page())]


def last(updates: list[Update], name: str) -> str:
    """Return how a part of the page was drawn last."""
    return next(str(update[name]) for update in reversed(updates) if name in update)


def said_of(chat: Chat) -> list[Feedback]:
    """Return what people said about answers."""
    (path,) = [row[2] for row in chat.conversations.storage.rows("PRAGMA database_list")]
    return list(read_feedback(Path(path)))
