"""Vectors in Chroma: segments, each written once, embedded or on a server.

Chroma is used without an embedding function of its own and without telemetry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from assistant.index.chroma_server import GoneError
from assistant.types import SearchFilter

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

METRIC = "cosine"
_HNSW = {"space": METRIC, "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}


_BATCH = 100
_SYNC_THRESHOLD = 1000
"""Chroma's own defaults. A store with fewer rows than its sync threshold never writes its graph
and rewrites other files whenever it is opened, so small segments get a lower one."""


_SAME_DISTANCE = 1e-3
_PAGE = 20_000


_Item = TypeVar("_Item")


def batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Cut items into lists of at most `size`, in order."""
    batch: list[_Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def list_ids(
    collection: Callable[[], Collection], *, run: Callable[[Callable[[], Any]], Any]
) -> list[str]:
    """List the ids of a collection that nobody writes, in pages that one reply holds."""
    found: list[str] = []
    while True:
        offset = len(found)
        page = run(partial(_page_of_ids, collection, offset))
        found += page
        if len(page) < _PAGE:
            return found


def _page_of_ids(collection: Callable[[], Collection], offset: int) -> list[str]:
    return collection().get(include=[], limit=_PAGE, offset=offset)["ids"]


def run_once(act: Callable[[], Any]) -> Any:
    """Run it; what is embedded neither waits nor tries again."""
    return act()


def published_number(value: Any) -> int:
    """Return a day as a number whose order is that of days."""
    return int(value.strftime("%Y%m%d"))


class DenseSegment:
    """A Chroma collection that is written once.

    `collection` gets it, `batch` gives the most rows of a write, `run` runs what talks to
    Chroma, `release` lets go of the store.
    """

    def __init__(
        self,
        collection: Callable[[], Collection],
        *,
        batch: Callable[[], int],
        run: Callable[[Callable[[], Any]], Any] = run_once,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self._get_collection = collection
        self._batch = batch
        self._run = run
        self._release = release

    def add(self, rows: Iterable[tuple[str, np.ndarray, dict[str, Any]]]) -> None:
        """Add (passage id, vector, metadata) rows in batches that Chroma accepts."""
        for batch in batches(rows, self._batch()):
            self._run(partial(self._add, batch))

    def _add(self, batch: Sequence[tuple[str, np.ndarray, dict[str, Any]]]) -> None:
        self._get_collection().add(
            ids=[row[0] for row in batch],
            embeddings=np.stack([row[1] for row in batch]),
            metadatas=[row[2] for row in batch],
        )

    def search(
        self, vector: Sequence[float], *, k: int, where: dict[str, Any] | None
    ) -> list[tuple[str, str, float]]:
        """Return (passage id, article id, cosine similarity), best first.

        Raises:
            GoneError: the collection is being deleted: vectors are found whose rows are gone.
        """
        found = self._run(
            lambda: self._get_collection().query(
                query_embeddings=np.asarray([vector], dtype=np.float32),
                n_results=k,
                where=where,
                include=["distances", "metadatas"],
            )
        )
        distances = (found["distances"] or [[]])[0]
        metadatas = (found["metadatas"] or [[]])[0]
        if None in metadatas:
            raise GoneError("rows of a collection that is being deleted")
        return [
            (passage_id, str(metadata["article_id"]), 1.0 - float(distance))
            for passage_id, metadata, distance in zip(
                found["ids"][0], metadatas, distances, strict=True
            )
        ]

    def count(self) -> int:
        """Count the passages."""
        return int(self._run(lambda: self._get_collection().count()))

    def ids(self) -> list[str]:
        """List all ids, sorted."""
        return sorted(list_ids(self._get_collection, run=self._run))

    def close(self) -> None:
        """Release the store; another one may then be opened at its path."""
        self._release()


def open_embedded(path: Path, collection: str, *, create_for: int | None = None) -> DenseSegment:
    """Open a store of this process in a folder, or create one for `create_for` passages."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    settings = ChromaSettings(anonymized_telemetry=False)
    client: Any = chromadb.PersistentClient(str(path), settings=settings)
    if create_for is not None:
        found = client.create_collection(
            collection, embedding_function=None, configuration=hnsw_configuration(create_for)
        )
    else:
        found = client.get_collection(collection, embedding_function=None)
    return DenseSegment(lambda: found, batch=client.get_max_batch_size, release=client.close)


def hnsw_configuration(count: int) -> dict[str, Any]:
    """Return how a collection of `count` rows is built; the same embedded and on a server."""
    threshold = max(1, min(_SYNC_THRESHOLD, count))
    return {
        "hnsw": _HNSW | {"sync_threshold": threshold, "batch_size": min(_BATCH, threshold)},
    }


def examine(segment: DenseSegment, samples: Iterable[tuple[str, list[float]]]) -> dict[str, Any]:
    """Return `count` and `ids` (a digest) of a segment, and the samples that a query `missed`."""
    missed = []
    for passage_id, vector in samples:
        hits = segment.search(vector, k=5, where=None)
        near = [hit[0] for hit in hits if 1.0 - hit[2] <= _SAME_DISTANCE]
        if passage_id not in near and len(near) < min(5, len(hits)):
            missed.append(passage_id)
    return {"count": segment.count(), "ids": ids_digest(segment.ids()), "missed": missed}


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
