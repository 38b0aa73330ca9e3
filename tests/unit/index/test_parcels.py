"""Articles as records on a Chroma server: what comes back is what was sent, or an error."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.index.parcels import (
    PART_CHARS,
    BrokenParcelError,
    Parcel,
    from_records,
    names_of,
    pack,
    to_records,
    unpack,
)
from assistant.splitting import split_passages
from assistant.types import Article
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings


def make_parcel(article: Article, *, dimension: int = 32) -> Parcel:
    count = WordEmbeddings().count_tokens
    passages = split_passages(article, count_tokens=count, passage_tokens=60, limit_tokens=256)
    rows, vectors = [], {}
    generator = np.random.default_rng(7)
    for index, passage in enumerate(passages):
        own = bytes([index, 1])
        others = [bytes([index, 2, number]) for number, _ in enumerate(passage.sentences)]
        rows.append((passage, own, others))
        for key in (own, *others):
            vectors[key] = generator.normal(size=dimension).astype(np.float32)
    return Parcel(article, 3, rows, vectors)


@pytest.mark.parametrize(
    "article",
    [
        make_article(1, sentences=40),
        Article("Only a title", ""),
        Article("Odd \ud800 letters", "A lone \udc00 surrogate. 🚀 And an emoji.", author="Ann"),
    ],
)
def test_a_parcel_comes_back_bit_for_bit(article: Article) -> None:
    sent = make_parcel(article, dimension=384)
    records = to_records(article.id, pack(sent))
    ordered = names_of([record.id for record in reversed(records)])[article.id]
    by_id = {record.id: record.metadata for record in records}
    got = unpack(from_records([by_id[item] for item in ordered]), article.id)
    assert (got.article, got.position, got.rows) == (sent.article, sent.position, sent.rows)
    assert {key: vector.tobytes() for key, vector in got.vectors.items()} == {
        key: vector.tobytes() for key, vector in sent.vectors.items()
    }


def test_a_large_article_has_several_parts_and_one_that_is_missing_is_noticed() -> None:
    records = to_records("large", bytes(np.random.default_rng(1).bytes(PART_CHARS * 2)))
    assert len(records) == 3
    assert max(len(record.metadata["part"]) for record in records) == PART_CHARS
    with pytest.raises(BrokenParcelError, match="2 of 3 parts of large"):
        names_of([record.id for record in records[1:]])


def test_altered_content_and_another_article_are_noticed() -> None:
    parcel = make_parcel(make_article(1))
    (record,) = to_records("x", pack(parcel))
    part = record.metadata["part"]
    other = "A" if part[100] != "A" else "B"
    with pytest.raises(BrokenParcelError, match="digest"):
        from_records([record.metadata | {"part": part[:100] + other + part[101:]}])
    with pytest.raises(BrokenParcelError, match="instead of"):
        unpack(pack(parcel), make_article(2).id)
