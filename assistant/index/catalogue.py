"""The SQLite catalogue: articles, passages and every embedding, by content.

A row of `articles` belongs to the generations from `born` up to, not including, `died`; so a
reader of one generation is not disturbed by the writer of the next. Only the holder of the
writer's lock writes here.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from assistant.index.dense import batches
from assistant.index.parcels import Parcel
from assistant.types import Article, ArticleReference, Passage, Span

_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    id TEXT NOT NULL, born INTEGER NOT NULL, died INTEGER, position INTEGER NOT NULL,
    title TEXT NOT NULL, text TEXT NOT NULL, source TEXT, url TEXT, author TEXT, published TEXT,
    PRIMARY KEY (id, born)
);
CREATE INDEX IF NOT EXISTS articles_died ON articles (died);
CREATE TABLE IF NOT EXISTS passages (
    id TEXT PRIMARY KEY, article_id TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    vector_key BLOB NOT NULL, sentences TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS passages_article ON passages (article_id);
CREATE TABLE IF NOT EXISTS placements (
    segment TEXT NOT NULL, article_id TEXT NOT NULL, PRIMARY KEY (segment, article_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS embeddings (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""
_ALIVE = "born <= :generation AND (died IS NULL OR died > :generation)"
_CHUNK = 500


def vector_key(text: str) -> bytes:
    """Return the key under which a text's embedding is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:20]


