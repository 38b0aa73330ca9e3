"""Conversations, kept in SQLite in the data folder.

Every read and write names the owner: whoever asks for another's conversation is told that there
is none. Answers are kept whole, as JSON, and never changed: their numbering stays as it was.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UserError
from assistant.types import answer_from_dict, to_plain
from assistant.web.filters import filter_from_plain
from assistant.web.storage import Storage
from assistant.web.turns import TurnView

_TITLE_CHARS = 80
LISTED = 200
"""So many conversations are listed at most; the others are found by searching."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the list shows it; times are seconds of the epoch."""

    conversation_id: str
    title: str
    created: float
    changed: float


class ConversationMissingError(UserError):
    """This person has no such conversation, turn or answer."""


class Conversations:
    """Reads and writes of conversations. `storage` also holds what `feedback` keeps."""

    def __init__(self, path: Path) -> None:
        self.storage = Storage(path)

    def close(self) -> None:
        """Close the file."""
        self.storage.close()

    def begin(self, owner: str, title: str) -> Conversation:
        """Make an empty conversation."""
        now = time.time()
        made = Conversation(secrets.token_urlsafe(12), _title(title), now, now)
        with self.storage.writing() as connection:
            connection.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?, ?)",
                (made.conversation_id, owner, made.title, now, now),
            )
        return made

    def found(self, owner: str, words: str = "") -> list[Conversation]:
        """List a person's conversations, newest first, of which title or text has all words."""
        conditions, values = "", []
        for word in words.split():
            conditions += (
                " AND (title LIKE ? ESCAPE '!' OR EXISTS (SELECT 1 FROM turns"
                " WHERE conversation_id = conversations.id"
                " AND (question LIKE ? ESCAPE '!' OR found LIKE ? ESCAPE '!')))"
            )
            values += [_pattern(word)] * 3
        query = (
            "SELECT id, title, created, changed FROM conversations WHERE owner = ?"
            f"{conditions} ORDER BY changed DESC, id LIMIT {LISTED}"
        )
        return [Conversation(*row) for row in self.storage.rows(query, (owner, *values))]

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """Return one conversation.

        Raises:
            ConversationMissingError: this person has none of this id.
        """
        query = "SELECT id, title, created, changed FROM conversations WHERE owner = ? AND id = ?"
        rows = self.storage.rows(query, (owner, conversation_id))
        if not rows:
            raise ConversationMissingError("There is no such conversation.")
        return Conversation(*rows[0])

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Give a conversation another title; an empty one is refused."""
        if not title.strip():
            raise UserError("A conversation needs a title.")
        self.get(owner, conversation_id)
        with self.storage.writing() as connection:
            connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?",
                (_title(title), conversation_id, owner),
            )

    def delete(self, owner: str, conversation_id: str) -> None:
        """Delete a conversation with its turns; feedback stays, for it holds its own answer."""
        self.get(owner, conversation_id)
        with self.storage.writing() as connection:
            connection.execute(
                "DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner)
            )

    def add(self, owner: str, conversation_id: str, view: TurnView) -> None:
        """Keep a turn at the end of a conversation."""
        self.get(owner, conversation_id)
        answer = json.dumps(view.answer.to_dict(), ensure_ascii=False) if view.answer else None
        found = view.answer.text if view.answer else ""
        now = time.time()
        with self.storage.writing() as connection:
            connection.execute(
                "INSERT INTO turns SELECT ?, ?, COALESCE(MAX(position), 0) + 1, ?, ?, ?, ?, ?, ?, ?"
                " FROM turns WHERE conversation_id = ?",
                (
                    view.turn_id,
                    conversation_id,
                    view.question,
                    view.stage,
                    view.problem,
                    json.dumps(to_plain(view.where), ensure_ascii=False),
                    answer,
                    found,
                    now,
                    conversation_id,
                ),
            )
            connection.execute(
                "UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation_id)
            )

    def turns(self, owner: str, conversation_id: str) -> list[TurnView]:
        """Return a conversation's turns in order, as they were kept."""
        self.get(owner, conversation_id)
        query = f"{_TURNS} WHERE conversation_id = ? ORDER BY position"
        return [_view(row) for row in self.storage.rows(query, (conversation_id,))]

    def turn(self, owner: str, turn_id: str) -> TurnView:
        """Return one turn of one of a person's conversations.

        Raises:
            ConversationMissingError: this person has none of this id.
        """
        query = (
            f"{_TURNS} JOIN conversations ON conversations.id = turns.conversation_id"
            " WHERE turns.id = ? AND conversations.owner = ?"
        )
        rows = self.storage.rows(query, (turn_id, owner))
        if not rows:
            raise ConversationMissingError("There is no such question.")
        return _view(rows[0])


_TURNS = (
    "SELECT turns.id, question, stage, problem, searched, turns.answer, feedback.up,"
    " feedback.comment FROM turns LEFT JOIN feedback ON feedback.turn_id = turns.id"
)


def _view(row: Any) -> TurnView:
    turn_id, question, stage, problem, searched, answer, up, comment = row
    return TurnView(
        turn_id,
        question,
        stage=stage,
        where=filter_from_plain(json.loads(searched)),
        answer=answer_from_dict(json.loads(answer)) if answer else None,
        problem=problem,
        rated=None if up is None else bool(up),
        note=comment or "",
    )


def _title(title: str) -> str:
    short = " ".join(title.split())
    return short if len(short) <= _TITLE_CHARS else short[: _TITLE_CHARS - 1].rstrip() + "…"


def _pattern(word: str) -> str:
    escaped = word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
