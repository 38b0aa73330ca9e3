"""Sentences and passages; the cases are in tests/cases/splitting.toml."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.splitting import passage_context, split_passages, split_sentences
from assistant.types import Article
from tests.support.embeddings import WordEmbeddings

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "splitting.toml").read_text("utf-8")
)["case"]
COUNT = WordEmbeddings().count_tokens


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_sentence_boundaries(case: dict[str, Any]) -> None:
    text = " ".join(case["sentences"])
    assert [span.text for span in split_sentences(text)] == case["sentences"]


def test_headings_and_lists_are_sentences_of_their_own() -> None:
    text = "A heading\n\nFirst sentence. Second one.\n\n- one item\n- another item"
    assert [span.text for span in split_sentences(text)] == [
        "A heading",
        "First sentence.",
        "Second one.",
        "- one item",
        "- another item",
    ]


def split(article: Article, *, passage_tokens: int = 40, limit_tokens: int = 256) -> list[str]:
    passages = split_passages(
        article, count_tokens=COUNT, passage_tokens=passage_tokens, limit_tokens=limit_tokens
    )
    return [passage.text for passage in passages]


def test_passages_are_whole_sentences_within_the_limit() -> None:
    text = " ".join(f"Sentence number {n} speaks of the harbour." for n in range(50))
    passages = split(Article("T", text))
    assert len(passages) > 5
    assert all(COUNT(passage) <= 40 and passage.endswith("harbour.") for passage in passages)
    assert " ".join(passages) == text


def test_a_passage_prefers_to_begin_with_a_paragraph() -> None:
    first = " ".join(f"The first part has line {n}." for n in range(4))
    second = " ".join(f"The second part has line {n}." for n in range(4))
    assert split(Article("T", f"{first}\n\n{second}")) == [first, second]


def test_title_and_date_count_towards_what_the_model_reads() -> None:
    text = " ".join(f"Sentence number {n} speaks of the harbour." for n in range(50))
    article = Article("A title of several words " * 3, text, published=date(2020, 1, 1))
    context = COUNT(passage_context(article))
    for passage in split(article, passage_tokens=200, limit_tokens=80):
        assert context + COUNT(passage) - 2 <= 80


def test_a_sentence_longer_than_a_passage_is_cut_not_lost() -> None:
    text = "word " * 500 + "end."
    passages = split(Article("T", text.strip()))
    assert all(COUNT(passage) <= 40 for passage in passages)
    assert " ".join(passages).split() == text.split()


def test_a_text_without_sentences_has_no_passages() -> None:
    assert split(Article("T", " \n ")) == []