class Catalogue:
    """One connection, shared by threads under a lock. Writers use `transaction`."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path if create else f"file:{path}?mode=rw",
            uri=not create,
            check_same_thread=False,
            isolation_level=None,
            timeout=30,
        )
        if create:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.executescript(_SCHEMA)
        self._connection.execute("PRAGMA synchronous=FULL")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of it or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def integrity(self) -> str:
        """Return "ok", or what SQLite finds wrong with the file."""
        return str(self._rows("PRAGMA quick_check(1)")[0][0])

    # -- reading ---------------------------------------------------------------------------

    def article_ids(self, generation: int) -> list[str]:
        """List the articles of a generation in the order of the corpus."""
        query = f"SELECT id FROM articles WHERE {_ALIVE} ORDER BY position, id"
        return [row[0] for row in self._rows(query, {"generation": generation})]

    def references(self, generation: int) -> list[ArticleReference]:
        """List the articles of a generation with what names them."""
        query = (
            "SELECT id, title, source, published, author FROM articles "
            f"WHERE {_ALIVE} ORDER BY position"
        )
        return [_reference(row) for row in self._rows(query, {"generation": generation})]

    def article(self, article_id: str, generation: int) -> Article | None:
        """Return an article of a generation."""
        rows = self._rows(
            "SELECT title, text, source, url, author, published FROM articles "
            f"WHERE id = :id AND {_ALIVE}",
            {"id": article_id, "generation": generation},
        )
        if not rows:
            return None
        title, text, source, url, author, published = rows[0]
        return Article(title, text, source, url, author, _date(published))

    def passages(
        self, passage_ids: Sequence[str], generation: int
    ) -> dict[str, tuple[Passage, ArticleReference, list[bytes]]]:
        """Return passages with their article and the vector keys of their sentences."""
        found = {}
        for chunk in batches(passage_ids, _CHUNK):
            marks = ",".join("?" * len(chunk))
            rows = self._rows(
                "SELECT p.id, p.article_id, p.start, p.stop, p.sentences, a.title, a.source, "
                "a.published, a.author, substr(a.text, p.start + 1, p.stop - p.start) "
                f"FROM passages p JOIN articles a ON a.id = p.article_id WHERE p.id IN ({marks}) "
                "AND a.born <= ? AND (a.died IS NULL OR a.died > ?)",
                (*chunk, generation, generation),
            )
            for row in rows:
                passage_id, article_id, start, stop, sentences, *named, text = row
                spans, keys = [], []
                for first, last, key in json.loads(sentences):
                    spans.append(Span(first, last, text[first - start : last - start]))
                    keys.append(bytes.fromhex(key))
                passage = Passage(article_id, start, stop, text, tuple(spans))
                found[passage_id] = (passage, _reference((article_id, *named)), keys)
        return found

    def passages_of(self, article_ids: Sequence[str]) -> list[tuple[str, str, bytes]]:
        """Return (passage id, article id, vector key) of articles, ordered by passage id."""
        found: list[tuple[str, str, bytes]] = []
        for chunk in batches(article_ids, _CHUNK):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT id, article_id, vector_key FROM passages WHERE article_id IN ({marks})"
            found += [(row[0], row[1], row[2]) for row in self._rows(query, chunk)]
        return sorted(found)

    def passage_count(self, article_ids: Sequence[str]) -> int:
        """Count the passages of articles."""
        return len(self.passages_of(article_ids))

    def passage_counts(self) -> dict[str, int]:
        """Count the passages of every article, of earlier generations as well."""
        query = "SELECT article_id, COUNT(*) FROM passages GROUP BY article_id"
        return {row[0]: row[1] for row in self._rows(query, ())}

    def parcels(self, article_ids: Sequence[str], generation: int) -> Iterator[Parcel]:
        """Yield articles of a generation with all that belongs to them, in the order given."""
        query = f"SELECT id, position FROM articles WHERE {_ALIVE}"
        positions = dict(self._rows(query, {"generation": generation}))
        for article_id in article_ids:
            article = self.article(article_id, generation)
            assert article is not None, "segments are written with articles that live"
            keys = {row[0]: row[2] for row in self.passages_of([article_id])}
            found = self.passages(list(keys), generation)
            rows = [(found[item][0], keys[item], found[item][2]) for item in keys]
            wanted = [key for _, own, others in rows for key in (own, *others)]
            yield Parcel(article, positions[article_id], rows, self.vectors(wanted))

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        """Return the embeddings that are kept, float32 of shape (dimension,)."""
        found: dict[bytes, np.ndarray] = {}
        for chunk in batches(list(dict.fromkeys(keys)), _CHUNK):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT key, vector FROM embeddings WHERE key IN ({marks})"
            for key, blob in self._rows(query, chunk):
                found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def placed(self, segment: str) -> list[str]:
        """List the articles that a segment holds, dead ones included."""
        query = "SELECT article_id FROM placements WHERE segment = ? ORDER BY article_id"
        return [row[0] for row in self._rows(query, (segment,))]

    def dead(self, segment: str, generation: int) -> list[str]:
        """List the articles that a segment holds but a generation does not."""
        return [
            row[0]
            for row in self._rows(
                "SELECT p.article_id FROM placements p WHERE p.segment = :segment AND NOT EXISTS "
                f"(SELECT 1 FROM articles WHERE id = p.article_id AND {_ALIVE}) ORDER BY 1",
                {"segment": segment, "generation": generation},
            )
        ]

    # -- writing, inside a transaction -------------------------------------------------------

    def restart(self) -> None:
        """Forget everything but embeddings."""
        self.forget_after(-1, [])

    def keep_vectors(self, items: Iterable[tuple[bytes, np.ndarray]]) -> None:
        """Keep embeddings, each in float32."""
        rows = [(key, np.asarray(vector, dtype=np.float32).tobytes()) for key, vector in items]
        with self._lock:
            self._connection.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?)", rows)

    def add_article(
        self,
        article: Article,
        passages: Sequence[tuple[Passage, bytes, Sequence[bytes]]],
        *,
        generation: int,
        position: int,
    ) -> None:
        """Write an article that is born with `generation`, and its passages."""
        published = article.published.isoformat() if article.published else None
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO articles VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.id,
                    generation,
                    position,
                    article.title,
                    article.text,
                    article.source,
                    article.url,
                    article.author,
                    published,
                ),
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        passage.id,
                        article.id,
                        passage.start,
                        passage.end,
                        key,
                        json.dumps(
                            [
                                (sentence.start, sentence.end, sentence_key.hex())
                                for sentence, sentence_key in zip(
                                    passage.sentences, sentence_keys, strict=True
                                )
                            ]
                        ),
                    )
                    for passage, key, sentence_keys in passages
                ],
            )

    def end_articles(self, article_ids: Sequence[str], *, generation: int) -> None:
        """Let articles die with `generation`."""
        with self._lock:
            self._connection.executemany(
                "UPDATE articles SET died = ? WHERE id = ? AND died IS NULL",
                [(generation, article_id) for article_id in article_ids],
            )

    def place(self, segment: str, article_ids: Sequence[str]) -> None:
        """Remember which articles a segment holds."""
        with self._lock:
            self._connection.executemany(
                "INSERT OR IGNORE INTO placements VALUES (?, ?)",
                [(segment, article_id) for article_id in article_ids],
            )

    def forget_after(self, generation: int, segments: Sequence[str]) -> None:
        """Undo what was written for generations that were never published."""
        with self._lock:
            execute = self._connection.execute
            execute("DELETE FROM articles WHERE born > ?", (generation,))
            execute("UPDATE articles SET died = NULL WHERE died > ?", (generation,))
            self._forget(segments)

    def forget_before(self, generation: int, segments: Sequence[str]) -> None:
        """Drop the articles that died before `generation`, and placements of other segments."""
        with self._lock:
            self._connection.execute("DELETE FROM articles WHERE died <= ?", (generation,))
            self._forget(segments)

    def _forget(self, segments: Sequence[str]) -> None:
        execute = self._connection.execute
        execute("DELETE FROM passages WHERE article_id NOT IN (SELECT id FROM articles)")
        marks = ",".join("?" * len(segments))
        execute(f"DELETE FROM placements WHERE segment NOT IN ({marks})", tuple(segments))

    def _rows(
        self, query: str, parameters: Sequence[object] | dict[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()


def _reference(row: Sequence[str | None]) -> ArticleReference:
    article_id, title, source, published, author = row
    return ArticleReference(str(article_id), str(title), source, _date(published), author)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def open_or_replace(path: Path, *, thorough: bool) -> tuple[Catalogue, bool]:
    """Open a catalogue for writing; returns it, and whether it is new in place of a damaged one.

    All of it is derived; only its embeddings have to be made again. With `thorough` the whole
    file is looked through.
    """
    try:
        catalogue = Catalogue(path, create=True)
        if thorough and catalogue.integrity() != "ok":
            catalogue.close()
            raise sqlite3.DatabaseError("malformed")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        for leftover in path.parent.glob(f"{path.name}*"):
            leftover.unlink()
        return Catalogue(path, create=True), True
    return catalogue, False
