"""Where the chosen sentences gave no answer, the best passages are read whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from assistant.answering.chain import AnswerChain
from assistant.answering.prompting import Prompts
from assistant.index import Index
from assistant.types import Answer, Article, Finished, Retrieved
from tests.support.chat import ScriptedChatModel
from tests.support.verifier import ScriptedVerifier

ASKED = "Why was the Lark-2 launch late?"
CHOSEN = "The Lark-2 launch was late."
REASON = "A leak in a helium line had to be mended first."
READS_ON = {"evidence_sentences": 1, "second_reading_tokens": 500}
STORY = Article("Lark-2 flies", f"Nobody was hurt. {CHOSEN} {REASON}", source="Gazette")


class Asked:
    """What one question brought about, and the conversations that asked for a draft."""

    def __init__(self, chain: AnswerChain, model: ScriptedChatModel, prompts: Prompts) -> None:
        self.events = tuple(chain.stream(ASKED))
        self.drafts = [call for call in model.calls if call[0].content == prompts.answer.system]

    @property
    def retrieved(self) -> list[Retrieved]:
        return [event for event in self.events if isinstance(event, Retrieved)]

    @property
    def answer(self) -> Answer:
        last = self.events[-1]
        assert isinstance(last, Finished)
        return last.answer


@pytest.fixture(scope="module")
def story(index_of: Callable[..., Index]) -> Index:
    return index_of(STORY)


@pytest.fixture
def ask(story: Index, chain_of: Callable[..., AnswerChain], prompts: Prompts) -> Any:
    def asked(draft: Callable[[str], str], **values: object) -> Asked:
        def script(messages: list[BaseMessage]) -> str:
            if messages[0].content == prompts.verify.system:
                return "yes"
            return draft(str(messages[-1].content))

        model = ScriptedChatModel(script=script, certainty=0.97)
        first = ScriptedVerifier(lambda _question, context: 0.9 if CHOSEN in context else 0.1)
        chain = chain_of(story, model, reranker=first, **{**READS_ON, **values})
        return Asked(chain, model, prompts)

    return asked


def reads_on(shown: str) -> str:
    number = next((line[1] for line in shown.splitlines() if REASON in line), "")
    return f"A leak in a helium line had to be mended. [{number}]" if number else "NOT STATED"


def test_more_is_read_where_the_first_evidence_gave_no_answer(ask: Any) -> None:
    found = ask(reads_on)
    (citation,) = found.answer.citations
    assert citation.quote == REASON
    before, after = (event.evidence for event in found.retrieved)
    assert [item.text for item in before] == [CHOSEN]
    assert [item.text for item in after] == ["Nobody was hurt.", CHOSEN, REASON]
    assert any("whole passages" in note for note in found.answer.notes)


def test_an_answer_is_not_looked_for_twice(ask: Any) -> None:
    found = ask(lambda _shown: "The Lark-2 launch was late for a reason. [1]")
    assert len(found.drafts) == len(found.retrieved) == 1


@pytest.mark.parametrize("values", [{"second_reading_tokens": 0}, {"evidence_selection": False}])
def test_nothing_is_read_twice_where_there_is_no_more(ask: Any, values: dict[str, object]) -> None:
    found = ask(lambda _shown: "NOT STATED", **values)
    assert found.answer.refusal is not None
    assert len(found.drafts) == len(found.retrieved) == 1


def test_nothing_more_is_read_for_what_is_hardly_answered_anywhere(
    story: Index, chain_of: Callable[..., AnswerChain]
) -> None:
    model = ScriptedChatModel(script=lambda _messages: "NOT STATED", certainty=0.97)
    doubtful = ScriptedVerifier(lambda _question, _context: 0.01)
    chain = chain_of(story, model, doubtful, **READS_ON, minimum_answerable=0.0)
    events = tuple(chain.stream(ASKED))
    assert sum(isinstance(event, Retrieved) for event in events) == 1
    assert model.calls
