"""Dense and lexical search, fused by rank, as a LangChain retriever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from assistant.index import Hit, Index, IndexedPassage
from assistant.models.embeddings import EmbeddingModel
from assistant.retrieval.fusion import fuse
from assistant.retrieval.hints import find_hints, narrow
from assistant.tracing import span
from assistant.types import SearchFilter

_DEPTH = 5
"""Each engine is asked for this many times k, so that fusion has something to merge."""

_TRIES = 3
"""Searches at most, where others publish generations of the index between two of its steps."""


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with its fused score and its cosine similarity, None if only BM25 found it."""

    indexed: IndexedPassage
    score: float
    similarity: float | None


class HybridRetriever(BaseRetriever):
    """Finds passages by meaning (Chroma) and by words (tantivy BM25).

    `k` passages come back, best first. `where` restricts articles; both may also be given
    to `invoke`. `mode` leaves one of the engines out. What the question says of outlet and date
    restricts nothing: passages of such articles are looked for as well, and rank higher.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    embeddings: EmbeddingModel
    k: int = Field(10, ge=1)
    where: SearchFilter = SearchFilter()
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"

    def search(
        self,
        question: str,
        *,
        vector: list[float] | None = None,
        k: int | None = None,
        where: SearchFilter | None = None,
    ) -> list[RankedPassage]:
        """Return the best passages, at most `k`, best first; ties are broken by id.

        `vector` is the question's embedding where the caller has it already.
        """
        wanted = self.k if k is None else k
        restriction = self.where if where is None else where
        with span("search", {"assistant.search.mode": self.mode}) as here:
            if vector is None:
                vector = embed_question(question, self.embeddings)
            for _ in range(_TRIES):
                dense, fused = self._rank(question, vector, wanted, restriction)
                best = fused[:wanted]
                passages = self.index.passages([passage_id for passage_id, _ in best])
                if len(passages) == len(best):
                    break
                # Meanwhile another generation was published, without some of what was found.
            here.set_attribute("assistant.search.passages", len(passages))
        scores = dict(best)
        similarities = {hit.passage_id: hit.score for hit in dense}
        return [
            RankedPassage(indexed, scores[indexed.passage.id], similarities.get(indexed.passage.id))
            for indexed in passages
        ]

    def _rank(
        self, question: str, vector: list[float], wanted: int, where: SearchFilter
    ) -> tuple[list[Hit], list[tuple[str, float]]]:
        """Return what is near, and the ids of all that was found with fused scores, best first."""
        depth = wanted * _DEPTH
        dense: list[Hit] = []
        lexical: list[Hit] = []
        hinted: list[Hit] = []
        if self.mode != "lexical":
            with span("search dense") as here:
                dense = self.index.search_dense(vector, k=depth, where=where)
                here.set_attribute("assistant.search.dense", len(dense))
        if self.mode != "dense":
            with span("search lexical") as here:
                lexical = self.index.search_lexical(question, k=depth, where=where)
                hinted = self._search_hinted(question, wanted, where)
                here.set_attribute("assistant.search.lexical", len(lexical))
                here.set_attribute("assistant.search.hinted", len(hinted))
        fused = fuse([[hit.passage_id for hit in hits] for hits in (dense, lexical, hinted)])
        fused.sort(key=lambda item: (-item[1], item[0]))
        return dense, fused

    def _search_hinted(self, question: str, k: int, restriction: SearchFilter) -> list[Hit]:
        """Search by words where the question itself says to look; the most fitting hints first."""
        found: dict[str, Hit] = {}
        hints = (narrow(restriction, hint) for hint in find_hints(question))
        for where in filter(None, hints):
            for hit in self.index.search_lexical(question, k=k, where=where):
                found.setdefault(hit.passage_id, hit)
        return list(found.values())

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        where: SearchFilter | None = None,
        **_: Any,
    ) -> list[Document]:
        del run_manager
        return [_to_document(ranked) for ranked in self.search(query, k=k, where=where)]


def embed_question(question: str, embeddings: EmbeddingModel) -> list[float]:
    """Return the question's embedding."""
    facts = {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": embeddings.name}
    with span(f"embeddings {embeddings.name}", facts):
        return embeddings.embed_query(question)


def _to_document(ranked: RankedPassage) -> Document:
    passage, article = ranked.indexed.passage, ranked.indexed.article
    return Document(
        id=passage.id,
        page_content=passage.text,
        metadata={
            "article_id": article.article_id,
            "title": article.title,
            "source": article.source,
            "author": article.author,
            "published": article.published.isoformat() if article.published else None,
            "start": passage.start,
            "end": passage.end,
            "score": ranked.score,
        },
    )
