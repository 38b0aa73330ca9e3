"""Sentences that come along with a chosen one: what it leans on, and what tells more of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistant.index import Index
from assistant.types import Article
from tests.support.verifier import ScriptedVerifier

Runner = Callable[..., Any]

WEATHER = "Rain fell on the harbour."
VIEW = "Nadja Quorn defended the delay."
OWN_WORDS = '"I did what the law permitted."'
ASKED = "How long did the repair of the lamp take?"
ANSWERED = "Sixty days, and no longer."
LATER = "The lamp was lit in June."


@pytest.fixture
def chosen(run: Runner, index_of: Callable[..., Index]) -> Callable[..., list[str]]:
    """Give the evidence that is read of a text where one sentence of it is the best."""

    def texts(text: str, best: str, **values: object) -> list[str]:
        reranker = ScriptedVerifier(lambda _asked, read: 0.9 if read.endswith(best) else 0.01)
        found = run(
            "What of the delay, the repair or the lamp?",
            "NOT STATED",
            over=index_of(Article("Of the harbour", text)),
            reranker=reranker,
            **{"evidence_sentences": 1, **values},
        )
        return [item.text for item in found.events[0].evidence]

    return texts


@pytest.mark.parametrize(
    ("sentences", "best", "expected"),
    [
        ((WEATHER, VIEW, OWN_WORDS, LATER), OWN_WORDS, [VIEW, OWN_WORDS]),
        ((WEATHER, VIEW, OWN_WORDS, LATER), VIEW, [VIEW, OWN_WORDS]),
        ((WEATHER, ASKED, ANSWERED, LATER), ASKED, [ASKED, ANSWERED]),
        ((WEATHER, ASKED, ANSWERED, LATER), ANSWERED, [ANSWERED]),
    ],
    ids=["its speaker", "own words", "the answer", "nothing"],
)
def test_what_belongs_together_is_read_together(
    chosen: Callable[..., list[str]], sentences: tuple[str, ...], best: str, expected: list[str]
) -> None:
    assert chosen(" ".join(sentences), best) == expected


def test_an_interview_s_answer_stands_in_a_paragraph_of_its_own(
    chosen: Callable[..., list[str]],
) -> None:
    assert chosen(f"{WEATHER}\n\n{ASKED}\n\n{ANSWERED}\n\n{LATER}", ASKED) == [ASKED, ANSWERED]


def test_what_tells_more_comes_only_where_there_is_room(chosen: Callable[..., list[str]]) -> None:
    long = f'"I did {"what the law permitted and " * 10}no more."'
    text = f"{WEATHER} {VIEW} {long} {LATER}"
    assert chosen(text, VIEW, evidence_tokens=50) == [VIEW]
    assert chosen(text, VIEW, evidence_tokens=280) == [VIEW, long]
