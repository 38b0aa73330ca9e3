"""What retrieval finds before evidence is chosen from it."""

from __future__ import annotations

from assistant import Assistant, SearchFilter
from assistant.retrieval.asking import strip_instructions
from evals.outcomes import FoundSpan

DEPTH = 20
"""Passages kept for recall@k."""


def find_passages(
    assistant: Assistant, question: str, where: SearchFilter | None
) -> tuple[FoundSpan, ...]:
    """Return the best passages of the assistant's own search, best first.

    The question is searched for as the assistant does, without instructions in it; nothing is
    found where only those were written.
    """
    asked = strip_instructions(question)
    if not asked:
        return ()
    return tuple(
        FoundSpan(found.article.article_id, found.start, found.end, round(found.score, 6))
        for found in assistant.search(asked, k=DEPTH, where=where)
    )
