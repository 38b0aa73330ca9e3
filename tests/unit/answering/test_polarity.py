"""A yes that its statement bears out or does not, and the sentence that says no."""

from __future__ import annotations

import pytest

from assistant.answering.polarity import drop_unproven_yes, find_denial
from assistant.types import ArticleReference, Evidence

CHARGED = "Was the dealer charged?"


@pytest.mark.parametrize(
    ("question", "statement", "wanted"),
    [
        (CHARGED, "Yes, the dealer was charged.", "Yes, the dealer was charged."),
        (
            CHARGED,
            "Yes, a third man, a dealer, was released without charge.",
            "A third man, a dealer, was released without charge.",
        ),
        (
            "Does the head of the service say the drought is over?",
            "Yes, he said: “The ground says yes, the wells say no.”",
            "He said: “The ground says yes, the wells say no.”",
        ),
        (
            "Has the Medicines Board approved the vaccine?",
            "Yes: it received the application in January.",
            "It received the application in January.",
        ),
        (
            "Was the dealer denied bail?",
            "Yes, the dealer was denied bail.",
            "Yes, the dealer was denied bail.",
        ),
        (
            "Did the board refuse to publish the minutes?",
            "Yes — the board refused to publish the minutes.",
            "Yes — the board refused to publish the minutes.",
        ),
        (
            CHARGED,
            "Yes — a dealer was released; the police declined to charge him.",
            "A dealer was released; the police declined to charge him.",
        ),
        (
            "Was the van connected with the burglary?",
            "Yes, the van belonged to a baker and has been ruled out of the burglary.",
            "The van belonged to a baker and has been ruled out of the burglary.",
        ),
        (CHARGED, "Yes, he was charged not only once.", "Yes, he was charged not only once."),
        (
            "Did the number 10 bus run?",
            "Yes, the No. 10 bus did run.",
            "Yes, the No. 10 bus did run.",
        ),
        (CHARGED, "No, the dealer was released.", "No, the dealer was released."),
        (CHARGED, "Yes.", "Yes."),
        (CHARGED, "Yesterday the dealer was not charged.", "Yesterday the dealer was not charged."),
    ],
)
def test_a_yes_stays_only_where_the_statement_bears_it_out(
    question: str, statement: str, wanted: str
) -> None:
    assert drop_unproven_yes(statement, question) == wanted


REVIEWED = "Had outside experts reviewed the final data?"


def read(*sentences: tuple[str, float]) -> list[Evidence]:
    article = ArticleReference("a", "Fever")
    return [
        Evidence(number, article, 0, len(text), text, 0.5, relevance)
        for number, (text, relevance) in enumerate(sentences, start=1)
    ]


@pytest.mark.parametrize(
    ("question", "sentences", "wanted"),
    [
        (REVIEWED, [("Seven people died.", 0.9), ("The data are not yet reviewed.", 0.7)], 2),
        (
            REVIEWED,
            [("Tarrow, who has no part in it, expects much.", 0.8), ("No data are reviewed.", 0.7)],
            2,
        ),
        ("Has a venue been chosen?", [("The host city has not been picked.", 0.7)], 1),
        ("Has a venue been chosen?", [("The parents do not agree.", 0.2)], None),
        (REVIEWED, [("Outside experts reviewed the final data.", 0.9)], None),
        ("Who reviewed the data?", [("The data are not yet reviewed.", 0.9)], None),
    ],
)
def test_a_sentence_that_fits_and_denies_is_found(
    question: str, sentences: list[tuple[str, float]], wanted: int | None
) -> None:
    found = find_denial(question, read(*sentences))
    assert (found.number if found else None) == wanted
