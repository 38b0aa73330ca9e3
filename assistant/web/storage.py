"""The SQLite file of the web chat: one connection, shared by threads under a lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE_NAME = "conversations.sqlite3"
"""Lies in the data folder."""

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


class Storage:
    """Reads and writes of the file; it is made, for its owner's eyes only, where it is missing."""

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

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection for one transaction."""
        with self._lock, self._connection:
            yield self._connection

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Return what a query finds."""
        with self._lock:
            return self._connection.execute(query, tuple(values)).fetchall()
