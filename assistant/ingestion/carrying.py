"""Prepared articles as JSON, to travel between processes and to be kept."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from assistant.index.preparing import PreparedArticle
from assistant.types import Article, Passage, Span


def to_json(prepared: PreparedArticle) -> str:
    """Write a prepared article; texts that are parts of the article are not repeated."""
    article = prepared.article
    fields = [
        article.title,
        article.text,
        article.source,
        article.url,
        article.author,
        article.published.isoformat() if article.published else None,
    ]
    rows = [
        [
            [passage.start, passage.end, key.hex()],
            [
                [sentence.start, sentence.end, sentence_key.hex()]
                for sentence, sentence_key in zip(passage.sentences, keys, strict=True)
            ],
        ]
        for passage, key, keys in prepared.rows
    ]
    return json.dumps([fields, rows, prepared.texts])


def from_json(text: str) -> PreparedArticle:
    """Read what `to_json` wrote."""
    (title, body, source, url, author, published), rows, texts = json.loads(text)
    day = date.fromisoformat(published) if published else None
    article = Article(title, body, source, url, author, day)
    article_id = article.id
    return PreparedArticle(article, [_row(article_id, body, row) for row in rows], texts)


def _row(article_id: str, body: str, row: Any) -> tuple[Passage, bytes, list[bytes]]:
    (start, end, key), parts = row
    sentences = tuple(Span(first, last, body[first:last]) for first, last, _ in parts)
    passage = Passage(article_id, start, end, body[start:end], sentences)
    return passage, bytes.fromhex(key), [bytes.fromhex(part[2]) for part in parts]
