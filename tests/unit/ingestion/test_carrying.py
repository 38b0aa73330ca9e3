"""How prepared articles travel."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from assistant.index.preparing import LocalWork, PreparedArticle
from assistant.ingestion.carrying import from_json, to_json
from assistant.types import Article
from tests.support.embeddings import WordEmbeddings

TEXTS = st.text(st.characters(), min_size=1)


def prepared(article: Article) -> PreparedArticle:
    work = LocalWork(WordEmbeddings(limit_tokens=40), passage_tokens=20)
    return next(iter(work.prepare([article])))


@given(TEXTS, TEXTS, st.none() | TEXTS, st.none() | st.dates())
def test_a_prepared_article_survives_the_way(
    title: str, text: str, source: str | None, published: date | None
) -> None:
    before = prepared(Article(title, text, source, None, source, published))
    assert from_json(to_json(before)) == before
