"""Questions that ask for several things."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from langchain_core.messages import BaseMessage

from assistant.answering.checks import check_statement
from assistant.answering.parts import answerable_alone, asked_parts
from assistant.answering.prompting import Prompts
from assistant.answering.verifying import StatementJudge
from assistant.models.chat import LoadedChatModel
from assistant.types import Article, Support
from tests.support.articles import make_contexts
from tests.support.chat import ScriptedChatModel
from tests.support.verifier import ScriptedVerifier

BOTH = "How many dockers struck, and who led the strike?"
COUNT, LEADER = "How many dockers struck?", "Who led the strike?"
SAID = "Maud Tenby led them."


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (BOTH, (COUNT, LEADER)),
        ("Who won the cup and where?", ("Who won the cup?", "Where?")),
        ("When did it sink, and for what reason?", ("When did it sink?", "For what reason?")),
        (
            "How many homes were hit, and do the reports agree?",
            ("How many homes were hit?", "Do the reports agree?"),
        ),
        (
            "Who struck in Harrow, and when, and what did it cost?",
            ("Who struck in Harrow?", "When, and what did it cost?"),
        ),
    ],
)
def test_a_question_falls_into_what_it_asks_for(question: str, parts: tuple[str, ...]) -> None:
    assert asked_parts(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "How many dockers struck?",
        "How heavy and how long is the first section?",
        "When and where did the ferry sink?",
        "What did Ansa Whitlock, who writes for the Post, expect?",
        "Who said “we asked, and what did we hear”?",
        "Who feeds the cats and dogs?",
        "How many days lay between when it sank and when it was raised?",
        "How many people who live in Harrow and who own a car were fined?",
        "",
        ", and what?",
    ],
)
def test_what_is_joined_otherwise_is_one_question(question: str) -> None:
    assert asked_parts(question) == (question,)
    assert answerable_alone(question) == ()


@pytest.mark.parametrize("rest", ["how many", "when did it fly", "whose estimate is that"])
def test_a_part_that_tells_too_little_is_not_asked_alone(rest: str) -> None:
    assert answerable_alone(f"Which party lost seats, and {rest}?") == ("Which party lost seats?",)


@pytest.fixture
def judged() -> Callable[..., tuple[Support, list[str]]]:
    """Judge SAID where the chat model believes it as the answer to some questions only."""
    contexts = make_contexts(Article("Strike", "1,100 dockers struck. Maud Tenby led them."))
    cited = [context for context in contexts if "Tenby" in context.evidence.text]

    def judge(question: str, *believed: str) -> tuple[Support, list[str]]:
        asked: list[str] = []

        def script(messages: list[BaseMessage]) -> str:
            asked.append(str(messages[-1].content))
            return "yes" if any(f"Question: {q}\n" in asked[-1] for q in believed) else "no"

        judge = StatementJudge(
            ScriptedVerifier(),
            LoadedChatModel(ScriptedChatModel(script=script, certainty=0.9), name="scripted"),
            Prompts.load().verify,
            threshold=0.5,
        )
        support, _ = judge.verify(SAID, question, cited, check_statement(SAID, question, cited))
        return support, asked

    return judge


def odds(support: Support) -> float:
    score = next(check.score for check in support.checks if check.name == "model")
    assert score is not None
    return math.log(score / (1 - score))


def test_a_statement_may_answer_one_of_several_things(judged: Callable[..., object]) -> None:
    nothing, _ = judged(BOTH)
    something, asked = judged(BOTH, LEADER)
    assert len(asked) == 3
    assert something.score > nothing.score
    assert odds(something) == pytest.approx(0, abs=0.01)  # halfway between yes and no


def test_what_answers_the_whole_is_not_asked_of_its_parts(judged: Callable[..., object]) -> None:
    support, asked = judged(BOTH, BOTH)
    assert (support.verdict, len(asked)) == ("supported", 1)


def test_a_single_question_is_asked_once(judged: Callable[..., object]) -> None:
    _, asked = judged(LEADER)
    assert len(asked) == 1
