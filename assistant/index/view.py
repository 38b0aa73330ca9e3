"""One published generation, opened for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.index.catalogue import Catalogue
from assistant.index.dense import DenseSegment, dense_filter
from assistant.index.lexical import LexicalIndex
from assistant.index.state import LEXICAL, State, damage_of, damaged
from assistant.index.store import SegmentStore
from assistant.types import ArticleReference, Passage, SearchFilter


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; the score's scale is the engine's."""

    passage_id: str
    score: float


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage, its article, and its sentences' embeddings: (sentences, dimension), float32."""

    passage: Passage
    article: ArticleReference
    sentence_vectors: np.ndarray


@dataclass(frozen=True, slots=True)
class _OpenSegment:
    store: DenseSegment
    dead: tuple[str, ...]


class View:
    """Searches one generation. Closed by its owner when no search uses it any more."""

    def __init__(
        self, folder: Path, state: State, catalogue: Catalogue, store: SegmentStore
    ) -> None:
        problems = damage_of(folder, state)
        if problems:
            raise damaged("; ".join(problems[:3]))
        self.state = state
        self._catalogue = catalogue
        self._lexical = LexicalIndex(folder / LEXICAL / state.lexical)
        self._segments = [
            _OpenSegment(
                store.open(segment),
                tuple(catalogue.dead(segment.name, state.generation)),
            )
            for segment in state.segments
        ]

    @property
    def lexical(self) -> LexicalIndex:
        """The words of this generation."""
        return self._lexical

    def search_dense(self, vector: Sequence[float], *, k: int, where: SearchFilter) -> list[Hit]:
        """Return the nearest passages by cosine similarity, best first, ties by id."""
        best = {
            passage_id: score
            for segment in self._segments
            for passage_id, _, score in segment.store.search(
                vector, k=k, where=dense_filter(where, segment.dead)
            )
        }
        return _top(best, k)

    def search_lexical(self, text: str, *, k: int, where: SearchFilter) -> list[Hit]:
        """Return the best passages by BM25, best first, ties by id."""
        found = self._lexical.search(text, k=k, where=where)
        return _top({passage_id: score for passage_id, _, score in found}, k)

    def passages(self, passage_ids: Sequence[str]) -> list[IndexedPassage]:
        """Return passages in the order asked for; those not in this generation are left out."""
        rows = self._catalogue.passages(passage_ids, self.state.generation)
        keys = [key for _, _, sentence_keys in rows.values() for key in sentence_keys]
        vectors = self._catalogue.vectors(keys)
        found = []
        for passage_id in passage_ids:
            if passage_id not in rows:
                continue
            passage, article, sentence_keys = rows[passage_id]
            if missing := [key for key in sentence_keys if key not in vectors]:
                raise damaged(f"{len(missing)} embeddings are missing from its catalogue")
            matrix = np.stack([vectors[key] for key in sentence_keys])
            found.append(IndexedPassage(passage, article, matrix))
        return found

    def close(self) -> None:
        """Release the stores."""
        for segment in self._segments:
            segment.store.close()


def _top(scores: dict[str, float], k: int) -> list[Hit]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return [Hit(passage_id, score) for passage_id, score in ordered[:k]]
