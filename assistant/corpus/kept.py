"""What was read of files, so that those which did not change are not read again."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from assistant.corpus.storage import StoredFile

logger = logging.getLogger(__name__)


class KeptFiles:
    """Texts made of files, by name and stamp, in a SQLite file that may be lost at any time.

    What was kept with other `facts`, which decide how a file reads, is forgotten. Of a file that
    is not settled nothing is kept.
    """

    def __init__(self, path: Path, *, facts: str = "") -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = self._open(facts)
        except sqlite3.DatabaseError:
            self._delete()  # it only saves work: a damaged one is begun anew
            self._connection = self._open(facts)

    def _open(self, facts: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=30, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE IF NOT EXISTS facts (facts TEXT PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS files "
            "(name BLOB PRIMARY KEY, stamp TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID"
        )
        if connection.execute("SELECT facts FROM facts").fetchall() != [(facts,)]:
            connection.executescript("BEGIN IMMEDIATE; DELETE FROM facts; DELETE FROM files;")
            connection.execute("INSERT INTO facts VALUES (?)", (facts,))
            connection.execute("COMMIT")
        return connection

    def find(self, file: StoredFile) -> str | None:
        """Return what was made of a file, if it is still the same."""
        if not file.settled:
            return None
        with self._lock:
            row = self._connection.execute(
                "SELECT text FROM files WHERE name = ? AND stamp = ?",
                (os.fsencode(file.name), file.stamp),
            ).fetchone()
        return row[0] if row else None

    def keep(self, items: Iterable[tuple[StoredFile, str]]) -> None:
        """Keep what was made of files; where the disk is full, nothing is kept."""
        rows = [(os.fsencode(file.name), file.stamp, text) for file, text in items if file.settled]
        with self._lock:
            try:
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
                    self._connection.executemany(
                        "INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows
                    )
            except sqlite3.OperationalError as error:
                logger.warning("%s cannot be written: %s", self._path, error)

    def retain(self, files: Iterable[StoredFile]) -> None:
        """Forget all files but these."""
        names = {os.fsencode(file.name) for file in files}
        with self._lock, self._connection:
            known = self._connection.execute("SELECT name FROM files").fetchall()
            gone = [row for row in known if row[0] not in names]
            self._connection.executemany("DELETE FROM files WHERE name = ?", gone)

    def close(self) -> None:
        """Close it; what it holds stays for the next time."""
        self._connection.close()

    def delete(self) -> None:
        """Close and delete it."""
        self.close()
        self._delete()

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
