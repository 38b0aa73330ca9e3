"""Offsets are exact and nothing but white space is lost, whatever the text."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.splitting import split_passages, split_sentences
from assistant.types import Article, Span
from tests.support.embeddings import WordEmbeddings

ODD = st.sampled_from(
    [
        "U.N. ",
        "e\u0301",
        "\u202eabc\u202c",
        "👩‍👩‍👧",
        "\u200d",
        "\r\n",
        "\x00",
        "“Yes.” ",
        "...",
        "…",
        "İ",
        "ß",
        "ﬁ",
        "。",
        "؟ ",
        "\n\n",
        "- x\n",
        "1. ",
        "$4.50 ",
        "x" * 900,
        "\u2028",
        "\U0001f1e9\U0001f1ea",
    ]
)
TEXTS = st.lists(
    st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), ODD), max_size=25
).map("".join)
COUNT = WordEmbeddings().count_tokens


def check_spans(text: str, spans: tuple[Span, ...]) -> None:
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
        assert not text[end : span.start].strip()
        end = span.end
    assert not text[end:].strip()


@given(TEXTS)
@settings(max_examples=300)
@example("a.\u0001ö. B")
@example("“A.” Ä! “b")
def test_sentences_cover_the_text_in_order(text: str) -> None:
    check_spans(text, split_sentences(text))


@given(TEXTS, st.integers(8, 60))
@settings(max_examples=200)
def test_passages_are_exact_and_within_limits(text: str, tokens: int) -> None:
    article = Article("T", text)
    passages = split_passages(article, count_tokens=COUNT, passage_tokens=tokens, limit_tokens=64)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert COUNT(passage.text) <= tokens or len(passage.text) < 2
    check_spans(text, tuple(span for passage in passages for span in passage.sentences))
