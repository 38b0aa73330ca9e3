"""Every row of a published index, whatever engine wrote it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.index.state import LEXICAL, SEGMENTS, read_state


@dataclass(frozen=True)
class IndexRows:
    """Rows by id. `vectors` and `embeddings` hold float32 arrays."""

    digest: str
    articles: list[tuple[Any, ...]]
    passages: list[tuple[Any, ...]]
    metadata: dict[str, Any]
    documents: dict[str, Any]
    vectors: dict[str, np.ndarray]
    embeddings: dict[bytes, np.ndarray]
    lexical: dict[str, list[tuple[str, str, float]]]


def read_rows(folder: Path, questions: list[str]) -> IndexRows:
    """Read the catalogue, all Chroma segments, and what tantivy finds, below an index folder."""
    import chromadb

    from assistant.index.lexical import LexicalIndex
    from assistant.types import ANYWHERE

    (pointer,) = folder.glob("*/CURRENT")
    state = read_state(pointer.parent)
    assert state is not None
    with sqlite3.connect(pointer.parent / "catalogue.sqlite3") as connection:
        articles = connection.execute(
            "SELECT id, position, title, text, source, url, author, published FROM articles "
            "WHERE died IS NULL ORDER BY id"
        ).fetchall()
        passages = connection.execute(
            "SELECT id, article_id, start, stop, vector_key, sentences FROM passages ORDER BY id"
        ).fetchall()
        kept = connection.execute("SELECT key, vector FROM embeddings").fetchall()
    metadata, documents, vectors = {}, {}, {}
    for segment in state.segments:
        client = chromadb.PersistentClient(str(pointer.parent / SEGMENTS / segment.name))
        (collection,) = client.list_collections()
        collection = client.get_collection(collection.name, embedding_function=None)
        found = collection.get(include=["embeddings", "metadatas", "documents"])
        metadata |= dict(zip(found["ids"], found["metadatas"], strict=True))
        documents |= dict(zip(found["ids"], found["documents"], strict=True))
        vectors |= dict(zip(found["ids"], np.asarray(found["embeddings"]), strict=True))
    lexical = LexicalIndex(pointer.parent / LEXICAL / state.lexical)
    hits = {question: lexical.search(question, k=50, where=ANYWHERE) for question in questions}
    return IndexRows(
        state.digest,
        articles,
        passages,
        metadata,
        documents,
        vectors,
        {key: np.frombuffer(vector, dtype=np.float32) for key, vector in kept},
        hits,
    )
