"""Copies of one story, printed by several outlets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistant.index import Index
from assistant.types import Article
from tests.support.verifier import ScriptedVerifier

Runner = Callable[..., Any]
STORY = "The ferry Lark-2 sank on Friday. Its captain was saved."
OWNER = "Harbour Lines owns the ferry company."
OUTLETS = ("Courier", "Gazette", "Herald", "Mail")


@pytest.fixture(scope="module")
def copies(index_of: Callable[..., Index]) -> Index:
    return index_of(
        *(
            Article(f"Ferry sinks ({number})", STORY, source=outlet)
            for number, outlet in enumerate(OUTLETS)
        ),
        Article("Who owns it", OWNER, source="Post"),
    )


def test_copies_of_a_sentence_are_read_once_and_leave_room(run: Runner, copies: Index) -> None:
    found = run("Who owns the ferry that sank?", "NOT STATED", over=copies, evidence_sentences=3)
    texts = [item.text for item in found.events[0].evidence]
    assert len(texts) == len(set(texts))
    assert OWNER in texts


def test_of_copies_the_named_outlet_s_is_read(run: Runner, copies: Index) -> None:
    asked = "What did the Herald say of the ferry that sank?"
    reranker = ScriptedVerifier(lambda _question, context: 0.9 if "Herald" in context else 0.8)
    found = run(asked, "NOT STATED", over=copies, reranker=reranker, evidence_sentences=1)
    assert {item.article.source for item in found.events[0].evidence} == {"Herald"}


def test_the_same_words_of_another_story_are_no_copy(
    run: Runner, index_of: Callable[..., Index]
) -> None:
    comment = "He declined to comment."
    stories = index_of(
        Article("Dam", f"Mayor Pell closed the dam. {comment}"),
        Article("Dam again", f"Mayor Reiss opened the dam. {comment}"),
    )
    found = run("Which mayor of the dam declined to comment?", "NOT STATED", over=stories)
    assert [item.text for item in found.events[0].evidence].count(comment) == 2
