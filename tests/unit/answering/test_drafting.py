"""The draft is streamed as it comes, except while it may still become a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableGenerator

from assistant.answering.drafting import Draft, render_evidence, stream_draft
from assistant.types import Article, ArticleReference, Evidence
from tests.support.articles import make_evidence


def writing(pieces: Sequence[str | AIMessageChunk]) -> Runnable[dict[str, str], AIMessageChunk]:
    def write(_: Iterator[object]) -> Iterator[AIMessageChunk]:
        for piece in pieces:
            yield AIMessageChunk(piece) if isinstance(piece, str) else piece

    return RunnableGenerator(write)


@pytest.mark.parametrize(
    "pieces",
    [
        ["The bridge ", "is old."],
        ["N", "o", ", it is not."],
        ["NOT", " far away."],
        ["\n", "The", " bridge"],
        ["", "a", ""],
    ],
)
def test_what_is_streamed_adds_up_to_the_draft(pieces: list[str]) -> None:
    draft = Draft()
    assert "".join(stream_draft(writing(pieces), {}, draft)) == "".join(pieces)
    assert draft.text == "".join(pieces)


@pytest.mark.parametrize("pieces", [["NOT STATED"], ["N", "OT", " STA", "TED"], ["NOT"], [""]])
def test_a_refusal_is_kept_and_not_streamed(pieces: list[str]) -> None:
    draft = Draft()
    assert list(stream_draft(writing(pieces), {}, draft)) == []
    assert draft.text == "".join(pieces)


@pytest.mark.parametrize(
    ("told", "cut"),
    [
        ({"finish_reason": "length"}, True),
        ({"stop_reason": "max_tokens"}, True),
        ({"done_reason": "length"}, True),
        ({"finish_reason": "MAX_TOKENS"}, True),
        ({"incomplete_details": {"reason": "max_output_tokens"}, "status": "incomplete"}, True),
        ({"finish_reason": "stop"}, False),
        ({"finish_reason": None, "stop_reason": "end_turn"}, False),
        ({}, False),
    ],
)
def test_a_draft_that_reached_the_limit_is_known_to_be_cut(
    told: dict[str, object], cut: bool
) -> None:
    draft = Draft()
    pieces = ["The bridge ", AIMessageChunk("", response_metadata=told), AIMessageChunk("")]
    assert "".join(stream_draft(writing(pieces), {}, draft)) == "The bridge "
    assert draft.cut is cut


def test_evidence_is_shown_by_article_with_source_date_and_numbers() -> None:
    text, day = "It is old. It is long.", date(2020, 3, 4)
    article = Article("Bridge opens", text, source="Gazette", published=day)
    shown = render_evidence(make_evidence(article), "How old is it?").splitlines()
    assert shown == [
        "Article: Bridge opens (Gazette, 4 March 2020)",
        "[1] It is old.",
        "[2] It is long.",
    ]


def test_each_article_of_the_evidence_is_named_where_it_begins() -> None:
    first, second = (ArticleReference(name, name) for name in ("A", "B"))
    evidence = [
        Evidence(1, first, 0, 1, "x.", 0.5),
        Evidence(2, first, 2, 3, "y.", 0.5),
        Evidence(3, second, 0, 1, "z.", 0.5),
    ]
    assert render_evidence(evidence, "").splitlines() == [
        "Article: A",
        "[1] x.",
        "[2] y.",
        "Article: B",
        "[3] z.",
    ]
