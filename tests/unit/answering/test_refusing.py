"""Refusals say why."""

from __future__ import annotations

import pytest

from assistant.answering.refusing import build_refusal, is_refusal, named_terms
from assistant.types import ANYWHERE, ArticleReference, Evidence, SearchFilter


@pytest.mark.parametrize(
    "draft", ["NOT STATED", "The articles do not mention it.", "No information is given."]
)
def test_a_drafted_refusal_is_recognised(draft: str) -> None:
    assert is_refusal(draft)


@pytest.mark.parametrize(
    "draft", ["No, no venue has been chosen. [2]", "It is stated that 5 came."]
)
def test_a_negative_answer_is_no_refusal(draft: str) -> None:
    assert not is_refusal(draft)


def test_named_terms_keep_a_designation_whole() -> None:
    assert named_terms("How high did the Hwasong-14 fly in 2016?") == ["Hwasong-14", "2016"]


def test_named_terms_leave_ordinals_and_plain_words_out() -> None:
    assert named_terms("who confirmed the 2nd summit") == []


def test_a_refusal_names_missing_terms_and_the_nearest_articles() -> None:
    far = Evidence(1, ArticleReference("a", "Far"), 0, 1, "x", 0.1)
    near = Evidence(2, ArticleReference("b", "Near"), 0, 1, "y", 0.9)
    refusal = build_refusal(
        "missing_terms", missing=["Hwasong-14"], evidence=[far, near], where=ANYWHERE
    )
    assert refusal.code == "missing_terms"
    assert "“Hwasong-14”" in refusal.message
    assert refusal.missing_terms == ("Hwasong-14",)
    assert [article.title for article in refusal.nearest] == ["Near", "Far"]


def test_a_refusal_under_a_filter_speaks_of_the_selected_articles() -> None:
    where = SearchFilter(sources=("Reuters",))
    refusal = build_refusal("nothing_close", missing=[], evidence=[], where=where)
    assert "selected articles" in refusal.message


@pytest.mark.parametrize("where", [ANYWHERE, SearchFilter(sources=("Reuters",))])
def test_an_empty_corpus_is_told_whatever_the_search_is_narrowed_to(where: SearchFilter) -> None:
    refusal = build_refusal("empty_corpus", missing=[], evidence=[], where=where)
    assert refusal.message.startswith("The corpus holds no article yet.")
