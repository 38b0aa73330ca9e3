"""What is read around an evidence sentence."""

from __future__ import annotations

import pytest

from assistant.answering.context import EvidenceContext, read_contexts
from assistant.types import Article, ArticleReference, Evidence
from tests.support.articles import make_contexts

ASKED = "How many flats were built?"
ANSWER = "Sixty, and no more."
QUORN = "Nadja Quorn had defended the wait."
VIEW = "She sees no contradiction."
RAIN = "Rain fell on the harbour."


def context_of(text: str, sentence: str) -> EvidenceContext:
    """Give the context of the last such sentence of a text."""
    contexts = make_contexts(Article("Of the harbour", text))
    return next(found for found in reversed(contexts) if found.evidence.text == sentence)


@pytest.mark.parametrize(
    ("text", "sentence", "lead"),
    [
        (f"{RAIN} {QUORN} {VIEW}", VIEW, (RAIN, QUORN)),
        (f"{RAIN}\n\n{QUORN}", QUORN, ()),
        (f"{RAIN}\n\n{QUORN}\n\n{VIEW}", VIEW, (QUORN,)),
        (f"{RAIN}\n\n{ASKED}\n\n{ANSWER}", ANSWER, (ASKED,)),
        (f"{RAIN} {ASKED}\n\n{ANSWER} {RAIN} {QUORN}", QUORN, (ASKED, ANSWER, RAIN)),
        (f"{ASKED}\n\n{' '.join([RAIN] * 4)} {QUORN}", QUORN, (RAIN,) * 4),
    ],
    ids=[
        "its paragraph",
        "not the paragraph before",
        "who she is",
        "an interview's question",
        "what its paragraph leans on",
        "four sentences at most",
    ],
)
def test_the_lead_is_of_its_paragraph_and_of_what_that_leans_on(
    text: str, sentence: str, lead: tuple[str, ...]
) -> None:
    assert context_of(text, sentence).lead == lead


def test_a_row_of_a_table_has_no_lead() -> None:
    text = f"{ASKED}\n\n| Flats | Year |\n|---|---|\n| 60 | 2031 |"
    article = Article("Of the harbour", text)
    row = text.index("| 60")
    reference = ArticleReference(article.id, article.title, None, None)
    item = Evidence(1, reference, row, len(text), text[row:], 0.5, 0.5, "Flats: 60; Year: 2031")
    (context,) = read_contexts([item], lambda _article_id: article)
    assert context.lead == ()
    assert context.close == "Flats: 60; Year: 2031"
