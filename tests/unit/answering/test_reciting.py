"""Citations mended where a statement passes only with others."""

from __future__ import annotations

import dataclasses

import pytest

from assistant.answering.context import EvidenceContext
from assistant.answering.reciting import recite
from assistant.types import Article
from tests.support.articles import make_contexts

TEXT = (
    "The talk of the tent was a black barley brought by Wilf Aronsen from the high farms.\n\n"
    "It was thought to be lost.\n\n"
    "He found 30 grains in the sewing box of his grandmother and has enough for half a hectare.\n\n"
    "The federation of growers thinks that 45 farms will plant it."
)


@pytest.fixture(scope="module")
def contexts() -> dict[int, EvidenceContext]:
    found = make_contexts(Article("Harvest fair", TEXT))
    return {context.evidence.number: context for context in found}


@pytest.mark.parametrize(
    ("statement", "cited", "wanted"),
    [
        # What passes stays, whatever else would pass as well.
        ("He found 30 grains in a sewing box.", (3,), (3,)),
        # A wrong citation gives way to the sentence that states it.
        ("He found 30 grains in a sewing box.", (2,), (3,)),
        # Where no sentence suffices alone, one joins the cited one.
        ("Wilf Aronsen found 30 grains of barley in the sewing box.", (1,), (1, 3)),
        # What no sentence bears out keeps its citation, and fails on it.
        ("He found 31 grains in a sewing box.", (3,), (3,)),
        # Nothing is cited for a statement that cites nothing.
        ("He found 30 grains in a sewing box.", (), ()),
    ],
)
def test_citations_are_mended_only_where_a_statement_fails_on_them(
    contexts: dict[int, EvidenceContext],
    statement: str,
    cited: tuple[int, ...],
    wanted: tuple[int, ...],
) -> None:
    question = "How many grains of barley were found?"
    assert recite(statement, question, cited, contexts).numbers == wanted


def test_a_sentence_that_tells_less_never_replaces_the_cited_one(
    contexts: dict[int, EvidenceContext],
) -> None:
    statement = "The federation of growers thinks that 44 farms will plant the barley."
    assert recite(statement, "What does the federation think?", (4,), contexts).numbers == (4,)


LARK, SHIP = "The Lark-3 came back in February.", "The ship was built in 2012."


def contexts_of(*texts: str) -> dict[int, EvidenceContext]:
    """Give every sentence of several articles its context, numbered from 1."""
    found = [
        context
        for number, text in enumerate(texts)
        for context in make_contexts(Article(f"Report {number}", text))
    ]
    return {
        number: dataclasses.replace(
            context, evidence=dataclasses.replace(context.evidence, number=number)
        )
        for number, context in enumerate(found, start=1)
    }


@pytest.mark.parametrize("statement", ["It was built in 2012.", "The Lark-3 was built in 2012."])
@pytest.mark.parametrize(
    ("texts", "wanted"), [((f"{LARK}\n\n{SHIP}",), (2, 1)), ((LARK, SHIP), (2,))]
)
def test_words_of_the_question_are_looked_for_in_the_article_that_is_cited(
    statement: str, texts: tuple[str, ...], wanted: tuple[int, ...]
) -> None:
    """The Lark-3 of one report does not make the ship of another the Lark-3."""
    question = "In what year was the Lark-3 built?"
    assert recite(statement, question, (2,), contexts_of(*texts)).numbers == wanted


def test_what_is_compared_may_stand_in_two_articles() -> None:
    contexts = contexts_of("The Lark-3 weighs three tonnes.", "The Finch-2 weighs one tonne.")
    question = "Which is heavier, the Lark-3 or the Finch-2?"
    assert recite("The Lark-3 weighs three tonnes.", question, (1,), contexts).numbers == (1, 2)
