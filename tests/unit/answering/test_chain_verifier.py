"""What the verifier's probabilities do to an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistant.types import Retrieved
from tests.support.verifier import ScriptedVerifier

Runner = Callable[..., Any]
HEIGHT = "What height did the Marlow-2 bridge reach?"
RIGHT = "It reached a height of 45 metres. [1]"


def sure_of(words: str, *, otherwise: float = 0.1) -> ScriptedVerifier:
    """Make a verifier that believes only in contexts with these words."""
    return ScriptedVerifier(lambda _, context: 0.95 if words in context else otherwise)


def test_the_evidence_is_what_the_reranker_likes_best(run: Runner) -> None:
    found = run(HEIGHT, RIGHT, reranker=sure_of("toll"), evidence_sentences=1)
    first = found.events[0]
    assert isinstance(first, Retrieved)
    assert [item.text for item in first.evidence] == ["The council has not decided on a toll."]
    assert first.evidence[0].relevance == pytest.approx(0.95)


def test_what_no_sentence_may_answer_is_refused_without_the_chat_model(run: Runner) -> None:
    found = run(HEIGHT, RIGHT, verifier=ScriptedVerifier(lambda _question, _context: 0.01))
    assert found.answer.refusal is not None
    assert found.answer.refusal.code == "not_stated"
    assert found.model.calls == []


def test_the_verifier_reads_a_sentence_under_its_title(run: Runner) -> None:
    verifier = ScriptedVerifier()
    run(HEIGHT, RIGHT, verifier=verifier)
    assert (
        HEIGHT,
        "Marlow bridge opens. The Marlow-2 bridge reached a height of 45 metres on Friday.",
    ) in verifier.read


def test_the_verifier_reads_what_a_statement_cites(run: Runner) -> None:
    found = run(HEIGHT, RIGHT, verifier=sure_of("45 metres"))
    checks = {check.name: check for check in found.answer.statements[0].support.checks}
    assert checks["answers"].score == pytest.approx(0.95)


def test_more_belief_never_lowers_the_score(run: Runner) -> None:
    weak, strong = (
        run(HEIGHT, RIGHT, verifier=sure_of("nothing", otherwise=chance), support_threshold=0.0)
        for chance in (0.1, 0.9)
    )
    assert weak.answer.statements[0].support.score < strong.answer.statements[0].support.score


def test_the_answer_names_the_verifier(run: Runner) -> None:
    assert run(HEIGHT, RIGHT).answer.verifier_model == "scripted"
