"""What retrieval finds before evidence is chosen from it."""

from __future__ import annotations

from assistant import Assistant, SearchFilter
from assistant.retrieval import HybridRetriever
from evals.outcomes import FoundSpan

DEPTH = 20
"""Passages kept for recall@k."""


def find_passages(
    assistant: Assistant, question: str, where: SearchFilter | None
) -> tuple[FoundSpan, ...]:
    """Return the best passages of hybrid retrieval, best first."""
    retriever = HybridRetriever(
        index=assistant.index,
        embeddings=assistant.embeddings,
        k=DEPTH,
        where=where if where is not None else SearchFilter(),
    )
    return tuple(
        FoundSpan(
            ranked.indexed.passage.article_id,
            ranked.indexed.passage.start,
            ranked.indexed.passage.end,
            round(ranked.score, 6),
        )
        for ranked in retriever.search(question)
    )
