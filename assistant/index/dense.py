"""Vectors in Chroma: segments, each a store of its own that is written once.

Chroma is used embedded, without an embedding function of its own and without telemetry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.types import SearchFilter

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

METRIC = "cosine"
_HNSW = {"space": METRIC, "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}


_BATCH = 100
_SYNC_THRESHOLD = 1000
"""Chroma's own defaults. A store with fewer rows than its sync threshold never writes its graph
and rewrites other files whenever it is opened, so small segments get a lower one."""


def published_number(value: Any) -> int:
    """Return a day as a number whose order is that of days."""
    return int(value.strftime("%Y%m%d"))


class DenseSegment:
    """An open Chroma store of one collection."""

    def __init__(self, path: Path, collection: str, *, create_for: int | None = None) -> None:
        """Open a store, or create one for `create_for` passages."""
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        settings = ChromaSettings(anonymized_telemetry=False)
        self._client: Any = chromadb.PersistentClient(str(path), settings=settings)
        self._collection: Collection
        if create_for is not None:
            threshold = max(1, min(_SYNC_THRESHOLD, create_for))
            hnsw = _HNSW | {"sync_threshold": threshold, "batch_size": min(_BATCH, threshold)}
            configuration: Any = {"hnsw": hnsw}  # its TypedDict is not exported
            self._collection = self._client.create_collection(
                collection,
                embedding_function=None,
                configuration=configuration,
            )
        else:
            self._collection = self._client.get_collection(collection, embedding_function=None)

    def add(self, rows: Iterable[tuple[str, np.ndarray, dict[str, Any]]]) -> None:
        """Add (passage id, vector, metadata) rows in batches that Chroma accepts."""
        batch: list[tuple[str, np.ndarray, dict[str, Any]]] = []
        limit = self._client.get_max_batch_size()
        for row in rows:
            batch.append(row)
            if len(batch) == limit:
                self._add(batch)
                batch = []
        if batch:
            self._add(batch)

    def _add(self, batch: Sequence[tuple[str, np.ndarray, dict[str, Any]]]) -> None:
        self._collection.add(
            ids=[row[0] for row in batch],
            embeddings=np.stack([row[1] for row in batch]),
            metadatas=[row[2] for row in batch],
        )

    def search(
        self, vector: Sequence[float], *, k: int, where: dict[str, Any] | None
    ) -> list[tuple[str, str, float]]:
        """Return (passage id, article id, cosine similarity), best first."""
        found = self._collection.query(
            query_embeddings=np.asarray([vector], dtype=np.float32),
            n_results=k,
            where=where,
            include=["distances", "metadatas"],
        )
        distances = (found["distances"] or [[]])[0]
        metadatas = (found["metadatas"] or [[]])[0]
        return [
            (passage_id, str(metadata["article_id"]), 1.0 - float(distance))
            for passage_id, metadata, distance in zip(
                found["ids"][0], metadatas, distances, strict=True
            )
        ]

    def count(self) -> int:
        """Count the passages."""
        return self._collection.count()

    def ids(self) -> list[str]:
        """List all ids, sorted."""
        return sorted(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        """Release the store; another one may then be opened at its path."""
        self._client.close()


def dense_filter(where: SearchFilter, dead: Sequence[str]) -> dict[str, Any] | None:
    """Express a filter, and the articles that are gone, in Chroma's language."""
    clauses: list[dict[str, Any]] = []
    if where.sources:
        clauses.append({"source": {"$in": list(where.sources)}})
    if where.article_ids:
        clauses.append({"article_id": {"$in": list(where.article_ids)}})
    if where.published_from:
        clauses.append({"published": {"$gte": published_number(where.published_from)}})
    if where.published_to:
        clauses.append({"published": {"$lte": published_number(where.published_to)}})
    if dead:
        clauses.append({"article_id": {"$nin": list(dead)}})
    if not clauses:
        return None
    return clauses[0] if len(clauses) == 1 else {"$and": clauses}


def ids_digest(ids: Iterable[str]) -> str:
    """Return a digest of a set of ids."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]
