"""What a bulk ingestion keeps, and how prepared articles travel."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.index.preparing import LocalWork, PreparedArticle
from assistant.ingestion.carrying import from_json, to_json
from assistant.ingestion.journal import Journal
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


def test_a_journal_knows_a_file_by_name_and_stamp(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.keep([("caf\udce9.txt", "1-2", "read"), ("link.txt", None, "never kept")])
    journal.close()
    journal = Journal(tmp_path / "journal")
    assert journal.find("caf\udce9.txt", "1-2") == "read"
    assert journal.find("caf\udce9.txt", "1-3") is None
    assert journal.find("caf\udce9.txt", None) is None
    assert journal.find("link.txt", None) is None
    journal.finish()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"no SQLite file, but some bytes" * 100, b"SQLite format 3\0"])
def test_a_damaged_journal_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").write_bytes(content)
    journal = Journal(tmp_path / "journal")
    journal.keep([("a.txt", "1", "read")])
    assert journal.find("a.txt", "1") == "read"
    journal.close()
