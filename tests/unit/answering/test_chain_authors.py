"""Authors stand beside an article, not in its text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistant.index import Index
from assistant.types import Article

Runner = Callable[..., Any]
VIEW = "In my view inflation will pass 20 by the autumn."
EXPECTED = "What does Whitlock expect of inflation?"


@pytest.fixture(scope="module")
def columns(index_of: Callable[..., Index]) -> Index:
    return index_of(
        Article("Prices to rise", VIEW, source="Post", author="Ansa Whitlock"),
        Article("Prices fell", "Inflation was 12 in May.", source="Courier", author="Niels Abery"),
    )


def test_a_question_about_an_author_s_views_is_not_refused_unread(
    run: Runner, columns: Index
) -> None:
    found = run(EXPECTED, "Ansa Whitlock expects that inflation will pass 20. [1]", over=columns)
    assert found.answer.refusal is None
    assert found.answer.citations[0].quote == VIEW


def test_the_model_reads_who_wrote_where_it_is_asked(run: Runner, columns: Index) -> None:
    (asked,) = run(EXPECTED, "NOT STATED", over=columns).asked_of_model("answer")
    assert "Article: Prices to rise (by Ansa Whitlock, Post)" in str(asked[-1].content)
    assert "Abery" not in str(asked[-1].content)


def test_a_name_that_nobody_wrote_under_or_of_is_missing(run: Runner, columns: Index) -> None:
    refusal = run("What does Pell expect of inflation?", VIEW, over=columns).answer.refusal
    assert refusal.code == "missing_terms"
    assert refusal.missing_terms == ("Pell",)


def test_an_author_s_passages_are_found_by_the_name(columns: Index) -> None:
    hits = columns.search_lexical("Whitlock", k=5)
    (passage,) = columns.passages([hit.passage_id for hit in hits])
    assert passage.article.author == "Ansa Whitlock"
