"""The chat model's own yes or no, read from the probabilities of its first token."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from assistant.answering.witness import ask_witness, yes_probability
from tests.support.chat import ScriptedChatModel, logprobs_of


def reply(text: str, chances: dict[str, float] | None = None) -> AIMessage:
    return AIMessage(text, response_metadata=logprobs_of(chances) if chances else {})


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ({"yes": 0.9, "no": 0.1}, 0.9),
        ({"no": 0.8, "yes": 0.2}, 0.2),
        ({"Yes": 0.5, " yes": 0.25, "NO": 0.25}, 0.75),
        ({"yes": 0.3, "no": 0.1, "The": 0.6}, 0.75),
        ({"yes": 0.4, "The": 0.6}, 1.0),
        ({"no": 0.4, "The": 0.6}, 0.0),
    ],
)
def test_yes_is_weighed_against_no_alone(chances: dict[str, float], expected: float) -> None:
    assert yes_probability(reply("yes", chances)) == pytest.approx(expected)


def test_the_probabilities_count_not_the_word() -> None:
    assert yes_probability(reply("yes", {"no": 0.7, "yes": 0.3})) < 0.5


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("yes", 0.5, 1.0), ("Yes, it does.", 0.5, 1.0), ("no", 0.0, 0.5), ("No.", 0.0, 0.5)],
)
def test_without_probabilities_the_word_counts_but_never_wholly(
    text: str, low: float, high: float
) -> None:
    assert low < yes_probability(reply(text)) < high


@pytest.mark.parametrize("text", ["", "Perhaps.", "42"])
def test_a_reply_that_is_neither_says_nothing(text: str) -> None:
    assert yes_probability(reply(text)) == 0.5


@pytest.mark.parametrize(
    "metadata",
    [
        {"logprobs": None},
        {"logprobs": {"content": None}},
        {"logprobs": {"content": []}},
        {"logprobs": {"content": [{"token": "yes", "logprob": 0.0, "top_logprobs": []}]}},
    ],
)
def test_a_server_that_gives_empty_probabilities_is_read_by_its_word(
    metadata: dict[str, object],
) -> None:
    assert 0.5 < yes_probability(AIMessage("yes", response_metadata=metadata)) < 1


@pytest.mark.parametrize("certainty", [0.6, 0.97])
def test_the_witness_is_asked_once(certainty: float) -> None:
    def script(_: list[BaseMessage]) -> str:
        return "no"

    model = ScriptedChatModel(script=script, certainty=certainty)
    chance, raw = ask_witness(model, [HumanMessage("Is it so?")])
    assert chance == pytest.approx(1 - certainty)
    assert raw.text == "no"
    assert len(model.calls) == 1
