"""Conversations and feedback, kept in SQLite in the data folder.

Every read and write names the owner: whoever asks for another's conversation is told that there
is none. Answers are kept whole, as JSON, and never changed: their numbering stays as it was.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.errors import UserError
from assistant.types import SearchFilter, answer_from_dict, to_plain
from assistant.web.turns import TurnView

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL,
    created REAL NOT NULL, changed REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS conversations_owner ON conversations (owner, changed);
CREATE TABLE IF NOT EXISTS turns (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, question TEXT NOT NULL, stage TEXT NOT NULL, problem TEXT NOT NULL,
    searched TEXT NOT NULL, answer TEXT, found TEXT NOT NULL, created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS turns_conversation ON turns (conversation_id, position);
CREATE TABLE IF NOT EXISTS feedback (
    turn_id TEXT PRIMARY KEY, owner TEXT NOT NULL, up INTEGER NOT NULL, comment TEXT NOT NULL,
    answer TEXT NOT NULL, created REAL NOT NULL
);
"""
_TITLE_CHARS = 80
_COMMENT_CHARS = 2000
_LISTED = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the list shows it; times are seconds of the epoch."""

    conversation_id: str
    title: str
    created: float
    changed: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb and a comment; `answer` is the JSON that `python -m evals add` reads."""

    turn_id: str
    up: bool
    comment: str
    answer: str


class ConversationMissingError(UserError):
    """This person has no such conversation, turn or answer."""


class Conversations:
    """One connection, shared by threads under a lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(_SCHEMA)
        path.chmod(0o600)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def begin(self, owner: str, title: str) -> Conversation:
        """Make an empty conversation."""
        now = time.time()
        made = Conversation(secrets.token_urlsafe(12), _title(title), now, now)
        with self._writing() as connection:
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
            f"{conditions} ORDER BY changed DESC, id LIMIT {_LISTED}"
        )
        return [Conversation(*row) for row in self._rows(query, (owner, *values))]

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """Return one conversation.

        Raises:
            ConversationMissingError: this person has none of this id.
        """
        query = "SELECT id, title, created, changed FROM conversations WHERE owner = ? AND id = ?"
        rows = self._rows(query, (owner, conversation_id))
        if not rows:
            raise ConversationMissingError("There is no such conversation.")
        return Conversation(*rows[0])

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Give a conversation another title; an empty one is refused."""
        if not title.strip():
            raise UserError("A conversation needs a title.")
        self.get(owner, conversation_id)
        with self._writing() as connection:
            connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?",
                (_title(title), conversation_id, owner),
            )

    def delete(self, owner: str, conversation_id: str) -> None:
        """Delete a conversation with its turns; feedback stays, for it holds its own answer."""
        self.get(owner, conversation_id)
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner)
            )

    def add(self, owner: str, conversation_id: str, view: TurnView) -> None:
        """Keep a turn at the end of a conversation."""
        self.get(owner, conversation_id)
        answer = json.dumps(view.answer.to_dict(), ensure_ascii=False) if view.answer else None
        found = view.answer.text if view.answer else ""
        now = time.time()
        with self._writing() as connection:
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
        return [_view(row) for row in self._rows(query, (conversation_id,))]

    def turn(self, owner: str, turn_id: str) -> TurnView:
        """Return one turn of one of a person's conversations.

        Raises:
            ConversationMissingError: this person has none of this id.
        """
        query = (
            f"{_TURNS} JOIN conversations ON conversations.id = turns.conversation_id"
            " WHERE turns.id = ? AND conversations.owner = ?"
        )
        rows = self._rows(query, (turn_id, owner))
        if not rows:
            raise ConversationMissingError("There is no such question.")
        return _view(rows[0])

    def rate(self, owner: str, turn_id: str, *, up: bool, comment: str = "") -> None:
        """Keep a thumb and a comment together with the whole Answer.

        Raises:
            ConversationMissingError: this person got no such answer.
        """
        view = self.turn(owner, turn_id)
        if view.answer is None:
            raise ConversationMissingError("There is no answer to rate.")
        answer = json.dumps(view.answer.to_dict(), ensure_ascii=False)
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?)",
                (turn_id, owner, up, comment[:_COMMENT_CHARS], answer, time.time()),
            )

    def feedback(self) -> list[Feedback]:
        """Return what everybody said about answers, oldest first."""
        query = "SELECT turn_id, up, comment, answer FROM feedback ORDER BY created, turn_id"
        return [
            Feedback(turn_id, bool(up), comment, answer)
            for turn_id, up, comment, answer in self._rows(query, ())
        ]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection:
            yield self._connection

    def _rows(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, tuple(values)).fetchall()


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


def filter_from_plain(plain: Mapping[str, Any]) -> SearchFilter:
    """Read a filter from its JSON form.

    Raises:
        ValueError: a date is none.
    """
    days = [
        date.fromisoformat(plain[name]) if plain.get(name) else None
        for name in ("published_from", "published_to")
    ]
    return SearchFilter(
        sources=tuple(str(item) for item in plain.get("sources") or ()),
        published_from=days[0],
        published_to=days[1],
        article_ids=tuple(str(item) for item in plain.get("article_ids") or ()),
    )


def _title(title: str) -> str:
    short = " ".join(title.split())
    return short if len(short) <= _TITLE_CHARS else short[: _TITLE_CHARS - 1].rstrip() + "…"


def _pattern(word: str) -> str:
    escaped = word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"
