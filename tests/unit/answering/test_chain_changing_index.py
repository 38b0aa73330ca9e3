"""The articles change while a question is on its way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from assistant.index import Index
from assistant.types import Article
from tests.support.verifier import ScriptedVerifier

HEIGHT = "What height did the Marlow-2 bridge reach?"
DRAFT = "The Marlow-2 bridge reached a height of 45 metres. [1]"
BRIDGE = Article("Marlow bridge opens", "The Marlow-2 bridge reached a height of 45 metres.")
EDITED = dataclasses.replace(BRIDGE, author="Ann Lee")
FERRY = Article("Ferry line ends", "The last ferry left the harbour in 2015.")


def test_an_article_that_goes_while_it_is_read_is_looked_for_anew(
    index_of: Callable[..., Index], run: Callable[..., Any]
) -> None:
    index = index_of(BRIDGE, FERRY)
    synced: list[str] = []

    def edit(_question: str, _context: str) -> float:
        if not synced:  # after the search, before the articles are read
            synced.append("once")
            index.sync([EDITED, FERRY])
        return 0.9

    answer = run(HEIGHT, DRAFT, over=index, reranker=ScriptedVerifier(edit)).answer
    assert synced
    assert "45 metres" in answer.text
    assert {citation.article_id for citation in answer.citations} == {EDITED.id}
