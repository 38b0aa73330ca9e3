"""Follow-ups are rewritten only when they lean on an earlier turn."""

from __future__ import annotations

import pytest
from langchain_core.messages import BaseMessage

from assistant.prompts import load_prompt
from assistant.retrieval.rewriting import leans_on_history, rewrite
from assistant.types import Turn
from tests.support.chat import ScriptedChatModel

HISTORY = [Turn("What is the Hwasong-15?", "The Hwasong-15 is a missile.")]


@pytest.mark.parametrize(
    "question", ["How high did it go?", "And when was that?", "Why?", "What did he say there?"]
)
def test_a_question_leans(question: str) -> None:
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "What height did the Hwasong-15 reach?",
        "Did Trump say that he would attend?",
        "Who wrote the letter that was delivered to Trump?",
        "How many missiles did North Korea launch in 2017?",
    ],
)
def test_a_question_stands_alone(question: str) -> None:
    assert not leans_on_history(question)


def answering(reply: str) -> ScriptedChatModel:
    def script(_: list[BaseMessage]) -> str:
        return reply

    return ScriptedChatModel(script=script)


def test_a_good_rewriting_is_taken() -> None:
    model = answering("How high did the Hwasong-15 go?")
    prompt = load_prompt("rewrite")
    found = rewrite("How high did it go?", HISTORY, model=model, prompt=prompt)
    assert found == "How high did the Hwasong-15 go?"


@pytest.mark.parametrize("reply", ["What is the Hwasong-15?", "", "How high did the Eiffel go?"])
def test_a_rewriting_that_lost_the_question_gives_way_to_both_questions(reply: str) -> None:
    found = rewrite(
        "How high did it go?", HISTORY, model=answering(reply), prompt=load_prompt("rewrite")
    )
    assert found == "How high did it go? (What is the Hwasong-15?)"


def test_without_need_the_model_is_not_asked() -> None:
    model = answering("never")
    prompt = load_prompt("rewrite")
    assert rewrite("How high did it go?", [], model=model, prompt=prompt) is None
    assert rewrite("Who is Kim Jong Un?", HISTORY, model=model, prompt=prompt) is None
    assert model.calls == []
