"""What a bulk ingestion has read so far, so that a killed one goes on where it was."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path


class Journal:
    """Prepared articles by file name and stamp, in a SQLite file that is deleted at the end.

    A file whose stamp is None is never kept, and so read each time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError:
            self._delete()  # it only saves work: a damaged one is begun anew
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS files "
            "(name BLOB PRIMARY KEY, stamp TEXT NOT NULL, prepared TEXT NOT NULL) WITHOUT ROWID"
        )
        return connection

    def find(self, name: str, stamp: str | None) -> str | None:
        """Return what was read of a file, if it is still the same."""
        row = self._connection.execute(
            "SELECT prepared FROM files WHERE name = ? AND stamp = ?", (os.fsencode(name), stamp)
        ).fetchone()
        return row[0] if row else None

    def keep(self, items: Iterable[tuple[str, str | None, str]]) -> None:
        """Keep (name, stamp, prepared article as JSON)."""
        rows = [(os.fsencode(name), stamp, text) for name, stamp, text in items if stamp]
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close it; what it holds stays for the next time."""
        self._connection.close()

    def finish(self) -> None:
        """Close and delete it: everything is in the index."""
        self.close()
        self._delete()

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
