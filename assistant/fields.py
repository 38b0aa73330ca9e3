"""Articles and passages as plain values that JSON keeps, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from assistant.types import Article, Passage, Span


def article_fields(article: Article) -> list[str | None]:
    """Return what makes an article, in the order of its constructor."""
    return [
        article.title,
        article.text,
        article.source,
        article.url,
        article.author,
        article.published.isoformat() if article.published else None,
    ]


def article_of(fields: Sequence[Any]) -> Article:
    """Make the article that `article_fields` took apart."""
    title, text, source, url, author, published = fields
    day = date.fromisoformat(published) if published else None
    return Article(title, text, source, url, author, day)


def passage_of(
    article_id: str, text: str, start: int, end: int, sentences: Iterable[tuple[int, int]]
) -> Passage:
    """Make a passage of an article's text from its range and those of its sentences.

    The id is given, for an article works its own out of all its text each time.
    """
    spans = tuple(Span(first, last, text[first:last]) for first, last in sentences)
    return Passage(article_id, start, end, text[start:end], spans)
