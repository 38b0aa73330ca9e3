"""From a question to the sentences that may answer it."""

from assistant.retrieval.evidence import select_evidence
from assistant.retrieval.hints import names_author
from assistant.retrieval.hybrid import HybridRetriever, RankedPassage, embed_question
from assistant.retrieval.rewriting import leans_on_history, rewrite

__all__ = [
    "HybridRetriever",
    "RankedPassage",
    "embed_question",
    "leans_on_history",
    "names_author",
    "rewrite",
    "select_evidence",
]
