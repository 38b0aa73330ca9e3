"""The probe reads the real chat model as it did when it was fitted."""

from __future__ import annotations

import pytest

from assistant import Assistant
from assistant.answering.probe import TOKENS, Probe
from assistant.answering.witness import ask_witness, logits_model, read_logits, witness_model

pytestmark = pytest.mark.integration
TERMINAL = "The ferry terminal of Osk was rebuilt in 2031 by the firm of Tamsin Crewe."
FLOOD = "The flood at Merrow drowned 40 sheep, the mayor, Ann Dole, said on Tuesday."


def probability(assistant: Assistant, question: str, text: str, statement: str) -> float:
    judge = assistant.chain.judge
    assert isinstance(judge.probe, Probe)
    messages = judge.prompt.render(evidence=text, question=question, statement=statement)
    chance, reply = ask_witness(logits_model(judge.chat, TOKENS, judge.probe.words), messages)
    plain, _ = ask_witness(witness_model(judge.chat), messages)
    assert chance == pytest.approx(plain, abs=0.05), "the bias must not change what it says"
    logits = read_logits(reply, TOKENS)
    assert logits is not None
    return judge.probe.probability(logits)


@pytest.mark.parametrize(
    ("text", "answered", "unanswered"),
    [
        (TERMINAL, "Whose firm rebuilt the terminal of Osk?", "What did the rebuilding cost?"),
        (TERMINAL, "When was the terminal of Osk rebuilt?", "When was the terminal first opened?"),
        (FLOOD, "How many sheep drowned at Merrow?", "How many people died at Merrow?"),
        (FLOOD, "Who is the mayor of Merrow?", "Why did the river burst its banks?"),
    ],
)
def test_a_sentence_that_answers_is_told_from_one_that_does_not(
    assistant: Assistant, text: str, answered: str, unanswered: str
) -> None:
    right = probability(assistant, answered, text, text)
    wrong = probability(assistant, unanswered, text, text)
    assert right > 0.5
    assert right > wrong + 0.05  # near misses are not all below one half


def test_the_support_of_a_statement_tells_of_it(assistant: Assistant) -> None:
    answer = assistant.ask("What height did the Hwasong-15 reach?")
    checks = {check.name: check for check in answer.statements[0].support.checks}
    assert (checks["probe"].score or 0) > 0.5
