"""What the support score is fitted on: all that could be said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.answering import AnswerChain
from assistant.answering.prompting import Prompts
from assistant.index import Index
from tests.support.chat import ScriptedChatModel

DECIDED = "Has the council decided on a toll?"
REACHED = "What height did the Marlow-2 bridge reach?"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (REACHED, {"It reached a height of 46 metres."}),
        (DECIDED, {"It reached a height of 46 metres.", "No, it has not decided."}),
    ],
)
def test_drafts_and_the_favourite_sentence_are_candidates_shown_or_not(
    index: Index,
    prompts: Prompts,
    chain_of: Callable[..., AnswerChain],
    question: str,
    wanted: set[str],
) -> None:
    replies = {prompts.verify.system: "yes", prompts.insist.system: "No, it has not decided. [1]"}

    def script(messages: list[object]) -> str:
        return replies.get(
            str(messages[0].content),  # type: ignore[attr-defined]
            "It reached a height of 46 metres. [1]",
        )

    chain = chain_of(index, ScriptedChatModel(script=script), None, None)
    found = {statement.text for statement in chain.candidates(question)}
    quoted = {text for text in found if text.startswith(("The Marlow", "The council"))}
    assert found - quoted == wanted
    assert len(quoted) == 1


def test_a_question_that_is_refused_unread_has_none(
    index: Index, chain_of: Callable[..., AnswerChain]
) -> None:
    chain = chain_of(index, ScriptedChatModel(script=lambda _: "NOT STATED"), None, None)
    assert chain.candidates("What height did the Zarnok-9 tower reach?") == []
