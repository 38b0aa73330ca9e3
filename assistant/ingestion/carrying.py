"""Prepared articles as JSON, to travel between processes and to be kept."""

from __future__ import annotations

import json
from typing import Any

from assistant.fields import article_fields, article_of, passage_of
from assistant.index.preparing import PreparedArticle
from assistant.types import Passage


def to_json(prepared: PreparedArticle) -> str:
    """Write a prepared article; texts that are parts of the article are not repeated."""
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
    return json.dumps([article_fields(prepared.article), rows, prepared.texts])


def from_json(text: str) -> PreparedArticle:
    """Read what `to_json` wrote."""
    fields, rows, texts = json.loads(text)
    article = article_of(fields)
    article_id = article.id
    return PreparedArticle(article, [_row(article_id, article.text, row) for row in rows], texts)


def _row(article_id: str, body: str, row: Any) -> tuple[Passage, bytes, list[bytes]]:
    (start, end, key), parts = row
    passage = passage_of(article_id, body, start, end, ((first, last) for first, last, _ in parts))
    return passage, bytes.fromhex(key), [bytes.fromhex(part[2]) for part in parts]
