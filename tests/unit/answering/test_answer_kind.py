"""A yes that the rest of its statement bears out, and one that it does not."""

from __future__ import annotations

import pytest

from assistant.answering.answer_kind import drop_unproven_yes

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
