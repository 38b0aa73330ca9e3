"""What the embedded model is given a second chance for, and what speaks for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.verifier import ScriptedVerifier

Runner = Callable[..., Any]

DECIDED = "Has the council decided on a toll?"
NO = "No, the council has not decided on a toll. [1]"
REFUSED = "NOT STATED"


def unsure() -> ScriptedVerifier:
    return ScriptedVerifier(lambda _question, _context: 0.05)


def test_a_yes_or_no_question_that_got_no_answer_is_drafted_once_more(run: Runner) -> None:
    found = run(DECIDED, REFUSED, insisting=NO, embedded=True)
    assert found.answer.refusal is None
    assert found.answer.statements[0].text == NO[:-4]
    assert len(found.asked_of_model("insist")) == 1


def test_an_answer_is_not_drafted_twice(run: Runner) -> None:
    assert run(DECIDED, NO, insisting=NO, embedded=True).asked_of_model("insist") == []


def test_a_sentence_that_denies_speaks_for_itself_where_it_is_partly_supported(run: Runner) -> None:
    scores = ScriptedVerifier(lambda _question, context: 0.05 if "decided" in context else 0.4)
    found = run(DECIDED, REFUSED, certainty=0.9, verifier=scores, embedded=True)
    (statement,) = found.answer.statements
    assert (statement.text, statement.support.verdict) == (
        "The council has not decided on a toll.",
        "partly",
    )


@pytest.mark.parametrize(
    ("question", "verifier", "embedded"),
    [
        ("What has the council decided on a toll?", None, True),
        ("Who decided on the toll, and was it the council?", None, True),
        (DECIDED, unsure(), True),
        (DECIDED, None, False),
    ],
)
def test_other_refusals_stand(
    run: Runner, question: str, verifier: ScriptedVerifier | None, *, embedded: bool
) -> None:
    found = run(question, REFUSED, insisting=NO, verifier=verifier, embedded=embedded)
    assert found.asked_of_model("insist") == []


def test_a_sentence_that_plainly_answers_speaks_for_itself(run: Runner) -> None:
    found = run("What has the council not decided on?", REFUSED, embedded=True)
    assert found.answer.refusal is None
    (statement,) = found.answer.statements
    (citation,) = found.answer.citations
    assert statement.text == citation.quote


def test_no_sentence_speaks_for_itself_where_the_verifier_is_unsure(run: Runner) -> None:
    found = run("What has the council not decided on?", REFUSED, verifier=unsure(), embedded=True)
    assert found.answer.refusal is not None
