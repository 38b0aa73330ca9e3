"""Small articles and evidence for tests."""

from __future__ import annotations

from assistant.answering.context import EvidenceContext, read_contexts
from assistant.splitting import split_sentences
from assistant.types import Article, ArticleReference, Evidence


def make_evidence(article: Article) -> tuple[Evidence, ...]:
    """Number every sentence of an article from 1."""
    reference = ArticleReference(
        article.id, article.title, article.source, article.published, article.author
    )
    return tuple(
        Evidence(number, reference, span.start, span.end, span.text, 0.8)
        for number, span in enumerate(split_sentences(article.text), start=1)
    )


def make_contexts(article: Article) -> tuple[EvidenceContext, ...]:
    """Give every sentence of an article its context."""
    return read_contexts(make_evidence(article), lambda _: article)
