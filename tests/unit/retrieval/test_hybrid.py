"""A search while others publish generations of the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.index import Hit, Index
from assistant.retrieval import HybridRetriever
from assistant.types import ANYWHERE, SearchFilter
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings


@pytest.mark.parametrize("publishes", [1, 2])
def test_what_was_found_and_is_gone_at_once_is_searched_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publishes: int
) -> None:
    index = Index.open(tmp_path, WordEmbeddings(), passage_tokens=60)
    index.sync([make_article(7, revision=0, sentences=30)])
    revisions = iter(range(1, publishes + 1))
    search = Index.search_lexical

    def publishing(self: Index, text: str, *, k: int, where: SearchFilter = ANYWHERE) -> list[Hit]:
        hits = search(self, text, k=k, where=where)
        if (revision := next(revisions, None)) is not None:
            self.sync([make_article(7, revision=revision, sentences=30)])
        return hits

    monkeypatch.setattr(Index, "search_lexical", publishing)
    retriever = HybridRetriever(index=index, embeddings=WordEmbeddings(), k=5)
    found = retriever.search("reports of town 7")
    newest = make_article(7, revision=publishes, sentences=30)
    assert len(found) == 5
    for ranked in found:
        passage = ranked.indexed.passage
        assert ranked.indexed.article.article_id == newest.id
        assert newest.text[passage.start : passage.end] == passage.text
    index.close()
